"""Which backend a key belongs to.

A ring places keys on nodes; `Placement` is what the data plane asks. Nothing here does I/O, reads a clock or draws
a random number: the same nodes in the same order give the same placement in every process, for ever.
"""

from proxy.ring.comparison import Difference, Move, compare_arcs, compare_keys
from proxy.ring.distribution import DISTRIBUTIONS, Distribution, RingBuilder
from proxy.ring.hash_tag import HashTag
from proxy.ring.ketama import ketama_ring
from proxy.ring.memo import DEFAULT_MEMO_LIMIT, Memo, MemoStatistics
from proxy.ring.node import Node
from proxy.ring.placement import Placement
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import Explanation, NodeShare, Ring

__all__ = [
    "DEFAULT_MEMO_LIMIT",
    "DISTRIBUTIONS",
    "Difference",
    "Distribution",
    "Explanation",
    "HashTag",
    "Memo",
    "MemoStatistics",
    "Move",
    "Node",
    "NodeShare",
    "Placement",
    "PointRing",
    "Ring",
    "RingBuilder",
    "compare_arcs",
    "compare_keys",
    "ketama_ring",
]
