"""The `ketama` distribution: libmemcached's KETAMA_WEIGHTED, the placement most client libraries can produce.

Agrees with libmemcached's `MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED` (PHP `OPT_LIBKETAMA_COMPATIBLE`, pylibmc
`ketama_weighted`), and with twemproxy's `distribution: ketama` under `hash: md5`. The algorithm is that of
libmemcached's `hosts.cc` (`update_continuum`) and twemproxy's `nc_ketama.c`:

- A node with `p` points hashes the strings "<identity>-<k>", k = 0 … p/4 - 1. An MD5 digest is four little-endian
  32-bit words, and each word is one point. The identity is the node's name, else its host when the port is 11211, else
  "host:port".
- A key's position is word 0 of its MD5; the first point at or after it decides.
- Equal points: the node that comes first in the list wins.

Two servers with the same identity have the same points, and the one listed first gets every key of both, as in
libmemcached.

Known differences. twemproxy gives an unnamed Unix socket the identity "<path>:", where libmemcached has "<path>:0" (as
here); it cuts "<identity>-<k>" at 272 bytes, so that names of nearly that length get the same few points again and
again; it adds weights up in 32 bits; and of equal points it prefers the server that it sorts first (see `twemproxy`).
pylibmc 1.6 keeps the low 16 bits of a weight, so 65539 is 3 to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import md5
from struct import Struct
from typing import Final

from proxy.ring.continuum import Continuum
from proxy.ring.hashes import HASHES
from proxy.ring.identity import libmemcached_identity
from proxy.ring.node import Node
from proxy.ring.point_ring import PointRing
from proxy.ring.ring import checked

POINTS_PER_NODE: Final = 160  # where all have the same weight, and but for the rounding below
POINTS_PER_STRING: Final = 4

_SINGLE: Final = Struct("<f")
_WORDS: Final = Struct("<4I")


def ketama_ring(nodes: Sequence[Node]) -> PointRing:
    """The nodes' ring; see the module for the rules. Raises `ValueError` without nodes."""
    return PointRing(nodes, Continuum(ketama_points(checked(nodes))), HASHES["md5"], ketama_ring)


def ketama_points(nodes: Sequence[Node]) -> Iterator[tuple[int, int]]:
    """What the ring is made of, as (position, node index)."""
    counts = weighted_points(nodes)
    return md5_points((index, libmemcached_identity(node), counts[index]) for index, node in enumerate(nodes))


def weighted_points(nodes: Sequence[Node]) -> list[int]:
    """How many points each of the nodes gets."""
    return points_per_node([node.weight for node in nodes])


def md5_points(rows: Iterable[tuple[int, str, int]]) -> Iterator[tuple[int, int]]:
    """The points of the nodes, as (position, node index), in the order of the rows.

    rows: node index, identity, and how many points the node gets, a multiple of 4.
    """
    for index, identity, count in rows:
        for k in range(count // POINTS_PER_STRING):
            for word in _WORDS.unpack(md5(f"{identity}-{k}".encode(), usedforsecurity=False).digest()):
                yield word, index


def points_per_node(weights: Sequence[int]) -> list[int]:
    """How many points nodes of these weights get: 160 on average, always a multiple of 4, 0 for a very light node.

    The C sources compute floor(weight / total * 160 / 4 * n + 1e-10) * 4 in single precision, and so does this, one
    rounding after each step. It shows: with equal weights the product falls just short of 40 for 28 of the server
    counts up to 256 (25, 47, 50, 55, …), and every server then has 156 points instead of 160.
    """
    total = _single(float(sum(weights)))
    count = _single(float(len(weights)))
    return [_strings(_single(float(weight)), total, count) * POINTS_PER_STRING for weight in weights]


def _strings(weight: float, total: float, count: float) -> int:
    fraction = _single(weight / total)
    share = _single(_single(fraction * POINTS_PER_NODE) / POINTS_PER_STRING)
    return int(_single(_single(share * count) + 1e-10))


def _single(value: float) -> float:
    """`value` rounded to IEEE 754 single precision.

    Rounding the double result of one + - * / on singles gives what single precision arithmetic gives: a double has
    more than twice the digits (Figueroa, "When is double rounding innocuous?", 1995).
    """
    rounded: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return rounded
