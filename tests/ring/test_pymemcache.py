"""The `pymemcache` distribution held against pymemcache: the client that a `HashClient` picks for a key."""

import random

import pytest
from pymemcache.client.hash import HashClient
from pymemcache.client.rendezvous import RendezvousHash

from proxy.ring import DISTRIBUTIONS, Node
from proxy.ring.pymemcache import PymemcacheRing
from tests.ring import corpus

SEED = 662607
KEYS = corpus.keys(SEED, 10_000)
TEXTS = corpus.texts(SEED, 10_000)


def fleets() -> list[list[Node]]:
    """With identities of every length modulo 4, in any order, and of very different lengths."""
    rng = random.Random(SEED)
    mixed = [Node(f"cache-{'x' * rng.randrange(20)}{n}", rng.randrange(1, 65536)) for n in range(20)]
    return [corpus.fleet(SEED, 3), corpus.fleet(SEED, 12, 80), mixed, [Node("::1", 11211), Node("/run/m", 0)]]


def hash_client(nodes: list[Node]) -> HashClient:
    servers = [(node.host, node.port) if node.port else node.host for node in nodes]
    return HashClient(servers, allow_unicode_keys=True)


def chosen(client: HashClient, nodes: list[Node], keys: list[str] | list[bytes]) -> list[int]:
    servers = [(node.host, node.port) if node.port else node.host for node in nodes]
    return [servers.index(client._get_client(key).server) for key in keys]


@pytest.mark.parametrize("number", range(4))
def test_ten_thousand_keys_that_are_str_are_placed_alike(number: int) -> None:
    nodes = fleets()[number]
    ring = DISTRIBUTIONS["pymemcache"].ring(nodes)
    answered = chosen(hash_client(nodes), nodes, TEXTS)
    different = corpus.disagreements(ring, [text.encode() for text in TEXTS], answered)
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"


@pytest.mark.parametrize("number", range(4))
def test_ten_thousand_keys_that_are_bytes_are_placed_alike(number: int) -> None:
    nodes = fleets()[number]
    ring = DISTRIBUTIONS["pymemcache"].ring(nodes, "murmur3_32_repr")
    different = corpus.disagreements(ring, KEYS, chosen(hash_client(nodes), nodes, KEYS))
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"


def test_short_keys_that_end_within_the_prefix_s_last_block_are_placed_alike() -> None:
    nodes = [Node(f"cache-{'x' * n}", 11211) for n in range(8)]
    texts = [
        "",
        *(chr(a) for a in range(33, 127)),
        *(chr(a) * n for a in (97, 233, 0x43A) for n in range(2, 12)),
    ]
    rendezvous = RendezvousHash([f"{node.host}:{node.port}" for node in nodes])
    places = {f"{node.host}:{node.port}": index for index, node in enumerate(nodes)}
    ring = PymemcacheRing(nodes)
    for text in texts:
        assert ring.locate(text.encode()) == places[rendezvous.get_node(text)], text


def test_characters_above_0xff_hash_by_their_low_eight_bits() -> None:
    ring = DISTRIBUTIONS["pymemcache"].ring(corpus.fleet(SEED, 50))
    for number in range(200):
        # U+0431 and "1" have the low bits 0x31.
        assert ring.locate(f"ключ:{number}:\u0431".encode()) == ring.locate(f"ключ:{number}:1".encode())


def test_a_key_that_no_str_has_hashes_as_bytes() -> None:
    nodes = corpus.fleet(SEED, 50)
    ring, of_bytes = (DISTRIBUTIONS["pymemcache"].ring(nodes, name) for name in ("", "murmur3_32_repr"))
    for number in range(200):
        key = b"\xff\xfe%d" % number
        assert ring.locate(key) == of_bytes.locate(key)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("", [1, 2, 3, 3, 1]), ("murmur3_32", [1, 2, 3, 3, 1]), ("murmur3_32_repr", [2, 3, 2, 3, 1])],
)
def test_the_published_keys_are_where_pymemcache_puts_them(name: str, expected: list[int]) -> None:
    ring = DISTRIBUTIONS["pymemcache"].ring(corpus.PUBLISHED_NODES, name)
    assert [ring.locate(key) + 1 for key in corpus.PUBLISHED_KEYS] == expected


def test_of_equal_hashes_the_greatest_identity_wins_whatever_the_order() -> None:
    # Two of 200,000 short names whose strings with one key hash alike, found by a birthday search.
    key = "k"
    seen: dict[int, str] = {}
    hashed = RendezvousHash().hash_function
    pair: tuple[str, str] | None = None
    for number in range(200_000):
        name = f"n{number}"
        value = hashed(f"{name}-{key}")
        if value in seen:
            pair = seen[value], name
            break
        seen[value] = name
    assert pair is not None, "no collision"
    for names in (pair, pair[::-1]):
        ring = PymemcacheRing([Node("a", n, name=name) for n, name in enumerate(names)])
        winner = RendezvousHash(list(names)).get_node(key)
        assert winner == max(names)
        assert names[ring.locate(key.encode())] == winner
