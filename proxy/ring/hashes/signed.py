"""Bytes as C reads them through a `char`."""

from array import array
from collections.abc import Iterable


def signed_bytes(key: bytes) -> Iterable[int]:
    """The bytes of `key`, those from 0x80 on less 256.

    `char` is signed on x86 and not on Arm, so the C libraries place keys that are not ASCII differently there. This
    follows x86, where most of the caches in use were filled.
    """
    return key if key.isascii() else array("b", key)
