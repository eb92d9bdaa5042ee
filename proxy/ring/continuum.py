"""The circle of points that consistent-hashing rings are made of.

Positions are the integers 0 … 2**32 - 1. Each point belongs to one node, and so does an arc of positions: those from
just after the point before it up to the point itself, where after the last point comes the first one again. (Karger et
al., "Consistent Hashing and Random Trees", 1997; the search is that of Richard Jones' libketama, 2007.)

Some clients look back instead of ahead, and an arc is then all positions from its point on to the next one. That is kept
as the arcs' last positions too, so that one search serves both.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final, final

from proxy.ring.ring import NodeShare

CIRCLE: Final = 2**32


@final
class Continuum:
    """Points, and the node each one belongs to. About 50 bytes a point.

    points: (position, node index) in any order, at least one.
    looks_back: a position belongs to the last point at or before it, and not to the first at or after it.

    Of points that fall on the same position the lowest node index wins; looking back, the highest.
    """

    __slots__ = ("_looks_back", "_owners", "_positions")

    def __init__(self, points: Iterable[tuple[int, int]], *, looks_back: bool = False) -> None:
        ordered = sorted(_arcs_from(points) if looks_back else points)
        if not ordered:
            raise ValueError("a continuum needs at least one point")
        self._looks_back = looks_back
        self._positions: list[int] = [position for position, _ in ordered]
        # One more than there are arcs: a position after the last one belongs to the first one, with no branch.
        self._owners: list[int] = [node for _, node in ordered]
        self._owners.append(self._owners[0])

    def owner(self, position: int) -> int:
        """The node that `position` (0 … 2**32 - 1) belongs to."""
        return self._owners[bisect_left(self._positions, position)]

    def point(self, position: int) -> int:
        """The point that decides about `position`."""
        index = bisect_left(self._positions, position)
        if self._looks_back:
            return (self._positions[index - 1] + 1) % CIRCLE
        return self._positions[index % len(self._positions)]

    def points(self) -> list[tuple[int, int]]:
        """All points as (position, node index), in the order of the circle."""
        if self._looks_back:
            return sorted((self.point(last), node) for last, node in self._ends())
        return list(self._ends())

    def arcs(self, limit: int = CIRCLE) -> Iterator[tuple[int, int]]:
        """The positions below `limit` as (last position, node index), in order; each goes on from the one before."""
        for last, node in self._ends():
            if last >= limit - 1:
                yield limit - 1, node
                return
            yield last, node
        yield limit - 1, self._owners[0]

    def shares(self, nodes: int, limit: int = CIRCLE) -> tuple[NodeShare, ...]:
        """How many points, and what fraction of the positions below `limit`, each of the `nodes` has.

        Exact, but for the division.
        """
        counts = [0] * nodes
        for _, node in self._ends():
            counts[node] += 1
        lengths = [0] * nodes
        previous = -1
        for last, node in self.arcs(limit):
            lengths[node] += last - previous
            previous = last
        return tuple(NodeShare(count, length / limit) for count, length in zip(counts, lengths, strict=True))

    def _ends(self) -> Iterator[tuple[int, int]]:
        return zip(self._positions, self._owners, strict=False)


def _arcs_from(points: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Arcs as (last position, node index), each of them from its point up to the next point."""
    node_at = dict(sorted(points))
    positions = list(node_at)
    for index, position in enumerate(positions):
        following = positions[(index + 1) % len(positions)]
        yield (following - 1) % CIRCLE, node_at[position]
