"""One stored item."""

from typing import Final, final

# Marks, a bit set.
FETCHED: Final = 1  # has been read since it was stored
STALE: Final = 2  # marked by `md … I`: served, but its reader is told (X)
TOKEN_SENT: Final = 4  # some client has won the right to recache it (W); others are told (Z)
KEY_BINARY: Final = 8  # stored under a base64 key: echoed in base64


@final
class Item:
    """A key, its value and what memcached remembers of them.

    Owned by one `Shelf`. A command may change its exptime and its marks; the value only the shelf does.

    :ivar exptime: the tick at which it is gone; `ticks.NEVER` for none
    :ivar time: the tick of its last access or of its storage
    :ivar newer: a link of the eviction policy; outside of one it means nothing
    """

    __slots__ = ("cas", "client_flags", "exptime", "key", "marks", "newer", "older", "time", "value")

    def __init__(
        self, key: bytes, value: bytes, client_flags: int, exptime: int, marks: int, time: int
    ) -> None:
        self.key = key
        self.value = value
        self.client_flags = client_flags
        self.exptime = exptime
        self.marks = marks
        self.time = time
        self.cas = 0
        self.newer: Item = self
        self.older: Item = self

    def __repr__(self) -> str:
        return f"<Item {self.key!r} {len(self.value)} bytes cas={self.cas} exptime={self.exptime}>"
