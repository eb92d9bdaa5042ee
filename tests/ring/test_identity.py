"""What each library calls a server."""

from collections.abc import Callable

import pytest

from proxy.ring import DISTRIBUTIONS, Node
from proxy.ring.identity import (
    evcache_identity,
    libmemcached_identity,
    plain_identity,
    spymemcached_identity,
    twemproxy_identity,
)

EVERY = (
    libmemcached_identity,
    twemproxy_identity,
    plain_identity,
    spymemcached_identity,
    evcache_identity,
)


@pytest.mark.parametrize("identity", EVERY)
def test_a_name_stands_for_the_node_whatever_its_address(identity: Callable[[Node], str]) -> None:
    for node in (Node("10.0.0.1", 11211, "blue"), Node("cache", 1, "blue"), Node("/run/socket", 0, "blue")):
        assert identity(node) == "blue"


@pytest.mark.parametrize(
    ("identity", "node", "expected"),
    [
        (libmemcached_identity, Node("a", 11211), "a"),
        (libmemcached_identity, Node("a", 11212), "a:11212"),
        (libmemcached_identity, Node("/run/m.sock", 0), "/run/m.sock:0"),
        (twemproxy_identity, Node("a", 11211), "a"),
        (twemproxy_identity, Node("a", 11212), "a:11212"),
        (twemproxy_identity, Node("/run/m.sock", 0), "/run/m.sock:"),
        (plain_identity, Node("a", 11211), "a:11211"),
        (plain_identity, Node("/run/m.sock", 0), "/run/m.sock"),
        (spymemcached_identity, Node("10.0.0.1", 11211), "10.0.0.1:11211"),
        (spymemcached_identity, Node("a", 11211, resolved="10.0.0.1"), "a/10.0.0.1:11211"),
        (spymemcached_identity, Node("::1", 11212), "[0:0:0:0:0:0:0:1]:11212"),
        (spymemcached_identity, Node("a", 1, resolved="2001:db8::a:b"), "a/[2001:db8:0:0:0:0:a:b]:1"),
        (spymemcached_identity, Node("::ffff:10.0.0.1", 1), "10.0.0.1:1"),
        (evcache_identity, Node("10.0.0.1", 11300), "10.0.0.1/10.0.0.1:11211"),
        (evcache_identity, Node("a", 11300, resolved="10.0.0.1"), "a/10.0.0.1:11211"),
        (evcache_identity, Node("a", 11300, resolved="::1"), "a/0:0:0:0:0:0:0:1:11211"),
    ],
)
def test_an_unnamed_node_is_called_by_its_address(
    identity: Callable[[Node], str], node: Node, expected: str
) -> None:
    assert identity(node) == expected


@pytest.mark.parametrize("distribution", ["spymemcached", "evcache"])
def test_javas_rings_refuse_a_host_name_that_was_not_resolved(distribution: str) -> None:
    with pytest.raises(ValueError, match=r"'cache-1' needs its resolved address"):
        DISTRIBUTIONS[distribution].ring([Node("cache-1", 11211)])
    DISTRIBUTIONS[distribution].ring([Node("cache-1", 11211, name="cache-1/10.0.0.1:11211")])


def test_what_a_node_resolves_to_is_an_ip_address() -> None:
    with pytest.raises(ValueError, match="'cache-1' resolves to no IP address"):
        Node("cache-1", 11211, resolved="cache-1.example")
