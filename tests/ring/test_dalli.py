"""The `dalli` distribution held against Dalli, in Ruby."""

import pytest

from proxy.ring import DISTRIBUTIONS, Node
from tests.ring import corpus
from tests.ring.foreign import CLIENTS, answers, installed, run

SEED = 137035
KEYS = corpus.keys(SEED, 10_000)

pytestmark = [pytest.mark.external_client, pytest.mark.one_interpreter]


@pytest.fixture(scope="module")
def ruby() -> list[str]:
    path = installed("ruby", "ruby")
    if run([path, "-e", "begin; require 'dalli'; rescue LoadError; print 'missing'; end"]):
        pytest.skip("dalli is not installed: apt-get install ruby-dalli")
    return [path, str(CLIENTS / "dalli.rb")]


def assert_same_placement(ruby: list[str], nodes: list[Node]) -> None:
    answered = answers(ruby, nodes, KEYS)
    different = corpus.disagreements(DISTRIBUTIONS["dalli"].ring(nodes), KEYS, answered)
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"


@pytest.mark.parametrize("count", [1, 2, 3, 10, 25, 100])
def test_equal_servers_place_ten_thousand_keys_alike(ruby: list[str], count: int) -> None:
    assert_same_placement(ruby, corpus.fleet(SEED, count))


@pytest.mark.parametrize("count", [2, 3, 10, 47])
def test_servers_of_mixed_weights_place_ten_thousand_keys_alike(ruby: list[str], count: int) -> None:
    weights = corpus.weights(SEED, count)
    servers = zip(corpus.fleet(SEED, count, 11300), weights, strict=True)
    assert_same_placement(ruby, [Node(node.host, node.port, weight=weight) for node, weight in servers])


def test_unix_sockets_and_host_names_place_ten_thousand_keys_alike(ruby: list[str]) -> None:
    assert_same_placement(
        ruby, [Node("/run/a.sock", 0), Node("/run/b.sock", 0, weight=2), Node("cache", 11211)]
    )
