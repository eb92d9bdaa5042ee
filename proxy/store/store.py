"""The meaning of memcached's commands over a shelf of items: no text, no time but ticks.

Ticks are seconds where a client's commands are executed (`ticks`), but nothing here depends on the unit:
a cache with shorter lives may count milliseconds. `tick` is always the present, `exptime` always the tick at
which the item is gone, with `ticks.NEVER` for none.

What a command does to the cas unique, to the marks and to the time of last access follows memcached 1.6.18
(``do_store_item``, ``do_add_delta``, ``process_flush_all_command``), as far as a reply can show it.
"""

from typing import Final, Literal, NamedTuple, final

from proxy.store import counter
from proxy.store.allocator import Allocator
from proxy.store.item import STALE, TOKEN_SENT, Item
from proxy.store.policy import EvictionPolicy
from proxy.store.shelf import Shelf

# Modes of `Store.put`. From APPEND on the new value is joined to the old one.
SET: Final = 0
ADD: Final = 1
REPLACE: Final = 2
COMPARE: Final = 3  # cas
APPEND: Final = 4
PREPEND: Final = 5
APPEND_OR_CREATE: Final = 6
PREPEND_OR_CREATE: Final = 7

# Outcomes of `Store.put`. From TOO_LARGE on the write was refused for its size.
STORED: Final = 0
NOT_STORED: Final = 1
EXISTS: Final = 2
NOT_FOUND: Final = 3
TOO_LARGE: Final = 4
NO_MEMORY: Final = 5

# Outcomes of `Store.count` that are no number.
NOT_NUMERIC: Final = -1
CAS_MISMATCH: Final = -2
NO_COUNTER_MEMORY: Final = -3

#: What memcached adds to key and value when it compares an item with its size limit (``-I``): a header of 48
#: bytes, the cas unique, the key's NUL and the value's CRLF. Client flags other than 0 take 4 bytes more.
ITEM_HEADER: Final = 48 + 8 + 1 + 2
_CLIENT_FLAGS: Final = 4


class Statistics(NamedTuple):
    """Counters since the start, except `items` and `memory_bytes`, which are of the moment."""

    items: int
    memory_bytes: int
    max_bytes: int
    written: int  # values stored, over old ones too
    hits: int
    misses: int
    evictions: int  # live items that made room for others
    expired: int  # items found past their exptime, and removed
    flushed: int
    too_large: int  # writes refused for the item size limit
    rejected: int  # writes refused for lack of memory


@final
class Store:
    """Items under memcached's semantics.

    :param max_bytes: the memory for all items, by the allocator's account
    :param max_item: the size of one item, in bytes, counted as memcached counts it (``-I``)
    :param policy: who is evicted; the store's own from now on
    :param allocator: what items cost; the store's own from now on
    :param on_full: ``evict`` others, or ``reject`` the write as ``memcached -M`` does
    :ivar written_cas: the cas unique given out by the last successful write
    """

    __slots__ = ("_cas", "_hits", "_max_item", "_misses", "_rejected", "_shelf", "_too_large", "written_cas")

    def __init__(
        self,
        max_bytes: int,
        max_item: int,
        policy: EvictionPolicy,
        allocator: Allocator,
        on_full: Literal["evict", "reject"],
    ) -> None:
        self._shelf = Shelf(max_bytes, policy, allocator, on_full == "reject")
        self._max_item = max_item
        self._cas = 0
        self._too_large = 0
        self.written_cas = 0
        self._hits = 0
        self._misses = 0
        self._rejected = 0

    # ---- reading ----

    def peek(self, key: bytes, tick: int) -> Item | None:
        """The item, without a trace of its having been read."""
        return self._shelf.find(key, tick)

    def get(self, key: bytes, tick: int) -> Item | None:
        item = self._shelf.find(key, tick)
        if item is None:
            self._misses += 1
            return None
        self._hits += 1
        self._shelf.fetched(item, tick)
        return item

    def touch(self, key: bytes, exptime: int, tick: int) -> Item | None:
        """As `get`, and the item lives until `exptime` from now on."""
        item = self.get(key, tick)
        if item is not None:
            item.exptime = exptime
        return item

    def fetched(self, item: Item, tick: int) -> None:
        """An item that was peeked at counts as read after all."""
        self._hits += 1
        self._shelf.fetched(item, tick)

    def missed(self) -> None:
        """What was peeked at in vain counts as a miss."""
        self._misses += 1

    # ---- writing ----

    def put(
        self,
        mode: int,
        key: bytes,
        value: bytes,
        client_flags: int,
        exptime: int,
        tick: int,
        compare: int,
        marks: int,
        allows_stale: bool,
        cas: int | None,
    ) -> int:
        """Store `value` in one of the modes above; an outcome from the list above.

        :param compare: the cas unique the item must have; 0 matches none under COMPARE and any when joining
        :param marks: given to the item, except where values are joined
        :param allows_stale: COMPARE takes an older cas unique too, and marks the item stale (``ms … C I``)
        :param cas: the cas unique the item is given, in place of the next one of the store's own
        """
        if self._exceeds(len(key) + len(value), client_flags):
            self._too_large += 1
            return TOO_LARGE
        item = self._shelf.find(key, tick)
        if item is None:
            if mode == COMPARE:
                return NOT_FOUND
            if mode == REPLACE or mode == APPEND or mode == PREPEND:
                return NOT_STORED
            item = self._shelf.insert(key, value, client_flags, exptime, marks, tick)
            if item is None:
                self._rejected += 1
                return NO_MEMORY
            self._issue(item, cas)
            return STORED
        if mode == ADD:
            self._shelf.freshened(item, tick)
            return NOT_STORED
        if mode == COMPARE:
            if compare == 0 or compare != item.cas:
                if not (allows_stale and 0 < compare < item.cas):
                    return EXISTS
                exptime = item.exptime
                marks |= STALE | item.marks & TOKEN_SENT
        elif mode >= APPEND:
            if compare != 0 and compare != item.cas:
                return EXISTS
            is_prepended = mode == PREPEND or mode == PREPEND_OR_CREATE
            value = value + item.value if is_prepended else item.value + value
            client_flags = item.client_flags
            exptime = item.exptime
            marks = 0
            if self._exceeds(len(key) + len(value), client_flags):
                return NOT_STORED
        if not self._shelf.rewrite(item, value, client_flags, exptime, marks, tick):
            self._rejected += 1
            return NO_MEMORY
        self._issue(item, cas)
        return STORED

    def create(self, key: bytes, value: bytes, tick: int, cas: int | None) -> Item | None:
        """A new item under a key that `peek` has just missed (N); None when there is no room for it."""
        if self._exceeds(len(key) + len(value), 0):
            return None
        item = self._shelf.insert(key, value, 0, 0, 0, tick)
        if item is None:
            self._rejected += 1
            return None
        self._issue(item, cas)
        return item

    def count(self, item: Item, delta: int, increases: bool, compare: int, tick: int, cas: int | None) -> int:
        """Count up or down: the new number, or one of the negative outcomes above.

        As on a server a number that is no longer than the value before is written over it and padded with
        spaces, and the item keeps its marks; a longer one makes a new item of it.
        """
        value = item.value
        if not value:
            return NOT_NUMERIC
        if compare != 0 and compare != item.cas:
            return CAS_MISMATCH
        number = counter.parse(value)
        if number < 0:
            return NOT_NUMERIC
        number = counter.changed(number, delta, increases)
        digits = b"%d" % number
        if len(digits) <= len(value):
            item.value = digits.ljust(len(value))
            self._shelf.freshened(item, tick)
        elif not self._shelf.rewrite(item, digits, item.client_flags, item.exptime, 0, tick):
            self._rejected += 1
            return NO_COUNTER_MEMORY
        self._issue(item, cas)
        return number

    def hollow(self, item: Item, client_flags: int, exptime: int, tick: int, cas: int | None) -> None:
        """Drop the value and keep the item, with its cas unique unless it is given another (``md … x``)."""
        self._shelf.rewrite(item, b"", client_flags, exptime, 0, tick)  # cannot fail: nothing grows
        if cas is not None:
            item.cas = cas

    def invalidate(self, item: Item, cas: int | None) -> None:
        """Mark the item stale; the next reader wins the right to recache it (``md … I``)."""
        item.marks = (item.marks | STALE) & ~TOKEN_SENT
        self._issue(item, cas)

    def delete(self, key: bytes, tick: int) -> bool:
        item = self._shelf.find(key, tick)
        if item is None:
            return False
        self._shelf.remove(item)
        return True

    def remove(self, item: Item) -> None:
        self._shelf.remove(item)

    def flush(self, due: int, tick: int) -> None:
        """Remove everything: at once when `due` is the present tick, else all that is stored before `due`.

        A flush takes the place of one that is still to come. As on a server everything stored up to the tick
        before `due` is gone as soon as that tick begins; so with a delay of one tick the present is hit.
        """
        last = due - 1
        if last <= tick:
            self._cas += 1  # a server draws a cas unique here, to tell what was stored before within the tick
        if 0 < last < tick:
            self._shelf.clear()
            last = 0
        self._shelf.flush_at = last

    def _exceeds(self, size: int, client_flags: int) -> bool:
        size += ITEM_HEADER
        return (size + _CLIENT_FLAGS if client_flags else size) > self._max_item

    def _issue(self, item: Item, cas: int | None) -> None:
        if cas is None:
            self._cas += 1
            cas = self._cas
        item.cas = cas
        self.written_cas = cas

    # ---- itself ----

    def item_bytes(self, item: Item) -> int:
        """What the item costs by the allocator's account."""
        return self._shelf.cost(item)

    def statistics(self) -> Statistics:
        shelf = self._shelf
        return Statistics(
            items=shelf.count,
            memory_bytes=shelf.memory_bytes,
            max_bytes=shelf.max_bytes,
            written=shelf.written,
            hits=self._hits,
            misses=self._misses,
            evictions=shelf.evictions,
            expired=shelf.expired,
            flushed=shelf.flushed,
            too_large=self._too_large,
            rejected=self._rejected,
        )

    def check(self) -> list[str]:
        """What is wrong with the store's structure: empty when it is sound. Walks every item; for tests."""
        return self._shelf.check()
