"""What another set of servers, or another distribution, would do to the keys: who has to give up what to whom.

A key moves when the server that gets it is another one afterwards. A node of one ring is the same server as a node of the
other one that has its name; and where a name is missing, or on one side only, as one that has its address.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from proxy.ring.node import Node
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import Ring


@final
@dataclass(frozen=True, slots=True)
class Move:
    """share: of all keys, 0.0 … 1.0."""

    source: Node
    target: Node
    share: float


@final
@dataclass(frozen=True, slots=True)
class Difference:
    """moved: the fraction of all keys that another server gets, 0.0 … 1.0. moves: the largest first."""

    moved: float
    moves: tuple[Move, ...]


def compare_keys(before: Ring, after: Ring, keys: Iterable[bytes]) -> Difference:
    """What happens to these keys (at least one, else `ValueError`), as fractions of their number.

    Of k random keys the fraction that moves is off by sqrt(share * (1 - share) / k), by 0.3 % of all keys at most with
    k = 25,000.
    """
    counts: dict[tuple[int, int], int] = {}
    total = 0
    for key in keys:
        pair = before.locate(key), after.locate(key)
        counts[pair] = counts.get(pair, 0) + 1
        total += 1
    if not total:
        raise ValueError("a comparison needs at least one key")
    return _difference(before, after, counts, total)


def compare_arcs(before: PointRing, after: PointRing) -> Difference:
    """What happens to all possible hashes: exact. Raises `ValueError` when the rings hash keys differently."""
    if before.key_hash.name != after.key_hash.name:
        raise ValueError(f"hashes differ: {before.key_hash.name} before, {after.key_hash.name} after")
    counts: dict[tuple[int, int], int] = {}
    previous = -1
    for last, pair in _common_arcs(before.arcs(), after.arcs()):
        counts[pair] = counts.get(pair, 0) + last - previous
        previous = last
    return _difference(before, after, counts, before.key_hash.values)


def _common_arcs(
    left: Iterator[tuple[int, int]], right: Iterator[tuple[int, int]]
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Where neither circle changes its node, as (last position, (node on the left, node on the right)).

    Both end at the same position.
    """
    left_last, left_node = next(left)
    right_last, right_node = next(right)
    while True:
        yield min(left_last, right_last), (left_node, right_node)
        if left_last == right_last:
            following = next(left, None)
            if following is None:
                return
            left_last, left_node = following
            right_last, right_node = next(right)
        elif left_last < right_last:
            left_last, left_node = next(left)
        else:
            right_last, right_node = next(right)


def _difference(before: Ring, after: Ring, counts: dict[tuple[int, int], int], total: int) -> Difference:
    stays = _same_servers(before.nodes, after.nodes)
    moves = [
        Move(before.nodes[source], after.nodes[target], count / total)
        for (source, target), count in counts.items()
        if count and stays.get(source) != target
    ]
    moved = sum(count for (source, target), count in counts.items() if stays.get(source) != target)
    moves.sort(key=lambda move: -move.share)
    return Difference(moved / total, tuple(moves))


def _same_servers(before: Sequence[Node], after: Sequence[Node]) -> dict[int, int]:
    """Index before -> index after, of the nodes on both sides; each has one counterpart at most."""
    by_name = {node.name: index for index, node in enumerate(after) if node.name}
    by_address = {(node.host, node.port): index for index, node in enumerate(after)}
    same = {index: by_name[node.name] for index, node in enumerate(before) if node.name in by_name}
    taken = set(same.values())
    for index, node in enumerate(before):
        found = by_address.get((node.host, node.port))
        if index in same or found is None or found in taken or (node.name and after[found].name):
            continue
        same[index] = found
        taken.add(found)
    return same
