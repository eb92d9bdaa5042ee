"""What every distribution offers, however it places keys."""

from dataclasses import dataclass
from typing import Protocol, final


@final
@dataclass(frozen=True, slots=True)
class NodeShare:
    """How much of a ring is one node's.

    points: the node's points; 0 in a distribution that has none (rendezvous, jump, modula).
    share: the fraction of all possible hashes that lead to the node, 0.0 … 1.0.
    """

    points: int
    share: float


class Ring(Protocol):
    """Keys onto node indices. Immutable: another set of nodes is another ring."""

    @property
    def node_count(self) -> int:
        """How many nodes the ring was built with, at least 1."""

    def locate(self, key: bytes) -> int:
        """The index, in the order the ring was built with, of the node that `key` belongs to.

        Answers for any bytes, the empty key included, and never fails.
        """

    def statistics(self) -> tuple[NodeShare, ...]:
        """One entry per node, in the order the ring was built with; the shares sum to 1."""
