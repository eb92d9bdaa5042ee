"""Items by key under one memory limit: expiry, flushing, eviction. Knows nothing of commands.

Theory of operation
-------------------
Expiry is lazy: an item past its deadline is removed by whoever looks it up, or when memory is needed, where
the few items next in the order of eviction are searched for an expired one before a live one is evicted
(memcached looks at five: ``lru_pull_tail``). A shelf that rejects instead of evicting has no other use for
that order, so it turns it: the live items it met go to the end, and the next attempt meets others. Each
refused write thus costs the same, and no expired item is overlooked for ever.

A flush that is due empties the shelf at the next lookup. During the very tick in which a delayed flush falls
due memcached 1.6.18 also hides what is stored in that tick; only the following tick is free of it.

Every operation looks a key up before it changes anything, so `find` is where time is let in.
"""

from typing import Final, final

from proxy.store.allocator import Allocator
from proxy.store.item import FETCHED, Item
from proxy.store.policy import EvictionPolicy

#: How many items are searched for an expired one before a live one goes.
_SEARCHED: Final = 5


@final
class Shelf:
    """A bounded table of items.

    :param max_bytes: what the allocator may have in use
    :param rejects: refuse what does not fit instead of evicting
    :ivar flush_at: the tick from which on everything is flushed; 0: no flush is pending
    """

    __slots__ = (
        "_allocator",
        "_items",
        "_policy",
        "_rejects",
        "evictions",
        "expired",
        "flush_at",
        "flushed",
        "written",
    )

    def __init__(self, max_bytes: int, policy: EvictionPolicy, allocator: Allocator, rejects: bool) -> None:
        if allocator.limit:
            raise ValueError("an allocator serves one shelf")
        allocator.limit = max_bytes
        self._items: dict[bytes, Item] = {}
        self._policy = policy
        self._allocator = allocator
        self._rejects = rejects
        self.flush_at = 0
        self.evictions = 0
        self.expired = 0
        self.flushed = 0
        self.written = 0

    @property
    def count(self) -> int:
        return len(self._items)

    @property
    def memory_bytes(self) -> int:
        return self._allocator.used

    @property
    def max_bytes(self) -> int:
        return self._allocator.limit

    def cost(self, item: Item) -> int:
        return self._allocator.cost(len(item.key), len(item.value))

    def find(self, key: bytes, tick: int) -> Item | None:
        """The live item under `key`."""
        if self.flush_at and self.flush_at <= tick:
            self.clear()
            if self.flush_at < tick:
                self.flush_at = 0
            return None
        item = self._items.get(key)
        if item is not None and item.exptime and item.exptime <= tick:
            self.expired += 1
            self.remove(item)
            return None
        return item

    def insert(
        self, key: bytes, value: bytes, client_flags: int, exptime: int, marks: int, tick: int
    ) -> Item | None:
        """Put an item under a key that `find` has just missed; None when there is no memory for it."""
        if not self._claim(self._allocator.cost(len(key), len(value)), None, tick):
            return None
        item = Item(key, value, client_flags, exptime, marks, tick)
        self._items[key] = item
        self._policy.added(item)
        self.written += 1
        return item

    def rewrite(
        self, item: Item, value: bytes, client_flags: int, exptime: int, marks: int, tick: int
    ) -> bool:
        """Give `item` another value; False, and nothing changed, when there is no memory for it.

        Its old value counts as free: unlike a server, which needs room for both.
        """
        if len(value) != len(item.value):
            allocator = self._allocator
            cost = self.cost(item)
            allocator.release(cost)
            if not self._claim(allocator.cost(len(item.key), len(value)), item, tick):
                allocator.allocate(cost)
                return False
        item.value = value
        item.client_flags = client_flags
        item.exptime = exptime
        item.marks = marks
        item.time = tick
        self._policy.used(item)
        self.written += 1
        return True

    def fetched(self, item: Item, tick: int) -> None:
        """`item` was read. As on a server the first reading leaves its time alone."""
        if item.marks & FETCHED:
            item.time = tick
        else:
            item.marks |= FETCHED
        self._policy.used(item)

    def freshened(self, item: Item, tick: int) -> None:
        """`item` was used without being read: its time moves, but it does not count as fetched."""
        item.time = tick
        self._policy.used(item)

    def remove(self, item: Item) -> None:
        del self._items[item.key]
        self._policy.removed(item)
        self._allocator.release(self.cost(item))

    def clear(self) -> None:
        self.flushed += len(self._items)
        self._items.clear()
        self._policy.cleared()
        self._allocator.cleared()

    def _claim(self, cost: int, keep: Item | None, tick: int) -> bool:
        """Take `cost` bytes, at the price of other items than `keep`."""
        allocator = self._allocator
        if cost > allocator.limit:
            return False  # nothing that could be evicted would help
        while not allocator.allocate(cost):
            if not self._give_up_one(keep, tick):
                return False
        return True

    def _give_up_one(self, keep: Item | None, tick: int) -> bool:
        evicted: Item | None = None
        victims = self._policy.victims(_SEARCHED)
        for item in victims:
            if item is keep:
                continue
            if item.exptime and item.exptime <= tick:
                self.expired += 1
                self.remove(item)
                return True
            if evicted is None:
                evicted = item
        if self._rejects:
            for item in victims:
                self._policy.used(item)
            return False
        if evicted is None:
            return False
        self.evictions += 1
        self.remove(evicted)
        return True

    def check(self) -> list[str]:
        """What is wrong with the structure: empty when it is sound. Walks every item; for tests."""
        faults: list[str] = []
        allocator = self._allocator
        try:
            ordered = self._policy.items()
        except ValueError as error:
            return [str(error)]
        if len(ordered) != len(self._items):
            faults.append(f"the policy has {len(ordered)} items, the table {len(self._items)}")
        total = 0
        for item in ordered:
            if self._items.get(item.key) is not item:
                faults.append(f"{item!r} is in the order of eviction, but not under its key")
            total += self.cost(item)
        if total != allocator.used:
            faults.append(f"{allocator.used} bytes accounted, {total} bytes in items")
        if not 0 <= allocator.used <= allocator.limit:
            faults.append(f"{allocator.used} bytes in use of {allocator.limit}")
        return faults
