"""The hashes held against libhashkit, libmemcached's own library of them, bit for bit.

Debian builds it without hsieh, and it has neither crc16 nor crc32a: those are twemproxy's and held against nutcracker.
"""

import ctypes
import random
from collections.abc import Callable

import pytest

from proxy.ring.hashes import HASHES
from tests.ring import corpus
from tests.ring.oracles import library

SEED = 271828


def _keys() -> list[bytes]:
    """As memcached takes them, and random bytes of every short length: the tails are where implementations differ."""
    rng = random.Random(SEED)
    return corpus.keys(SEED, 10_000) + [rng.randbytes(length) for length in range(64) for _ in range(100)]


def _libhashkit(name: str) -> Callable[[bytes, int], int]:
    function = ctypes.CDLL(library("hashkit", "libhashkit2"))[f"libhashkit_{name}"]
    function.restype = ctypes.c_uint32
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return function


@pytest.mark.parametrize("name", sorted(set(HASHES) - {"crc16", "crc32a", "hsieh"}))
def test_ten_thousand_keys_hash_alike(name: str) -> None:
    libhashkit = _libhashkit(name)
    ours = HASHES[name].function
    different = [key for key in _keys() if ours(key) != libhashkit(key, len(key))]
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}"
