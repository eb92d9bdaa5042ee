"""Base64 keys: well-formed ones as Python reads them, the others as memcached does (see the differential tests)."""

import base64
import random

import pytest

from proxy.protocol import base64key


def test_every_key_survives_the_way_there_and_back() -> None:
    rng = random.Random(7)
    for length in range(1, 188):
        for _ in range(20):
            key = rng.randbytes(length)
            assert base64key.encode(key) == base64.b64encode(key)
            assert base64key.decode(base64.b64encode(key)) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b"YQ==", b"a"),
        (b"YWI=", b"ab"),
        (b"YWJj", b"abc"),
        # What is not in the alphabet is skipped, also that of base64url.
        (b"Y!Q\xff==", b"a"),
        (b"YW-J_j", b"abc"),
        # Bits that the padding cuts off need not be zero.
        (b"YR==", b"a"),
        # Behind the first padded group nothing is read.
        (b"YQ==YWJj", b"a"),
        (b"YWJjYQ==YWJj", b"abca"),
        # Padding counts as zero wherever it stands in its group.
        (b"=YWJ", b"\x01\x85"),
        (b"==AA", b"\0"),
        # Neither too little nor too much.
        (b"", None),
        (b"!!!!", None),
        (b"Y", None),
        (b"YQ", None),
        (b"YQ=", None),
        (b"YQ===", None),
        (b"Y===", None),
        (b"====", None),
        (b"YWJjY", None),
    ],
)
def test_a_text_is_decoded_as_the_server_decodes_it(text: bytes, key: bytes | None) -> None:
    assert base64key.decode(text) == key
