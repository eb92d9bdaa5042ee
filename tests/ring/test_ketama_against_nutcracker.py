"""The `ketama` distribution held against twemproxy: a real nutcracker with `distribution: ketama` and `hash: md5`."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.ring import HashTag, Node, Placement, ketama_ring
from tests.ring import corpus
from tests.ring.listeners import Address, default_port_listeners, tcp_listeners, unix_listeners
from tests.ring.oracles import NutcrackerPool, nutcracker

SEED = 31337
KEYS = corpus.keys(SEED, 10_000)
EQUAL = (1, 2, 3, 10, 25, 47, 100)
MIXED = (2, 3, 10, 50)


def nodes_at(addresses: Sequence[Address], count: int, *, weighted: bool, named: bool) -> list[Node]:
    weights = corpus.weights(SEED + count, count) if weighted else [1] * count
    return [
        Node(host, port, name=f"memcached-{n}.cache" if named else "", weight=weight)
        for n, ((host, port), weight) in enumerate(zip(addresses[:count], weights, strict=True))
    ]


def assert_same_placement(nodes: list[Node], answered: Sequence[int]) -> None:
    different = corpus.disagreements(ketama_ring(nodes), KEYS, answered)
    assert not different, (
        f"seed {SEED}: {len(different)} of {len(KEYS)} keys, first {different[:5]}, nodes {nodes}"
    )


@dataclass(frozen=True)
class Pools:
    """A nutcracker with several pools over the same backends."""

    nodes: dict[tuple[int, str], list[Node]]
    ask: Callable[[int, Sequence[bytes]], list[int]]

    def assert_same_placement(self, count: int, kind: str) -> None:
        number = list(self.nodes).index((count, kind))
        assert_same_placement(self.nodes[count, kind], self.ask(number, KEYS))


@pytest.fixture(scope="module")
def pools() -> Iterator[Pools]:
    with tcp_listeners(max(EQUAL)) as addresses:
        nodes = {(n, "equal"): nodes_at(addresses, n, weighted=False, named=False) for n in EQUAL}
        nodes |= {(n, "weighted"): nodes_at(addresses, n, weighted=True, named=False) for n in MIXED}
        nodes |= {(n, "named"): nodes_at(addresses, n, weighted=True, named=True) for n in MIXED}
        with nutcracker([NutcrackerPool(pool) for pool in nodes.values()]) as ask:
            yield Pools(nodes, ask)


@pytest.mark.parametrize("count", EQUAL)
def test_equal_servers_place_ten_thousand_keys_alike(pools: Pools, count: int) -> None:
    pools.assert_same_placement(count, "equal")


@pytest.mark.parametrize("count", MIXED)
def test_servers_of_mixed_weights_place_ten_thousand_keys_alike(pools: Pools, count: int) -> None:
    pools.assert_same_placement(count, "weighted")


@pytest.mark.parametrize("count", MIXED)
def test_named_servers_keep_their_weights_and_place_ten_thousand_keys_alike(pools: Pools, count: int) -> None:
    pools.assert_same_placement(count, "named")


def test_extreme_weights_place_ten_thousand_keys_alike() -> None:
    # twemproxy adds the weights up in 32 bits, so only sums below 2**32 mean anything there.
    extremes = ([1, 1000], [2**31 - 1, 2**31 - 2, 1], [2**24 + 1, 3, 1_000_003, 65_537])
    with tcp_listeners(4) as addresses:
        pools = [
            [
                Node(host, port, weight=weight)
                for (host, port), weight in zip(addresses, weights, strict=False)
            ]
            for weights in extremes
        ]
        with nutcracker([NutcrackerPool(nodes) for nodes in pools]) as ask:
            for number, nodes in enumerate(pools):
                assert_same_placement(nodes, ask(number, KEYS))


def test_servers_on_the_default_port_place_ten_thousand_keys_alike() -> None:
    with default_port_listeners(5) as addresses:
        nodes = nodes_at(addresses, 5, weighted=True, named=False)
        with nutcracker([NutcrackerPool(nodes)]) as ask:
            assert_same_placement(nodes, ask(0, KEYS))


@pytest.mark.parametrize("pair", ["{}", "}a", "::"])
def test_hash_tags_place_ten_thousand_keys_alike(pair: str) -> None:
    keys = corpus.tagged_keys(SEED, 10_000)
    with tcp_listeners(10) as addresses:
        nodes = nodes_at(addresses, 10, weighted=False, named=False)
        placement = Placement(ketama_ring(nodes), range(10), HashTag(pair))
        with nutcracker([NutcrackerPool(nodes, hash_tag=pair)]) as ask:
            answered = ask(0, keys)
    different = [key for key, index in zip(keys, answered, strict=True) if placement.find(key) != index]
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"


def test_an_unnamed_unix_socket_of_nutcracker_is_the_node_named_path_and_colon() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="ring-") as directory,
        unix_listeners(Path(directory), 3) as addresses,
    ):
        pool = NutcrackerPool([Node(path, port) for path, port in addresses])
        with nutcracker([pool]) as ask:
            answered = ask(0, KEYS)
        assert_same_placement([Node(path, port, name=f"{path}:") for path, port in addresses], answered)
