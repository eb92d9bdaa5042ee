"""Least recently used: whoever was not read or written for the longest time goes first.

A ring of items, doubly linked through `Item.newer` and `Item.older`, closed by one item that is not on the
shelf. memcached approximates the same order by three queues and a thread that moves items between them
(``doc/new_lru.txt``), because its threads cannot lock one list per hit; with a single thread the exact order
is the cheaper one.
"""

from typing import final

from proxy.store.item import Item
from proxy.store.policy import EvictionPolicy


@final
class Lru(EvictionPolicy):
    __slots__ = ("_root",)

    def __init__(self) -> None:
        self._root = Item(b"", b"", 0, 0, 0, 0)  # newer: the oldest item; older: the newest one

    def added(self, item: Item) -> None:
        root = self._root
        newest = root.older
        item.older = newest
        item.newer = root
        newest.newer = item
        root.older = item

    def used(self, item: Item) -> None:
        root = self._root
        newer = item.newer
        if newer is root:
            return
        older = item.older
        older.newer = newer
        newer.older = older
        newest = root.older
        item.older = newest
        item.newer = root
        newest.newer = item
        root.older = item

    def removed(self, item: Item) -> None:
        older = item.older
        newer = item.newer
        older.newer = newer
        newer.older = older
        # No links stay behind: they would keep neighbours alive as long as somebody holds the item.
        item.older = item.newer = self._root

    def cleared(self) -> None:
        root = self._root
        item = root.newer
        while item is not root:
            following = item.newer
            item.older = item.newer = root  # a chain of items is garbage that only a full collection finds
            item = following
        root.older = root.newer = root

    def victims(self, count: int) -> list[Item]:
        root = self._root
        found: list[Item] = []
        item = root.newer
        while item is not root and len(found) < count:
            found.append(item)
            item = item.newer
        return found

    def items(self) -> list[Item]:
        root = self._root
        found: list[Item] = []
        item = root.newer
        previous = root
        while item is not root:
            if item.older is not previous:
                raise ValueError(f"{item!r} does not lead back to {previous!r}")
            found.append(item)
            previous = item
            item = item.newer
        if root.older is not previous:
            raise ValueError(f"the newest item is {root.older!r}, not {previous!r}")
        return found
