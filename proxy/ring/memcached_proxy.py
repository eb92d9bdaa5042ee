"""The `memcached-proxy` distribution: memcached's own proxy with its default hashes.

Agrees with `mcp.pool(backends)` without options, which is `dist = mcp.dist_jump_hash` and `hash = mcp.hash_xxhash`
(`proxy_lua.c`, `proxy_jump_hash.c`): the 64 bits of XXH3 of the key, seed 0, into a jump hash (Lamping and Veach, "A
Fast, Minimal Memory, Consistent Hash Algorithm", 2014).

The order of the servers decides, and neither their names, addresses nor weights do. A server added at the end takes one
nth of the keys and nothing else moves; anywhere else, or when another than the last goes, most keys move.
"""

from collections.abc import Sequence
from typing import Final, final

from xxhash import xxh3_64_intdigest

from proxy.ring.node import Node
from proxy.ring.ring import Explanation, NodeShare, checked, runner_up

_FACTOR: Final = 2862933555777941757
_MASK: Final = 2**64 - 1
_SCALE: Final = float(2**31)


@final
class JumpRing:
    """The nodes in their order. Raises `ValueError` without nodes."""

    __slots__ = ("node_count", "nodes")

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes: Final = checked(nodes)
        self.node_count: Final = len(nodes)

    def locate(self, key: bytes) -> int:
        return jump(xxh3_64_intdigest(key), self.node_count)

    def explain(self, key: bytes) -> Explanation:
        node = self.locate(key)
        return Explanation(node, xxh3_64_intdigest(key), None, runner_up(JumpRing, self.nodes, node, key))

    def statistics(self) -> tuple[NodeShare, ...]:
        return (NodeShare(0, 1 / self.node_count),) * self.node_count


def jump(key: int, buckets: int) -> int:
    """The bucket, 0 … buckets - 1, of a 64-bit key. The arithmetic is that of doubles, as in the paper."""
    bucket, following = 0, 0
    while following < buckets:
        bucket = following
        key = key * _FACTOR + 1 & _MASK
        following = int((bucket + 1) * (_SCALE / ((key >> 33) + 1)))
    return bucket
