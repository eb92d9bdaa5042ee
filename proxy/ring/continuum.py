"""The circle of points that consistent-hashing rings are made of.

Positions are the integers 0 … 2**32 - 1. Each point belongs to one node, and so do all positions from just after the
point before it up to the point itself; after the last point comes the first one again. (Karger et al., "Consistent
Hashing and Random Trees", 1997; the search is that of Richard Jones' libketama, 2007.)
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, final

from proxy.ring.ring import NodeShare

CIRCLE: Final = 2**32


@final
class Continuum:
    """Points, and the node each one belongs to. About 50 bytes a point.

    points: (position, node index) in any order, at least one. Of points that fall on the same position the lowest
        node index wins.
    """

    __slots__ = ("_owners", "_positions")

    def __init__(self, points: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(points)
        if not ordered:
            raise ValueError("a continuum needs at least one point")
        self._positions: list[int] = [position for position, _ in ordered]
        # One more than there are points: a position after the last point belongs to the first one, with no branch.
        self._owners: list[int] = [node for _, node in ordered]
        self._owners.append(self._owners[0])

    def owner(self, position: int) -> int:
        """The node of the first point at or after `position` (0 … 2**32 - 1)."""
        return self._owners[bisect_left(self._positions, position)]

    def points(self) -> list[tuple[int, int]]:
        """All points as (position, node index), in the order of the circle."""
        return list(zip(self._positions, self._owners, strict=False))

    def shares(self, nodes: int) -> tuple[NodeShare, ...]:
        """How many points, and what fraction of the circle, each of the `nodes` has. Exact, but for the division."""
        counts = [0] * nodes
        arcs = [0] * nodes
        previous = self._positions[-1] - CIRCLE
        for position, node in self.points():
            counts[node] += 1
            arcs[node] += position - previous
            previous = position
        return tuple(NodeShare(count, arc / CIRCLE) for count, arc in zip(counts, arcs, strict=True))
