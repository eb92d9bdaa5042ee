"""The `crc32-mod` distribution held against python-memcached, PHP's memcache and Go's gomemcache."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import memcache
import pytest

from proxy.ring import DISTRIBUTIONS, Node
from proxy.ring.crc32_mod import CRC32_HASHES
from tests.ring import corpus
from tests.ring.foreign import CLIENTS, INSTALL_SECONDS, answers, installed, required_file, run
from tests.ring.listeners import Address, tcp_listeners

SEED = 314159
KEYS = corpus.keys(SEED, 10_000)
GO_PACKAGES = Path("/usr/share/gocode")


def assert_same_placement(nodes: Sequence[Node], name: str, answered: Sequence[int]) -> None:
    different = corpus.disagreements(DISTRIBUTIONS["crc32-mod"].ring(nodes, name), KEYS, answered)
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"


@pytest.fixture(scope="module", params=[1, 2, 7, 30])
def addresses(request: pytest.FixtureRequest) -> Iterator[list[Address]]:
    with tcp_listeners(request.param) as made:
        yield made


def nodes_at(addresses: Sequence[Address], *, weighted: bool) -> list[Node]:
    weights = corpus.weights(SEED, len(addresses)) if weighted else [1] * len(addresses)
    return [Node(host, port, weight=weight) for (host, port), weight in zip(addresses, weights, strict=True)]


def python_memcached(nodes: Sequence[Node]) -> list[int]:
    client = memcache.Client([(f"{node.host}:{node.port}", node.weight) for node in nodes])
    try:
        found = client.get_multi(KEYS)
    finally:
        client.disconnect_all()
    return [int(found[key]) for key in KEYS]


@pytest.mark.parametrize("weighted", [False, True])
def test_python_memcached_places_ten_thousand_keys_alike(addresses: list[Address], weighted: bool) -> None:
    nodes = nodes_at(addresses, weighted=weighted)
    assert_same_placement(nodes, "crc32", python_memcached(nodes))


def test_python_memcached_with_its_old_hash_places_ten_thousand_keys_alike(addresses: list[Address]) -> None:
    nodes = nodes_at(addresses, weighted=True)
    usual = memcache.serverHashFunction
    memcache.useOldServerHashFunction()
    try:
        answered = python_memcached(nodes)
    finally:
        memcache.serverHashFunction = usual
    assert_same_placement(nodes, "crc32a", answered)


@pytest.mark.external_client
@pytest.mark.parametrize("weighted", [False, True])
def test_phps_memcache_places_ten_thousand_keys_alike(addresses: list[Address], weighted: bool) -> None:
    php = [
        installed("php", "php-cli"),
        "-d",
        "memcache.hash_strategy=standard",
        "-d",
        "memcache.hash_function=crc32",
    ]
    if run([*php, "-r", "echo (int) extension_loaded('memcache');"]) != "1":
        pytest.skip("PHP's memcache is not installed: apt-get install php-memcache")
    nodes = nodes_at(addresses, weighted=weighted)
    assert_same_placement(nodes, "crc32_nonzero", answers([*php, str(CLIENTS / "memcache.php")], nodes, KEYS))


@pytest.fixture(scope="module")
def gomemcache(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    go = installed("go", "golang-go")
    package = "golang-github-bradfitz-gomemcache-dev"
    required_file(GO_PACKAGES / "src/github.com/bradfitz/gomemcache/memcache/selector.go", package)
    directory = tmp_path_factory.mktemp("go")
    program = directory / "gomemcache"
    environment = {
        "GO111MODULE": "off",  # Debian's sources as they lie there; nothing is fetched
        "GOPATH": str(GO_PACKAGES),
        "GOCACHE": os.environ.get("GOCACHE", str(directory / "cache")),
    }
    build = [go, "build", "-o", str(program), str(CLIENTS / "gomemcache.go")]
    run(build, limit=INSTALL_SECONDS, environment=environment)
    return [str(program)]


@pytest.mark.external_client
@pytest.mark.one_interpreter
@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_gomemcache_places_ten_thousand_keys_alike(gomemcache: list[str], count: int) -> None:
    nodes = corpus.fleet(SEED, count)
    assert_same_placement(nodes, "crc32a", answers(gomemcache, nodes, KEYS))


@pytest.mark.external_client
@pytest.mark.one_interpreter
def test_gomemcache_gives_weight_to_a_server_listed_several_times(gomemcache: list[str]) -> None:
    # Its own way of weighting: the list has the server in as many places.
    fleet = corpus.fleet(SEED, 3)
    nodes = [Node(node.host, node.port, weight=n + 1) for n, node in enumerate(fleet)]
    listed = [node for node in nodes for _ in range(node.weight)]
    answered = [nodes.index(listed[place]) for place in answers(gomemcache, listed, KEYS)]
    assert_same_placement(nodes, "crc32a", answered)


def test_the_hash_that_is_never_0_differs_from_the_other_only_there() -> None:
    plain, nonzero = CRC32_HASHES["crc32"], CRC32_HASHES["crc32_nonzero"]
    zeros = [key for key in (b"%d" % number for number in range(100_000)) if not plain.function(key)]
    assert zeros
    for key in (*zeros, *KEYS):
        assert nonzero.function(key) == (plain.function(key) or 1)


def test_the_published_keys_are_where_gomemcache_puts_them() -> None:
    ring = DISTRIBUTIONS["crc32-mod"].ring(corpus.PUBLISHED_NODES)
    assert [ring.locate(key) + 1 for key in corpus.PUBLISHED_KEYS] == [3, 3, 2, 2, 1]
