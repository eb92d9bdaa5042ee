"""What an eviction policy is: it knows the order in which items go, and nothing else of them."""

from abc import ABC, abstractmethod

from proxy.store.item import Item


class EvictionPolicy(ABC):
    """The order of eviction over the items of one shelf. One policy, one file.

    The shelf tells it of every item it takes, uses or loses; the policy never removes anything itself.
    """

    __slots__ = ()

    @abstractmethod
    def added(self, item: Item) -> None:
        """`item` is new on the shelf."""

    @abstractmethod
    def used(self, item: Item) -> None:
        """`item` was read, written over or touched."""

    @abstractmethod
    def removed(self, item: Item) -> None:
        """`item` is gone, for whatever reason."""

    @abstractmethod
    def cleared(self) -> None:
        """All items are gone."""

    @abstractmethod
    def victims(self, count: int) -> list[Item]:
        """Who goes next, the first one first: at most `count`, and at least one while there are items.

        With two or more items and a `count` above 1, at least two.
        """

    @abstractmethod
    def items(self) -> list[Item]:
        """Every item in the order of eviction, found by walking the policy's own structure.

        :raises ValueError: the structure is broken
        """
