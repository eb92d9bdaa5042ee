"""The distributions `spymemcached` and `evcache` held against spymemcached's KetamaNodeLocator, in Java.

For EVCache it is given what EVCache's own class hands to it: see `clients/Spymemcached.java`.
"""

from pathlib import Path

import pytest

from proxy.ring import DISTRIBUTIONS, Node, PointRing
from tests.ring import corpus
from tests.ring.foreign import CLIENTS, answers, installed, required_file, run

SEED = 299792
KEYS = [text.encode() for text in corpus.texts(SEED, 10_000)]  # Java hashes the UTF-8 of a string
JAR = Path("/usr/share/java/spymemcached.jar")

pytestmark = [pytest.mark.external_client, pytest.mark.one_interpreter]


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of the compiled program, without its argument."""
    installed("java", "default-jre-headless")
    compiler = installed("javac", "default-jdk-headless")
    jar = required_file(JAR, "libspymemcached-java")
    directory = tmp_path_factory.mktemp("java")
    run([compiler, "-cp", str(jar), "-d", str(directory), str(CLIENTS / "Spymemcached.java")])
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{jar}:{directory}", "Spymemcached"]


def resolved(count: int, port: int) -> list[Node]:
    """Host names, and what they stand for."""
    fleet = corpus.fleet(SEED, count, port)
    return [Node(f"cache-{n}.example", port, resolved=node.host) for n, node in enumerate(fleet)]


def with_weights(nodes: list[Node], weights: list[int]) -> list[Node]:
    return [
        Node(node.host, node.port, weight=weight, resolved=node.resolved)
        for node, weight in zip(nodes, weights, strict=True)
    ]


def assert_same_placement(java: list[str], kind: str, distribution: str, nodes: list[Node]) -> None:
    answered = answers([*java, kind], nodes, KEYS)
    different = corpus.disagreements(DISTRIBUTIONS[distribution].ring(nodes), KEYS, answered)
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"


IPV6 = [
    Node("::1", 11211),
    Node("2001:db8::a:0:1", 11212),
    Node("cache", 1, resolved="fd00::1"),
    Node("::ffff:10.0.0.1", 2),
]


@pytest.mark.parametrize("count", [1, 3, 25])
def test_ip_literals_place_ten_thousand_keys_alike(java: list[str], count: int) -> None:
    assert_same_placement(java, "default", "spymemcached", corpus.fleet(SEED, count))


@pytest.mark.parametrize("port", [11211, 11300])
def test_host_names_place_ten_thousand_keys_alike(java: list[str], port: int) -> None:
    assert_same_placement(java, "default", "spymemcached", resolved(10, port))


def test_ipv6_addresses_place_ten_thousand_keys_alike(java: list[str]) -> None:
    assert_same_placement(java, "default", "spymemcached", IPV6)


def test_a_map_of_unequal_weights_places_ten_thousand_keys_alike(java: list[str]) -> None:
    for count in (3, 10, 25):
        nodes = with_weights(resolved(count, 11211), corpus.weights(SEED, count))
        assert_same_placement(java, "weighted", "spymemcached", nodes)
    assert_same_placement(java, "weighted", "spymemcached", with_weights(resolved(2, 11211), [1, 100]))


def test_evcache_places_ten_thousand_keys_alike_whatever_the_port(java: list[str]) -> None:
    for nodes in (resolved(3, 11211), resolved(25, 11300)):
        assert_same_placement(java, "evcache", "evcache", nodes)


def test_evcache_with_ipv6_addresses_places_ten_thousand_keys_alike(java: list[str]) -> None:
    nodes = [Node(f"cache-{n}", 11211, resolved=f"2001:db8::{n}") for n in range(4)]
    assert_same_placement(java, "evcache", "evcache", nodes)


def test_evcache_on_several_ports_of_one_host_leaves_all_keys_with_the_last(java: list[str]) -> None:
    nodes = [Node("cache", port, resolved="10.0.0.1") for port in (11211, 11212, 11213)]
    assert_same_placement(java, "evcache", "evcache", nodes)
    assert DISTRIBUTIONS["evcache"].ring(nodes).locate(b"any") == 2


def test_of_equal_points_both_prefer_the_server_listed_last(java: list[str]) -> None:
    first, second, point = corpus.names_with_a_common_point("cache-{:04}/10.0.0.1:11211")
    pair = [Node(identity.split("/")[0], 11211, resolved="10.0.0.1") for identity in (first, second)]
    for nodes in (pair, pair[::-1]):
        ring = DISTRIBUTIONS["spymemcached"].ring(nodes)
        assert isinstance(ring, PointRing)
        keys = corpus.keys_before(point, [position for position, _ in ring.points()], 20)
        assert {ring.locate(key) for key in keys} == set(answers([*java, "default"], nodes, keys)) == {1}
