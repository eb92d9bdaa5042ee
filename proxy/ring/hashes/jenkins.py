"""Bob Jenkins' hashes, as libmemcached (`one_at_a_time.cc`, `jenkins.cc`) and twemproxy compute them.

One-at-a-time is of 1997 (Dr. Dobb's Journal, "Hash Functions"), `jenkins` is `hashlittle` of his lookup3.c (2006).
"""

from struct import Struct
from typing import Final

from proxy.ring.hashes.signed import signed_bytes

_MASK: Final = 0xFFFFFFFF
_START: Final = 0xDEADBEEF
_SEED: Final = 13  # JENKINS_INITVAL
_BLOCK: Final = Struct("<3I")


def one_at_a_time(key: bytes) -> int:
    """The default of libmemcached."""
    value = 0
    for byte in signed_bytes(key):
        value = (value + byte) * 1025 & _MASK  # value += value << 10
        value ^= value >> 6
    value = value * 9 & _MASK
    value ^= value >> 11
    return value * 32769 & _MASK


def jenkins(key: bytes) -> int:
    a = b = c = (_START + len(key) + _SEED) & _MASK
    if not key:
        return c
    # The last block has 1 to 12 bytes; what it lacks counts as zero.
    padded = key + bytes(-len(key) % 12)
    last = len(padded) - 12
    for x, y, z in _BLOCK.iter_unpack(padded[:last]):
        a, b, c = _mix(a + x, b + y, c + z)
    x, y, z = _BLOCK.unpack(padded[last:])
    return _final(a + x, b + y, c + z)


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    b &= _MASK
    c &= _MASK
    a = (a - c ^ (c << 4 | c >> 28)) & _MASK
    c = c + b & _MASK
    b = (b - a ^ (a << 6 | a >> 26)) & _MASK
    a = a + c & _MASK
    c = (c - b ^ (b << 8 | b >> 24)) & _MASK
    b = b + a & _MASK
    a = (a - c ^ (c << 16 | c >> 16)) & _MASK
    c = c + b & _MASK
    b = (b - a ^ (a << 19 | a >> 13)) & _MASK
    a = a + c & _MASK
    c = (c - b ^ (b << 4 | b >> 28)) & _MASK
    return a, b + a & _MASK, c


def _final(a: int, b: int, c: int) -> int:
    a &= _MASK
    b &= _MASK
    c = ((c ^ b) - (b << 14 | b >> 18)) & _MASK
    a = ((a ^ c) - (c << 11 | c >> 21)) & _MASK
    b = ((b ^ a) - (a << 25 | a >> 7)) & _MASK
    c = ((c ^ b) - (b << 16 | b >> 16)) & _MASK
    a = ((a ^ c) - (c << 4 | c >> 28)) & _MASK
    b = ((b ^ a) - (a << 14 | a >> 18)) & _MASK
    return ((c ^ b) - (b << 24 | b >> 8)) & _MASK
