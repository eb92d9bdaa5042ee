"""The `ketama` distribution held against npm's hashring, which npm's memcached places its keys with.

It counts points in double precision, where the C clients round, and its strings have the port in any case unless it is
told of a default port, as memcached tells it. So it agrees wherever the numbers of points are the same, and the nodes are
named "host:port" where there is no default port.
"""

import pytest

from proxy.ring import DISTRIBUTIONS, Node, ketama_ring
from tests.ring import corpus
from tests.ring.foreign import CLIENTS, INSTALL_SECONDS, answers, installed, run

SEED = 602214
KEYS = [text.encode() for text in corpus.texts(SEED, 10_000)]
PACKAGE = "hashring@3.2.0"

pytestmark = [pytest.mark.external_client, pytest.mark.one_interpreter]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path, npm = installed("node", "nodejs"), installed("npm", "npm")
    directory = tmp_path_factory.mktemp("npm")
    program = directory / "hashring.js"
    program.write_text((CLIENTS / "hashring.js").read_text())
    cache = {"npm_config_cache": str(directory / "cache"), "npm_config_update_notifier": "false"}
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(directory), PACKAGE]
    try:
        run(install, limit=INSTALL_SECONDS, environment=cache)
    except pytest.fail.Exception as failure:
        pytest.skip(f"npm cannot install {PACKAGE} here: {failure}")
    return [path, str(program)]


def placed(nodes: list[Node]) -> list[Node]:
    """As they are to be configured for keys to be where hashring puts them."""
    return [Node(node.host, node.port, f"{node.host}:{node.port}", node.weight) for node in nodes]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 48, 99])
def test_equal_servers_place_ten_thousand_keys_alike(node: list[str], count: int) -> None:
    nodes = corpus.fleet(SEED, count)
    different = corpus.disagreements(ketama_ring(placed(nodes)), KEYS, answers(node, nodes, KEYS))
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"


def test_a_default_port_as_npms_memcached_gives_it_makes_ketamas_own_identities(node: list[str]) -> None:
    nodes = [*corpus.fleet(SEED, 5), *corpus.fleet(SEED + 1, 5, 11300)]
    answered = answers([*node, "11211"], nodes, KEYS)
    assert not corpus.disagreements(ketama_ring(nodes), KEYS, answered), f"seed {SEED}"


def test_weights_whose_points_need_no_rounding_place_ten_thousand_keys_alike(node: list[str]) -> None:
    servers = zip(corpus.fleet(SEED, 4), (1, 2, 4, 1), strict=True)
    nodes = [Node(one.host, one.port, weight=weight) for one, weight in servers]
    assert not corpus.disagreements(ketama_ring(placed(nodes)), KEYS, answers(node, nodes, KEYS))


def test_where_single_precision_costs_points_they_differ_in_a_fortieth_of_the_keys(node: list[str]) -> None:
    nodes = corpus.fleet(SEED, 25)
    different = corpus.disagreements(ketama_ring(placed(nodes)), KEYS, answers(node, nodes, KEYS))
    assert 0.01 < len(different) / len(KEYS) < 1 / 40 + 0.01, f"seed {SEED}"
    # Which is what spymemcached has, too: 160 points for any number of servers.
    ring = DISTRIBUTIONS["spymemcached"].ring(placed(nodes))
    assert not corpus.disagreements(ring, KEYS, answers(node, nodes, KEYS))
