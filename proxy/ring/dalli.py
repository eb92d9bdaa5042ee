"""The `dalli` distribution: Ruby's Dalli.

The algorithm is that of `lib/dalli/ring.rb`:

- A node has floor(n * 160 * weight / total weight) points: the first 32 bits of the SHA-1 of the strings
  "<identity>:<k>". The identity is the node's name, else "host:port" whatever the port is, or the path of a Unix socket
  (Dalli 3; Dalli 2 put a colon behind the path).
- A key's position is its CRC-32. The last point at or before it decides, and before the first point the last one.
- Dalli sorts its points in no particular order where they are equal; here the node that comes last in the list wins.
  With 100 servers one ring in thirty has such a pair at all.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha1
from typing import Final

from proxy.ring.continuum import Continuum
from proxy.ring.hashes import HASHES
from proxy.ring.identity import plain_identity
from proxy.ring.node import Node
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import checked

POINTS_PER_NODE: Final = 160


def dalli_ring(nodes: Sequence[Node]) -> PointRing:
    """The nodes' ring. Raises `ValueError` without nodes."""
    points = Continuum(_points(checked(nodes)), looks_back=True)
    return PointRing(nodes, points, HASHES["crc32a"], dalli_ring)


def _points(nodes: Sequence[Node]) -> Iterator[tuple[int, int]]:
    total = sum(node.weight for node in nodes)
    for index, node in enumerate(nodes):
        identity = plain_identity(node)
        count = int(len(nodes) * POINTS_PER_NODE * node.weight / total)  # rounded as Ruby's floats are
        for k in range(count):
            digest = sha1(f"{identity}:{k}".encode(), usedforsecurity=False).digest()
            yield int.from_bytes(digest[:4], "big"), index
