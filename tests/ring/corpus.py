"""Keys and fleets for the ring tests: random, but the same ones for the same seed."""

import random
import struct
from collections.abc import Sequence
from functools import cache
from hashlib import md5

from proxy.ring import Node, Ring

SERVER_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 25, 47, 50, 55, 61, 71, 94, 100)
"""The small counts, and those up to 100 at which single precision costs each server four points (50 and 100 too)."""


@cache
def keys(seed: int, count: int) -> list[bytes]:
    """Distinct keys that memcached accepts: words, numbers, bytes above 0x7f, and 1 to 250 bytes long.

    One list for all that ask for the same: not to be changed.
    """
    rng = random.Random(seed)
    made: set[bytes] = set()
    while len(made) < count:
        form = rng.randrange(10)
        if form < 6:
            word = rng.choice(("user", "session", "page:fragment", "v2/item", "ключ"))
            made.add(f"{word}:{rng.randrange(10**9)}".encode())
        elif form < 8:
            made.add(rng.randbytes(rng.randrange(1, 20)).hex().encode())
        elif form < 9:
            made.add(bytes(rng.choices(range(0x21, 0x7F), k=rng.randrange(200, 251))))
        else:
            made.add(bytes(rng.choices((*range(0x21, 0x7F), *range(0x80, 0x100)), k=rng.randrange(3, 40))))
    return sorted(made)


def tagged_keys(seed: int, count: int) -> list[bytes]:
    """Distinct keys with every arrangement of the characters "{" and "}" in them."""
    rng = random.Random(seed)
    made: set[bytes] = set()
    while len(made) < count:
        parts = rng.choices((b"{", b"}", b"a", b"b:", b"42", b"\xc3\xa9", b"session"), k=rng.randrange(1, 9))
        made.add(b"".join(parts) + b"%d" % rng.randrange(3))
        made.add(b"{%d}%d" % (rng.randrange(10**4), rng.randrange(10**4)))
    return sorted(made)[:count]


def weights(seed: int, count: int) -> list[int]:
    """Unequal weights, some of them a hundred times the others."""
    rng = random.Random(seed)
    return [rng.choice((1, 1, 2, 3, 5, 10, 17, 64, 100)) for _ in range(count)]


def fleet(seed: int, count: int, port: int = 11211) -> list[Node]:
    """`count` servers of weight 1 with addresses in one random network."""
    rng = random.Random(seed)
    network = f"10.{rng.randrange(256)}.{rng.randrange(256)}"
    return [Node(f"{network}.{host}", port) for host in range(1, count + 1)]


def disagreements(ring: Ring, asked: Sequence[bytes], answered: Sequence[int]) -> list[str]:
    """What ring and oracle place differently, as lines to read; empty when they agree on every key."""
    assert len(asked) == len(answered)
    return [
        f"{key!r}: ring {ring.locate(key)}, oracle {index}"
        for key, index in zip(asked, answered, strict=True)
        if ring.locate(key) != index
    ]


@cache
def names_with_a_common_point(form: str = "cache-{:04}") -> tuple[str, str, int]:
    """Two identities of which ketama makes an equal point, the alphabetically first one first, and that point.

    form: of an identity, with a place for a number of four digits.
    """
    owners: dict[int, str] = {}
    for number in range(10_000):
        name = form.format(number)
        for k in range(40):
            for word in struct.unpack("<4I", md5(f"{name}-{k}".encode()).digest()):
                if owners.setdefault(word, name) != name:
                    return owners[word], name, word
    raise AssertionError("no two names have one")


def keys_before(point: int, others: Sequence[int], count: int) -> list[bytes]:
    """Keys whose MD5 falls between the last of the other points before `point` and `point` itself."""
    previous = max((other for other in others if other < point), default=-1)
    made: list[bytes] = []
    number = 0
    while len(made) < count:
        number += 1
        key = b"%d" % number
        if previous < int.from_bytes(md5(key).digest()[:4], "little") <= point:
            made.append(key)
    return made


def texts(seed: int, count: int) -> list[str]:
    """Distinct keys as an application writes them, from ASCII to characters of four bytes; at most 250 bytes long."""
    rng = random.Random(seed)
    made: set[str] = set()
    while len(made) < count:
        form = rng.randrange(10)
        if form < 6:
            word = rng.choice(("user", "session", "page:fragment", "v2/item"))
            made.add(f"{word}:{rng.randrange(10**9)}")
        elif form < 8:
            made.add("".join(chr(rng.randrange(0x21, 0x7F)) for _ in range(rng.randrange(1, 251))))
        elif form < 9:
            made.add("".join(chr(rng.randrange(0x21, 0x7F)) for _ in range(rng.randrange(1, 9))))
        else:
            letters = rng.choices((0xE9, 0x431, 0x30AD, 0x1F511, 0x61, 0x7A), k=rng.randrange(1, 40))
            made.add("".join(map(chr, letters)))
    return sorted(made)


PUBLISHED_NODES = [Node("10.0.0.1", 11211), Node("10.0.0.2", 11211), Node("10.0.0.3", 11212)]
PUBLISHED_KEYS = (b"foo", b"bar", b"user:42", b"session:abc", b"x")
