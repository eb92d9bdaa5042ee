"""The distributions `libmemcached-ketama` and `libmemcached-modula` held against libmemcached, through pylibmc, with its hashes."""

import pytest

from proxy.ring import DISTRIBUTIONS, Node
from tests.ring import corpus
from tests.ring.oracles import libmemcached

pytestmark = pytest.mark.one_interpreter

SEED = 66260
KEYS = corpus.keys(SEED, 10_000)
HASHES = {
    "default": "one_at_a_time",
    "md5": "md5",
    "crc": "crc32",
    "fnv1_64": "fnv1_64",
    "fnv1a_64": "fnv1a_64",
    "fnv1_32": "fnv1_32",
    "fnv1a_32": "fnv1a_32",
    "murmur": "murmur",
    "jenkins": "jenkins",
}
"""pylibmc's `hash` -> ours. All there are: it is built without hsieh, which nutcracker is asked about."""


def assert_same_placement(nodes: list[Node], ours: str, name: str, **behaviors: object) -> None:
    ring = DISTRIBUTIONS[ours].ring(nodes, name)
    client = libmemcached(nodes, **behaviors)
    different = corpus.disagreements(ring, KEYS, [client.hash(key) for key in KEYS])
    assert not different, (
        f"seed {SEED}: {len(different)} of {len(KEYS)} keys, first {different[:5]}, nodes {nodes}"
    )


@pytest.mark.parametrize("port", [11211, 11212])
@pytest.mark.parametrize("count", corpus.SERVER_COUNTS)
def test_ketama_mode_places_ten_thousand_keys_alike(count: int, port: int) -> None:
    nodes = corpus.fleet(SEED + count, count, port)
    assert_same_placement(nodes, "libmemcached-ketama", "", ketama=True)


def weighted(weights: list[int]) -> list[Node]:
    servers = zip(corpus.fleet(SEED, len(weights)), weights, strict=True)
    return [Node(node.host, node.port, weight=weight) for node, weight in servers]


@pytest.mark.parametrize("theirs", HASHES)
def test_weights_make_ketama_mode_the_weighted_one_but_for_the_hash_of_the_keys(theirs: str) -> None:
    for weights in ([1, 1, 2], [2, 2, 2], corpus.weights(SEED, 10)):
        nodes = weighted(weights)
        assert_same_placement(nodes, "libmemcached-ketama", HASHES[theirs], ketama=True, hash=theirs)


def test_modula_leaves_weights_out_of_account() -> None:
    behaviors = {"hash": "default", "distribution": "modula"}
    assert_same_placement(weighted(corpus.weights(SEED, 10)), "libmemcached-modula", "", **behaviors)


def test_a_client_without_any_setting_has_the_default_modula() -> None:
    assert_same_placement(corpus.fleet(SEED, 10), "libmemcached-modula", "", no_block=False)


def test_unix_sockets_host_names_and_ipv6_in_ketama_mode_place_ten_thousand_keys_alike() -> None:
    hosts = ["cache-a", "Cache-A", "cache-a.example.org", "::1", "10.0.0.1"]
    nodes = [Node(host, port) for host in hosts for port in (11211, 11300)]
    assert_same_placement(nodes, "libmemcached-ketama", "", ketama=True)
    sockets = [Node(f"/run/memcached/{n}.sock", 0) for n in range(4)]
    assert_same_placement(sockets, "libmemcached-ketama", "", ketama=True)


@pytest.mark.parametrize("theirs", HASHES)
def test_the_consistent_distribution_with_each_hash_places_ten_thousand_keys_alike(theirs: str) -> None:
    nodes = corpus.fleet(SEED, 12)
    behaviors = {"hash": theirs, "distribution": "consistent ketama"}
    assert_same_placement(nodes, "libmemcached-ketama", HASHES[theirs], **behaviors)


@pytest.mark.parametrize("theirs", HASHES)
@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_modula_with_each_hash_places_ten_thousand_keys_alike(theirs: str, count: int) -> None:
    nodes = corpus.fleet(SEED, count)
    assert_same_placement(nodes, "libmemcached-modula", HASHES[theirs], hash=theirs, distribution="modula")
