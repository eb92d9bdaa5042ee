"""A ring of points: what all ketama-like distributions are, whatever their points and hashes."""

from collections.abc import Iterator, Sequence
from typing import Final, final

from proxy.ring.continuum import Continuum
from proxy.ring.hashes import KeyHash
from proxy.ring.node import Node
from proxy.ring.ring import Explanation, NodeShare, Rebuild, checked, runner_up


@final
class PointRing:
    """Nodes at the points of a circle; the position of a key on it is the key's hash.

    nodes: at least one, else `ValueError`.
    continuum: their points.
    key_hash: gives at most 32 bits.
    rebuild: makes the ring of other nodes, in the same way.
    """

    __slots__ = (
        "_continuum",
        "_has_choice",
        "_hash",
        "_owner",
        "_rebuild",
        "key_hash",
        "node_count",
        "nodes",
    )

    def __init__(
        self, nodes: Sequence[Node], continuum: Continuum, key_hash: KeyHash, rebuild: Rebuild
    ) -> None:
        self.nodes: Final = checked(nodes)
        self.node_count: Final = len(nodes)
        self.key_hash: Final = key_hash
        self._continuum = continuum
        self._rebuild = rebuild
        self._has_choice = len(nodes) > 1
        # Looked up once: a lookup is two calls, and either would cost an attribute more.
        self._hash = key_hash.function
        self._owner = continuum.owner

    def locate(self, key: bytes) -> int:
        if not self._has_choice:
            return 0
        return self._owner(self._hash(key))

    def explain(self, key: bytes) -> Explanation:
        position = self._hash(key)
        node = self.locate(key)
        following = runner_up(self._rebuild, self.nodes, node, key)
        return Explanation(node, position, self._continuum.point(position), following)

    def points(self) -> list[tuple[int, int]]:
        """All points as (position, node index), in the order of the circle."""
        return self._continuum.points()

    def arcs(self) -> Iterator[tuple[int, int]]:
        """All hashes of keys as (last hash, node index), in order; each arc goes on from the one before."""
        return self._continuum.arcs(self.key_hash.values)

    def statistics(self) -> tuple[NodeShare, ...]:
        return self._continuum.shares(self.node_count, self.key_hash.values)
