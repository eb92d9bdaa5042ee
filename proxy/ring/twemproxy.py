"""The `twemproxy` distribution: nutcracker's `distribution: ketama` with the hash of the keys that its pool names.

The points are those of `ketama`, MD5 whatever the pool's hash is, and only the keys are hashed with it (`nc_ketama.c`,
`nc_server.c`); nutcracker's own default is fnv1a_64. A server's name is its identity, and its weight counts with it. An
unnamed Unix socket has the identity "<path>:". Of equal points the one whose server has the shorter identity wins, and
among equally long ones the first in alphabetical order: nutcracker sorts its servers when it reads them.

`crc32` is a poor choice here, as it is in nutcracker: its 15 bits all lie on the first 2**15 of 2**32 positions, so that
one or two servers get every key.

The known differences of `ketama` from twemproxy hold here too.
"""

from collections.abc import Sequence
from functools import partial

from proxy.ring.continuum import Continuum
from proxy.ring.hashes import KeyHash
from proxy.ring.identity import twemproxy_identity, twemproxy_order
from proxy.ring.ketama import md5_points, weighted_points
from proxy.ring.node import Node
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import checked


def twemproxy_ring(nodes: Sequence[Node], key_hash: KeyHash) -> PointRing:
    """The nodes' ring. Raises `ValueError` without nodes."""
    counts = weighted_points(checked(nodes))
    # Of equal points the last one put in stays, and it has to be that of the server sorted first.
    points = dict(
        md5_points(
            (index, twemproxy_identity(nodes[index]), counts[index])
            for index in reversed(twemproxy_order(nodes))
        )
    )
    return PointRing(nodes, Continuum(points.items()), key_hash, partial(twemproxy_ring, key_hash=key_hash))
