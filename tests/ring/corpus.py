"""Keys and fleets for the ring tests: random, but the same ones for the same seed."""

import random
from collections.abc import Sequence

from proxy.ring import Node, Ring

SERVER_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 25, 47, 50, 55, 61, 71, 94, 100)
"""The small counts, and those up to 100 at which single precision costs each server four points (50 and 100 too)."""


def keys(seed: int, count: int) -> list[bytes]:
    """Distinct keys that memcached accepts: words, numbers, bytes above 0x7f, and 1 to 250 bytes long."""
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
