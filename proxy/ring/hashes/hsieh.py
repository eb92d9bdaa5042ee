"""Paul Hsieh's SuperFastHash, as libmemcached (`hsieh.cc`) and twemproxy (`nc_hsieh.c`) compute it."""

from struct import Struct
from typing import Final

_MASK: Final = 0xFFFFFFFF
_HALVES: Final = Struct("<2H")


def hsieh(key: bytes) -> int:
    if not key:
        return 0
    whole = len(key) & ~3
    value = 0
    for low, high in _HALVES.iter_unpack(key[:whole]):
        value = value + low & _MASK
        value = (value << 16 ^ high << 11 ^ value) & _MASK
        value = value + (value >> 11) & _MASK
    value = _with_tail(value, key[whole:])
    value ^= value << 3 & _MASK
    value = value + (value >> 5) & _MASK
    value ^= value << 4 & _MASK
    value = value + (value >> 17) & _MASK
    value ^= value << 25 & _MASK
    return value + (value >> 6) & _MASK


def _with_tail(value: int, tail: bytes) -> int:
    """Of three bytes the last is a `char` in C, and so negative from 0x80 on (x86); a single one is not."""
    if len(tail) == 3:
        value += tail[0] | tail[1] << 8
        last = tail[2] - 256 if tail[2] > 0x7F else tail[2]
        value = (value ^ value << 16 ^ last << 18) & _MASK
        return value + (value >> 11) & _MASK
    if len(tail) == 2:
        value += tail[0] | tail[1] << 8
        value = (value ^ value << 11) & _MASK
        return value + (value >> 17) & _MASK
    if tail:
        value += tail[0]
        value = (value ^ value << 10) & _MASK
        return value + (value >> 1) & _MASK
    return value
