"""The `ketama` distribution held against libmemcached, through pylibmc.

`pylibmc.Client.hash(key)` is libmemcached's own choice of a server, made without traffic; that it is where the keys
really go is a test here, with real memcached.
"""

import socket
from pathlib import Path

import pytest

from proxy.ring import Node, ketama_ring
from tests.ring import corpus
from tests.ring.oracles import fetch, libmemcached, memcacheds

SEED = 90125
KEYS = corpus.keys(SEED, 10_000)


def assert_same_placement(nodes: list[Node]) -> None:
    client = libmemcached(nodes)
    different = corpus.disagreements(ketama_ring(nodes), KEYS, [client.hash(key) for key in KEYS])
    assert not different, (
        f"seed {SEED}: {len(different)} of {len(KEYS)} keys, first {different[:5]}, nodes {nodes}"
    )


@pytest.mark.parametrize("port", [11211, 11212])
@pytest.mark.parametrize("count", corpus.SERVER_COUNTS)
def test_equal_servers_place_ten_thousand_keys_alike(count: int, port: int) -> None:
    assert_same_placement(corpus.fleet(SEED + count, count, port))


@pytest.mark.parametrize("port", [11211, 11212])
@pytest.mark.parametrize("count", corpus.SERVER_COUNTS)
def test_servers_of_mixed_weights_place_ten_thousand_keys_alike(count: int, port: int) -> None:
    weights = corpus.weights(SEED + count, count)
    servers = zip(corpus.fleet(SEED + count, count, port), weights, strict=True)
    assert_same_placement([Node(node.host, node.port, weight=weight) for node, weight in servers])


def test_many_ports_of_one_host_place_ten_thousand_keys_alike() -> None:
    assert_same_placement([Node("127.0.0.1", port) for port in range(11205, 11255)])


def test_extreme_weights_place_ten_thousand_keys_alike() -> None:
    for weights in ([1, 1000], [65535, 65534, 1], [65521, 3, 10007, 256], [1] * 99 + [65535]):
        assert_same_placement([Node(f"cache{n}", 11211, weight=weight) for n, weight in enumerate(weights)])


def test_pylibmc_itself_keeps_only_sixteen_bits_of_a_weight() -> None:
    # A limit of pylibmc, not of libmemcached: who had such weights has to configure what pylibmc made of them.
    weights = [65536 + 3, 2, 5 * 65536 + 1]
    client = libmemcached([Node(f"cache{n}", 11211, weight=weight) for n, weight in enumerate(weights)])
    ring = ketama_ring([Node(f"cache{n}", 11211, weight=weight) for n, weight in enumerate((3, 2, 1))])
    assert not corpus.disagreements(ring, KEYS, [client.hash(key) for key in KEYS])


def test_host_names_and_ipv6_addresses_place_ten_thousand_keys_alike() -> None:
    hosts = ["cache-a", "Cache-A", "cache-a.example.org", "::1", "fe80::1:2", "10.0.0.1"]
    assert_same_placement([Node(host, port) for host in hosts for port in (11211, 11300)])


def test_unix_sockets_place_ten_thousand_keys_alike() -> None:
    assert_same_placement([Node(f"/run/memcached/{n}.sock", 0) for n in range(4)])


def test_a_server_listed_twice_leaves_its_keys_with_the_first_entry() -> None:
    assert_same_placement([Node("10.0.0.1", 11211), Node("10.0.0.2", 11211), Node("10.0.0.1", 11211)])


def test_what_pylibmc_stores_is_found_in_the_memcached_that_the_ring_names(tmp_path: Path) -> None:
    with memcacheds(tmp_path, 4) as addresses:
        nodes = [Node(host, port, weight=n + 1) for n, (host, port) in enumerate(addresses)]
        ring = ketama_ring(nodes)
        assert libmemcached(nodes).set_multi(dict.fromkeys(KEYS, b"stored")) == []
        for index, address in enumerate(addresses):
            owned = [key for key in KEYS if ring.locate(key) == index]
            with socket.create_connection(address, timeout=10) as connection:
                lost = sorted(set(owned) - set(fetch(connection, owned)))
            assert not lost, (
                f"seed {SEED}, nodes {nodes}: {len(lost)} of {len(owned)} keys of server {index}: {lost[:5]}"
            )


def test_of_equal_points_both_prefer_the_server_listed_first() -> None:
    first, second, point = corpus.names_with_a_common_point()
    for names in ((first, second), (second, first)):
        nodes = [Node(name, 11211) for name in names]
        ring = ketama_ring(nodes)
        keys = corpus.keys_before(point, [position for position, _ in ring.points()], 20)
        client = libmemcached(nodes)
        assert {ring.locate(key) for key in keys} == {client.hash(key) for key in keys} == {0}
