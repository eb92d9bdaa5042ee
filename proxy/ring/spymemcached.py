"""The `spymemcached` distribution: Java's spymemcached with `Locator.CONSISTENT` and `KETAMA_HASH`.

The algorithm is that of `KetamaNodeLocator`:

- A node has 160 points: 40 strings "<identity>-<k>" of four points each, as in `ketama`. With unequal weights their
  number follows `ketama`'s formula (`KetamaNodeLocator` with a map of weights); with equal ones it is 160 for every
  number of servers, where a map of equal weights would give 156 for 28 of them.
- The identity is that of `KetamaNodeKeyFormatter`'s default format, `InetSocketAddress.toString()` less its leading
  slash, and so depends on how the client's host was given and on what it resolved to: see `Node.resolved`.
- A key's position is word 0 of its MD5; the first point at or after it decides.
- The points are put into a map one after the other: of equal points the node that comes last in the list wins.
"""

from collections.abc import Sequence

from proxy.ring.continuum import Continuum
from proxy.ring.hashes import HASHES
from proxy.ring.identity import spymemcached_identity
from proxy.ring.ketama import POINTS_PER_NODE, md5_points, weighted_points
from proxy.ring.node import Node
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import checked


def spymemcached_ring(nodes: Sequence[Node]) -> PointRing:
    """The nodes' ring. Raises `ValueError` without nodes, or for a node that has no identity."""
    is_weighted = len({node.weight for node in nodes}) > 1
    counts = weighted_points(nodes) if is_weighted else [POINTS_PER_NODE] * len(nodes)
    rows = [(index, spymemcached_identity(node), counts[index]) for index, node in enumerate(checked(nodes))]
    # Of equal points the last one put in stays.
    return PointRing(nodes, Continuum(dict(md5_points(rows)).items()), HASHES["md5"], spymemcached_ring)
