"""The `modula` distribution: the key's hash modulo the number of servers, as twemproxy counts them.

Agrees with nutcracker's `distribution: modula` under any of its hashes (`nc_modula.c`):

- A server of weight w has w slots in a row, and the hash of a key modulo the number of all slots is the key's slot.
- The servers stand in the order of their identities (those of `twemproxy`), the shorter one first and equally long ones
  byte by byte: nutcracker sorts its servers when it reads them (`nc_conf.c`, `conf_validate_server`). The order in which
  they are listed means nothing, and a server that is renamed may move all others.

Another number of slots moves nearly every key: from n to n + 1 equal servers n of n + 1 keys.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from typing import Final, final

from proxy.ring.hashes import KeyHash
from proxy.ring.identity import twemproxy_order
from proxy.ring.node import Node
from proxy.ring.ring import Explanation, NodeShare, Rebuild, checked, runner_up


@final
class ModulaRing:
    """Slots in a row, whose number the hash of a key is divided by.

    nodes: at least one, else `ValueError`.
    slots: (node index, number of its slots), in the order of the slots; each node once.
    rebuild: makes the ring of other nodes, in the same way.
    """

    __slots__ = (
        "_counts",
        "_ends",
        "_hash",
        "_order",
        "_rebuild",
        "_total",
        "key_hash",
        "node_count",
        "nodes",
    )

    def __init__(
        self, nodes: Sequence[Node], slots: Sequence[tuple[int, int]], key_hash: KeyHash, rebuild: Rebuild
    ) -> None:
        self.nodes: Final = checked(nodes)
        self.node_count: Final = len(nodes)
        self.key_hash: Final = key_hash
        self._hash = key_hash.function
        self._rebuild = rebuild
        self._order = [node for node, _ in slots]
        self._counts = [count for _, count in slots]
        # Where the slots of each node end, and not the slots themselves: weights of a million cost nothing.
        self._ends = list(accumulate(self._counts))
        self._total = self._ends[-1]

    def locate(self, key: bytes) -> int:
        return self._order[bisect_right(self._ends, self._hash(key) % self._total)]

    def explain(self, key: bytes) -> Explanation:
        node = self.locate(key)
        return Explanation(node, self._hash(key), None, runner_up(self._rebuild, self.nodes, node, key))

    def statistics(self) -> tuple[NodeShare, ...]:
        whole, rest = divmod(self.key_hash.values, self._total)
        hashes = [0] * self.node_count
        for node, count, end in zip(self._order, self._counts, self._ends, strict=True):
            hashes[node] = whole * count + min(max(rest - (end - count), 0), count)
        return tuple(NodeShare(0, number / self.key_hash.values) for number in hashes)


def modula_ring(nodes: Sequence[Node], key_hash: KeyHash) -> ModulaRing:
    """The nodes' ring. Raises `ValueError` without nodes."""
    slots = [(index, nodes[index].weight) for index in twemproxy_order(checked(nodes))]
    return ModulaRing(nodes, slots, key_hash, partial(modula_ring, key_hash=key_hash))
