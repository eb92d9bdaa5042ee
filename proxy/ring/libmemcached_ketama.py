"""The `libmemcached-ketama` distribution: libmemcached's KETAMA, which is not the weighted one of `ketama`.

Agrees with `MEMCACHED_BEHAVIOR_KETAMA` (pylibmc `ketama: True`, sessions of PHP's memcached) and with
`MEMCACHED_DISTRIBUTION_CONSISTENT`, under any hash. The algorithm is that of libmemcached's `hosts.cc`
(`update_continuum`):

- Every node has 100 points, the hashes of the strings "<identity>-<k>", k = 0 … 99, one point each. The identity is
  that of `ketama`.
- Points and keys have the same hash: libmemcached's default one_at_a_time, unless the client sets another.
- The first point at or after the key's hash decides; of equal points the node that comes first in the list wins.
- A single node with a weight above 1 changes all of that but the hash of the keys: libmemcached then takes the points of
  `ketama`, which are MD5 and follow the weights. (It does so when the behavior was set before the servers were added, as
  pylibmc does. Where the servers came first, weights mean nothing, and none should be given here.)
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from proxy.ring.continuum import Continuum
from proxy.ring.hashes import KeyHash
from proxy.ring.identity import libmemcached_identity
from proxy.ring.ketama import ketama_points
from proxy.ring.node import Node
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import checked

POINTS_PER_NODE: Final = 100


def libmemcached_ketama_ring(nodes: Sequence[Node], key_hash: KeyHash) -> PointRing:
    """The nodes' ring. Raises `ValueError` without nodes."""
    is_weighted = any(node.weight > 1 for node in checked(nodes))
    continuum = Continuum(ketama_points(nodes) if is_weighted else _points(nodes, key_hash))
    return PointRing(nodes, continuum, key_hash, partial(libmemcached_ketama_ring, key_hash=key_hash))


def _points(nodes: Sequence[Node], key_hash: KeyHash) -> Iterator[tuple[int, int]]:
    for index, node in enumerate(nodes):
        base = libmemcached_identity(node)
        for k in range(POINTS_PER_NODE):
            yield key_hash.function(f"{base}-{k}".encode()), index
