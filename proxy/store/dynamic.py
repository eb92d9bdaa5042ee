"""The interpreter's own memory, accounted to the byte: nothing is set aside, nothing is rounded to a class."""

from typing import Final, final

from proxy.store.allocator import Allocator

#: Bytes that an item takes beside its key and its value, in CPython 3.11 on 64 bits: 120 for the `Item` with
#: its collector's header, 66 for the headers of two bytes objects and some 16 for their rounding, up to 128
#: for four integers too large to be shared, 35 to 75 for its place in the table, which grows by doubling.
#: Measured: 323 to 346 with client flags and an exptime, about 60 less without; some 220 when compiled, where
#: the integers need no objects. The limit is meant to hold, so the constant is near the upper end;
#: `tests/store/test_dynamic.py` measures it again.
OVERHEAD: Final = 340


@final
class Dynamic(Allocator):
    """Counts; the memory itself comes from the interpreter, item by item."""

    __slots__ = ()

    def cost(self, key: int, value: int) -> int:
        return OVERHEAD + key + value

    def allocate(self, cost: int) -> bool:
        used = self.used + cost
        if used > self.limit:
            return False
        self.used = used
        return True

    def release(self, cost: int) -> None:
        self.used -= cost

    def cleared(self) -> None:
        self.used = 0
