"""The `evcache` distribution: Netflix's EVCache client, which is built on spymemcached.

As `spymemcached` without weights, but for the identity: `EVCacheKetamaNodeLocatorConfiguration` makes it
"<host name>/<address>:11211", with that port whatever the server's is. Servers that differ in nothing but the port have
the same points then, and the one listed last gets the keys of all of them.

The client's properties `bucket.size` (other than 160) and `hash.on.partial.key` (the key up to a delimiter) are not
reproduced.
"""

from collections.abc import Sequence

from proxy.ring.continuum import Continuum
from proxy.ring.hashes import HASHES
from proxy.ring.identity import evcache_identity
from proxy.ring.ketama import POINTS_PER_NODE, md5_points
from proxy.ring.node import Node
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import checked


def evcache_ring(nodes: Sequence[Node]) -> PointRing:
    """The nodes' ring. Raises `ValueError` without nodes, or for a node that has no identity."""
    rows = [(index, evcache_identity(node), POINTS_PER_NODE) for index, node in enumerate(checked(nodes))]
    # Of equal points the last one put in stays.
    return PointRing(nodes, Continuum(dict(md5_points(rows)).items()), HASHES["md5"], evcache_ring)
