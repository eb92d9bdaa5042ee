"""The process-wide budget for bytes held on behalf of clients: half-read values and replies not yet taken."""

from typing import final


@final
class Budget:
    """Counts what all clients hold together.

    :param limit: bytes; above it the client that holds most is closed
    :ivar soft_limit: half of it; above it no client that is owed replies is read from
    """

    __slots__ = ("held", "limit", "peak", "soft_limit")

    def __init__(self, limit: int) -> None:
        self.configure(limit)
        self.held = 0
        self.peak = 0

    def configure(self, limit: int) -> None:
        """Change the limit; who holds too much now is found at the next charge."""
        self.limit = limit
        self.soft_limit = limit // 2

    def charge(self, amount: int) -> None:
        self.held += amount
        self.peak = max(self.peak, self.held)

    @property
    def is_tight(self) -> bool:
        return self.held > self.soft_limit

    @property
    def is_exceeded(self) -> bool:
        return self.held > self.limit
