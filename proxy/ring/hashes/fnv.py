"""FNV-1 and FNV-1a, as libmemcached (`fnv_32.cc`, `fnv_64.cc`) and twemproxy (`nc_fnv.c`) compute them.

(Fowler, Noll, Vo; draft-eastlake-fnv.) All of them give 32 bits: the C sources keep the low half of what a 64-bit one gives.
Neither a product nor an exclusive or carries anything downwards, so no step needs more than the low half either.
"""

from typing import Final

from proxy.ring.hashes.signed import signed_bytes

_MASK: Final = 0xFFFFFFFF
_START_32: Final = 0x811C9DC5
_PRIME_32: Final = 0x01000193
_START_64: Final = 0x84222325  # the low half of 0xcbf29ce484222325
_PRIME_64: Final = 0x1B3  # and of 0x100000001b3


def fnv1_32(key: bytes) -> int:
    value = _START_32
    for byte in signed_bytes(key):
        value = (value * _PRIME_32 ^ byte) & _MASK
    return value


def fnv1a_32(key: bytes) -> int:
    value = _START_32
    for byte in signed_bytes(key):
        value = (value ^ byte) * _PRIME_32 & _MASK
    return value


def fnv1_64(key: bytes) -> int:
    value = _START_64
    for byte in signed_bytes(key):
        value = (value * _PRIME_64 ^ byte) & _MASK
    return value


def fnv1a_64(key: bytes) -> int:
    value = _START_64
    for byte in signed_bytes(key):
        value = (value ^ byte) * _PRIME_64 & _MASK
    return value
