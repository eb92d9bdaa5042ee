"""The hashes by themselves: known values, and what C does with bytes from 0x80 on."""

from binascii import crc_hqx
from hashlib import md5
from zlib import crc32

import pytest

from proxy.ring.hashes import HASHES
from tests.ring import corpus

SEED = 161803

every_hash = pytest.mark.parametrize("name", sorted(HASHES))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("one_at_a_time", 2297466611),
        ("md5", 3195025439),
        ("crc16", 3662830516),
        ("crc32", 10542),
        ("crc32a", 2838417488),
        ("fnv1_64", 473199127),
        ("fnv1a_64", 1488911807),
        ("fnv1_32", 67176023),
        ("fnv1a_32", 280767167),
        ("hsieh", 3738850110),
        ("murmur", 4142305122),
        ("jenkins", 1442444624),
    ],
)
def test_the_hash_of_apple_is_the_published_one(name: str, value: int) -> None:
    assert HASHES[name].function(b"apple") == value


@every_hash
def test_every_key_hashes_to_one_of_the_stated_values(name: str) -> None:
    row = HASHES[name]
    values = [row.function(key) for key in (b"", b"\xff" * 250, *corpus.keys(SEED, 3000))]
    assert min(values) >= 0
    assert row.values // 2 < max(values) < row.values, f"seed {SEED}"


@every_hash
def test_a_row_is_called_as_its_key(name: str) -> None:
    assert HASHES[name].name == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("one_at_a_time", 100913432),
        ("md5", 2192293236),
        ("crc16", 2088034275),
        ("crc32", 19613),
        ("crc32a", 3432881837),
        ("fnv1_64", 2488291927),
        ("fnv1a_64", 4206756399),
        ("fnv1_32", 3160658135),
        ("fnv1a_32", 3283607919),
        ("hsieh", 1977393110),
        ("murmur", 3968893618),
        ("jenkins", 3920586603),
    ],
)
def test_the_hash_of_bytes_above_0x7f_is_that_of_a_signed_char(name: str, value: int) -> None:
    # From the C sources of twemproxy 0.5.0, compiled on x86-64.
    assert HASHES[name].function(b"ab\xff") == value


def test_hsieh_takes_a_single_last_byte_as_unsigned() -> None:
    assert HASHES["hsieh"].function(b"\xff") == 44489640


def test_crc32_is_fifteen_bits_out_of_crc32a() -> None:
    for key in corpus.keys(SEED, 1000):
        assert HASHES["crc32"].function(key) == crc32(key) >> 16 & 0x7FFF
        assert HASHES["crc32a"].function(key) == crc32(key)


def test_crc16_keeps_what_a_register_of_32_bits_keeps() -> None:
    table = [crc_hqx(bytes([byte]), 0) for byte in range(256)]
    for key in (b"", b"a", b"ab", b"abc", *corpus.keys(SEED, 1000)):
        register = 0
        for byte in key:
            register = (register << 8 ^ table[(register >> 8 ^ byte) & 0xFF]) & 0xFFFFFFFF
        assert HASHES["crc16"].function(key) == register, key


def test_md5_is_word_0_of_the_digest() -> None:
    assert HASHES["md5"].function(b"server1-8") == 3853726576
    assert HASHES["md5"].function(b"x") == int.from_bytes(md5(b"x").digest()[:4], "little")
