"""What an allocator is: it knows what an item costs and whether there is memory for it."""

from abc import ABC, abstractmethod


class Allocator(ABC):
    """The memory of one shelf, in bytes.

    :ivar limit: what may be in use
    :ivar used: what is in use; never above `limit`
    """

    __slots__ = ("limit", "used")

    def __init__(self) -> None:
        self.limit = 0  # set by the shelf
        self.used = 0

    @abstractmethod
    def cost(self, key: int, value: int) -> int:
        """The bytes in use for an item with a key and a value of these lengths. Always the same answer."""

    @abstractmethod
    def allocate(self, cost: int) -> bool:
        """Take `cost` bytes; False, and nothing taken, when they are not there."""

    @abstractmethod
    def release(self, cost: int) -> None:
        """Give back what `allocate` took; the same `cost` can then be allocated again at once."""

    @abstractmethod
    def cleared(self) -> None:
        """Give back everything."""
