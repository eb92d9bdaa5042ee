"""The `libmemcached-modula` distribution: what libmemcached does where it is not told otherwise.

Agrees with `MEMCACHED_DISTRIBUTION_MODULA` under any hash, and so with pylibmc and PHP's memcached where neither
distribution nor hash is set (one_at_a_time): the key's hash modulo the number of servers, in the order in which they are
listed. Weights are left out of account, as there, and so are names and addresses.

Another number of servers moves nearly every key: from n to n + 1 servers n of n + 1 keys.
"""

from collections.abc import Sequence
from functools import partial

from proxy.ring.hashes import KeyHash
from proxy.ring.modula import ModulaRing
from proxy.ring.node import Node
from proxy.ring.ring import checked


def libmemcached_modula_ring(nodes: Sequence[Node], key_hash: KeyHash) -> ModulaRing:
    """The nodes' ring. Raises `ValueError` without nodes."""
    slots = [(index, 1) for index in range(len(checked(nodes)))]
    return ModulaRing(nodes, slots, key_hash, partial(libmemcached_modula_ring, key_hash=key_hash))
