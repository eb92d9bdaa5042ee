"""The hashes that the standard library has in C: MD5 and checksums."""

from binascii import crc_hqx
from hashlib import md5 as md5_digest
from zlib import crc32 as checksum


def md5(key: bytes) -> int:
    """Word 0 of the four little-endian words of the digest, as ketama has it."""
    return int.from_bytes(md5_digest(key, usedforsecurity=False).digest()[:4], "little")


def crc32(key: bytes) -> int:
    """Bits 16 to 30 of CRC-32: what libmemcached, twemproxy, PHP and python-memcached call CRC-32. 15 bits."""
    return checksum(key) >> 16 & 0x7FFF


def crc32a(key: bytes) -> int:
    """CRC-32 itself (ISO 3309, as in zlib)."""
    return checksum(key)


def crc16(key: bytes) -> int:
    """CRC-16/XMODEM as twemproxy has it (`nc_crc16.c` of 0.5.0), with remains of earlier steps above it.

    A step there shifts the remainder up by a byte and never cuts it off. So bits 16 to 23 are the upper byte of the
    remainder one step back, and bits 24 to 31 that of two steps back.
    """
    before_last = crc_hqx(key[:-2], 0)
    last = crc_hqx(key[-2:-1], before_last)
    return (before_last & 0xFF00) << 16 | (last & 0xFF00) << 8 | crc_hqx(key[-1:], last)
