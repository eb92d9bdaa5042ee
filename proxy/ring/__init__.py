"""Which backend a key belongs to.

A ring places keys on nodes; `Placement` is what the data plane asks. Nothing here does I/O, reads a clock or draws
a random number: the same nodes in the same order give the same placement in every process, for ever.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from proxy.ring.hash_tag import HashTag
from proxy.ring.ketama import KetamaRing
from proxy.ring.memo import DEFAULT_MEMO_LIMIT, Memo, MemoStatistics
from proxy.ring.node import Node
from proxy.ring.placement import Placement
from proxy.ring.ring import NodeShare, Ring

__all__ = [
    "DEFAULT_MEMO_LIMIT",
    "DISTRIBUTIONS",
    "HashTag",
    "KetamaRing",
    "Memo",
    "MemoStatistics",
    "Node",
    "NodeShare",
    "Placement",
    "Ring",
    "RingBuilder",
]

RingBuilder = Callable[[Sequence[Node]], Ring]

DISTRIBUTIONS: Final[Mapping[str, RingBuilder]] = MappingProxyType(
    {
        "ketama": KetamaRing,
    }
)
"""The value of `distribution` in a pool's config -> what builds its ring.

A builder takes the nodes in the order of the config (at least one, else `ValueError`).
"""
