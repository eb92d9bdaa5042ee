"""Austin Appleby's MurmurHash2, as libmemcached (`murmur.cc`) and twemproxy (`nc_murmur.c`) compute it."""

from struct import Struct
from typing import Final

_MASK: Final = 0xFFFFFFFF
_FACTOR: Final = 0x5BD1E995
_SEED: Final = 0xDEADBEEF  # times the length
_WORD: Final = Struct("<I")


def murmur(key: bytes) -> int:
    length = len(key)
    whole = length & ~3
    value = (_SEED * length ^ length) & _MASK
    for (word,) in _WORD.iter_unpack(key[:whole]):
        mixed = word * _FACTOR & _MASK
        mixed = (mixed ^ mixed >> 24) * _FACTOR
        value = (value * _FACTOR ^ mixed) & _MASK
    if whole < length:
        value = (value ^ int.from_bytes(key[whole:], "little")) * _FACTOR & _MASK
    value = (value ^ value >> 13) * _FACTOR & _MASK
    return value ^ value >> 15
