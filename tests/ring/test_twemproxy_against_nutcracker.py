"""The distributions `twemproxy` and `modula` held against twemproxy: nutcracker with each of its hashes."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from proxy.ring import DISTRIBUTIONS, HashTag, Node, Placement, PointRing, Ring
from proxy.ring.hashes import HASHES
from tests.ring import corpus
from tests.ring.listeners import default_port_listeners, tcp_listeners, unix_listeners
from tests.ring.oracles import NutcrackerPool, nutcracker

pytestmark = pytest.mark.one_interpreter

SEED = 57721
KEYS = corpus.keys(SEED, 10_000)
COUNT = 20
OURS = {"ketama": "twemproxy", "modula": "modula"}
"""nutcracker's `distribution` -> ours."""

Ask = Callable[[str, str], list[int]]


def ring(pool: NutcrackerPool) -> Ring:
    return DISTRIBUTIONS[OURS[pool.distribution]].ring(pool.nodes, pool.hash)


def assert_same_placement(pool: NutcrackerPool, answered: Sequence[int]) -> None:
    different = corpus.disagreements(ring(pool), KEYS, answered)
    assert not different, (
        f"seed {SEED}: {len(different)} of {len(KEYS)} keys, first {different[:5]}, pool {pool}"
    )


def assert_one_pool_agrees(nodes: Sequence[Node], distribution: str) -> None:
    pool = NutcrackerPool(nodes, distribution, "fnv1a_64")
    with nutcracker([pool]) as ask:
        assert_same_placement(pool, ask(0, KEYS))


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[Node]]:
    """Named, of mixed weights."""
    weights = corpus.weights(SEED, COUNT)
    with tcp_listeners(COUNT) as addresses:
        yield [
            Node(host, port, f"cache-{n}" if n % 2 else "", weight)
            for n, ((host, port), weight) in enumerate(zip(addresses, weights, strict=True))
        ]


@pytest.fixture(scope="module")
def ask(nodes: list[Node]) -> Iterator[Ask]:
    settings = [(distribution, name) for distribution in OURS for name in ("", *HASHES)]
    with nutcracker([NutcrackerPool(nodes, *setting) for setting in settings]) as ask_pool:
        yield lambda distribution, name: ask_pool(settings.index((distribution, name)), KEYS)


@pytest.mark.parametrize("distribution", OURS)
@pytest.mark.parametrize("name", ["", *HASHES])
def test_ten_thousand_keys_are_placed_alike_with_each_hash_and_with_none_given(
    nodes: list[Node], ask: Ask, distribution: str, name: str
) -> None:
    assert_same_placement(NutcrackerPool(nodes, distribution, name), ask(distribution, name))


@pytest.mark.parametrize("distribution", OURS)
@pytest.mark.parametrize("count", [1, 2, 3, 25])
def test_equal_unnamed_servers_place_ten_thousand_keys_alike(distribution: str, count: int) -> None:
    with tcp_listeners(count) as addresses:
        assert_one_pool_agrees([Node(host, port) for host, port in addresses], distribution)


@pytest.mark.parametrize("distribution", OURS)
def test_servers_on_the_default_port_place_ten_thousand_keys_alike(distribution: str) -> None:
    with default_port_listeners(5) as addresses:
        assert_one_pool_agrees([Node(host, port) for host, port in addresses], distribution)


@pytest.mark.parametrize("distribution", OURS)
def test_unnamed_unix_sockets_place_ten_thousand_keys_alike(distribution: str) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="ring-") as directory,
        unix_listeners(Path(directory), 3) as addresses,
    ):
        assert_one_pool_agrees([Node(path, port) for path, port in addresses], distribution)


@pytest.mark.parametrize("distribution", OURS)
@pytest.mark.parametrize("pair", ["{}", "::"])
def test_hash_tags_place_ten_thousand_keys_alike(nodes: list[Node], distribution: str, pair: str) -> None:
    keys = corpus.tagged_keys(SEED, 10_000)
    pool = NutcrackerPool(nodes, distribution, "murmur", pair)
    placement = Placement(ring(pool), range(COUNT), HashTag(pair))
    with nutcracker([pool]) as ask_pool:
        answered = ask_pool(0, keys)
    different = [key for key, index in zip(keys, answered, strict=True) if placement.find(key) != index]
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, pool {pool}"


def test_of_equal_points_both_prefer_the_name_that_sorts_first() -> None:
    names = corpus.names_with_a_common_point()[:2]
    for listed in (names, names[::-1]):
        with tcp_listeners(2) as addresses:
            nodes = [Node(*address, name) for address, name in zip(addresses, listed, strict=True)]
            made = DISTRIBUTIONS["twemproxy"].ring(nodes, "md5")
            assert isinstance(made, PointRing)
            keys = corpus.keys_before(
                corpus.names_with_a_common_point()[2], [position for position, _ in made.points()], 20
            )
            with nutcracker([NutcrackerPool(nodes)]) as ask_pool:
                answered = ask_pool(0, keys)
        assert {made.locate(key) for key in keys} == set(answered) == {listed.index(names[0])}
