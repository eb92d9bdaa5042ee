"""What every distribution offers, however it places keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, final

from proxy.ring.node import Node


@final
@dataclass(frozen=True, slots=True)
class NodeShare:
    """How much of a ring is one node's.

    points: the node's points; 0 in a distribution that has none (rendezvous, jump, modula).
    share: the fraction of all possible hashes that lead to the node, 0.0 … 1.0.
    """

    points: int
    share: float


@final
@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a key belongs where it does.

    node: what `Ring.locate` answers.
    hash: the key's hash; in a rendezvous, where each node has another hash of the key, the node's.
    point: the position of the point that decided, None in a distribution without points.
    runner_up: whose the key would be were `node` gone: an index in the same order, None where there is no other node.
    """

    node: int
    hash: int
    point: int | None
    runner_up: int | None


class Ring(Protocol):
    """Keys onto node indices. Immutable: another set of nodes is another ring."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What the ring was built with, at least one."""

    @property
    def node_count(self) -> int:
        """How many nodes the ring was built with, at least 1."""

    def locate(self, key: bytes) -> int:
        """The index, in the order the ring was built with, of the node that `key` belongs to.

        Answers for any bytes, the empty key included, and never fails.
        """

    def explain(self, key: bytes) -> Explanation:
        """What `locate` answers, and how it comes to that. Builds a ring without the node: not for the hot path."""

    def statistics(self) -> tuple[NodeShare, ...]:
        """One entry per node, in the order the ring was built with; the shares sum to 1."""


Rebuild = Callable[[Sequence[Node]], Ring]
"""Makes a ring by the same rules from other nodes, at least one."""


def checked(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes of a ring. Raises `ValueError` without any."""
    if not nodes:
        raise ValueError("a ring needs at least one node")
    return tuple(nodes)


def runner_up(rebuild: Rebuild, nodes: Sequence[Node], gone: int, key: bytes) -> int | None:
    """Who gets `key` once the node `gone` is off the ring; an index in `nodes`.

    Really built without it, as the points of the others may change with the number of nodes.
    """
    rest = [node for index, node in enumerate(nodes) if index != gone]
    if not rest:
        return None
    found = rebuild(rest).locate(key)
    return found + 1 if found >= gone else found
