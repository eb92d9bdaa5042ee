"""The `crc32-mod` distribution: CRC-32 of the key modulo the number of servers, in the order in which they are listed.

- `crc32a`, the checksum itself: gomemcache (`memcache/selector.go`).
- `crc32`, 15 bits of it: python-memcached from 1.60 on (`cmemcache_hash`).
- `crc32_nonzero`, the same with 1 instead of 0: python-memcached before, and PHP's memcache with its settings
  `hash_strategy = standard` and `hash_function = crc32`. One key in 32,768 differs.

A server of weight w has w slots in a row: python-memcached and memcache make as many buckets of it, and gomemcache gives
weight to a server that is listed several times. Names and addresses mean nothing.

Another number of slots moves nearly every key: from n to n + 1 equal servers n of n + 1 keys.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from proxy.ring.hashes import HASHES, KeyHash
from proxy.ring.modula import ModulaRing
from proxy.ring.node import Node
from proxy.ring.ring import checked

_CRC32: Final = HASHES["crc32"]


def _nonzero(key: bytes) -> int:
    return _CRC32.function(key) or 1


CRC32_HASHES: Final[Mapping[str, KeyHash]] = MappingProxyType(
    {row.name: row for row in (HASHES["crc32a"], _CRC32, KeyHash("crc32_nonzero", _nonzero, _CRC32.values))}
)
"""The hashes that these clients have, by name; gomemcache's first."""


def crc32_mod_ring(nodes: Sequence[Node], key_hash: KeyHash) -> ModulaRing:
    """The nodes' ring. Raises `ValueError` without nodes."""
    slots = [(index, node.weight) for index, node in enumerate(checked(nodes))]
    return ModulaRing(nodes, slots, key_hash, partial(crc32_mod_ring, key_hash=key_hash))
