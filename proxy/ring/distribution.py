"""The table of distributions: what `distribution` and `hash` in a pool's config mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

from proxy.ring.crc32_mod import CRC32_HASHES, crc32_mod_ring
from proxy.ring.dalli import dalli_ring
from proxy.ring.evcache import evcache_ring
from proxy.ring.hashes import HASHES, KeyHash
from proxy.ring.ketama import ketama_ring
from proxy.ring.libmemcached_ketama import libmemcached_ketama_ring
from proxy.ring.libmemcached_modula import libmemcached_modula_ring
from proxy.ring.memcached_proxy import JumpRing
from proxy.ring.modula import modula_ring
from proxy.ring.node import Node
from proxy.ring.pymemcache import PymemcacheRing, bytes_characters, str_characters
from proxy.ring.rendezvous import RendezvousRing
from proxy.ring.ring import Rebuild, Ring
from proxy.ring.spymemcached import spymemcached_ring
from proxy.ring.twemproxy import twemproxy_ring

RingBuilder = Callable[[Sequence[Node], str], Ring]


@final
@dataclass(frozen=True, slots=True)
class Distribution:
    """How a pool places keys.

    build: makes the ring of the nodes (at least one, else `ValueError`) with one of `hashes`, or with "" where there
        are none.
    hashes: the values that `hash` may have, the default first. Empty: the distribution has a hash of its own.
    """

    build: RingBuilder
    hashes: tuple[str, ...] = ()

    def ring(self, nodes: Sequence[Node], hash_name: str = "") -> Ring:
        """The ring of the nodes.

        nodes: in the order of the config.
        hash_name: "" is the default.

        Raises `ValueError` without nodes, for a hash that is not among `hashes`, and for a node that lacks what the
        distribution hashes (`Node.resolved`).
        """
        if hash_name and hash_name not in self.hashes:
            raise ValueError(
                f"the hash {hash_name!r} is none of this distribution's: {', '.join(self.hashes)}"
            )
        return self.build(nodes, hash_name or (self.hashes[0] if self.hashes else ""))


def _own_hash(build: Rebuild) -> Distribution:
    return Distribution(lambda nodes, _: build(nodes))


def _any_hash(build: Callable[[Sequence[Node], KeyHash], Ring], default: str) -> Distribution:
    names = (default, *(name for name in HASHES if name != default))
    return Distribution(lambda nodes, name: build(nodes, HASHES[name]), names)


_PYMEMCACHE_KEYS: Final = {"murmur3_32": str_characters, "murmur3_32_repr": bytes_characters}

DISTRIBUTIONS: Final[Mapping[str, Distribution]] = MappingProxyType(
    {
        "ketama": _own_hash(ketama_ring),
        "libmemcached-ketama": _any_hash(libmemcached_ketama_ring, "one_at_a_time"),
        "twemproxy": _any_hash(twemproxy_ring, "fnv1a_64"),
        "spymemcached": _own_hash(spymemcached_ring),
        "evcache": _own_hash(evcache_ring),
        "dalli": _own_hash(dalli_ring),
        # The second is for applications whose keys are bytes.
        "pymemcache": Distribution(
            lambda nodes, name: PymemcacheRing(nodes, _PYMEMCACHE_KEYS[name]), tuple(_PYMEMCACHE_KEYS)
        ),
        "memcached-proxy": _own_hash(JumpRing),
        "modula": _any_hash(modula_ring, "fnv1a_64"),
        "libmemcached-modula": _any_hash(libmemcached_modula_ring, "one_at_a_time"),
        "crc32-mod": Distribution(
            lambda nodes, name: crc32_mod_ring(nodes, CRC32_HASHES[name]), tuple(CRC32_HASHES)
        ),
        "rendezvous": _own_hash(RendezvousRing),
    }
)
"""The value of `distribution` in a pool's config -> how it places keys."""
