import pytest

from proxy.config import MemoryAddress, ServerAddress, TcpAddress, UnixAddress, parse_listen, parse_server
from proxy.config.address import collide, reaches
from proxy.config.problems import RefusedError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1:11211", TcpAddress("10.0.0.1", 11211)),
        ("cache_1.svc.cluster.local:1", TcpAddress("cache_1.svc.cluster.local", 1)),
        ("cache--1.svc.cluster.local.:1", TcpAddress("cache--1.svc.cluster.local.", 1)),
        (f"{63 * 'a'}.b:1", TcpAddress(f"{63 * 'a'}.b", 1)),
        ("[::1]:65535", TcpAddress("::1", 65535)),
        ("unix:/run/memcached.sock", UnixAddress("/run/memcached.sock")),
        ("memory://local", MemoryAddress("local")),
    ],
)
def test_the_address_of_a_server_is_taken_apart_and_put_together(text: str, address: ServerAddress) -> None:
    assert parse_server(text) == address
    assert str(address) == text


def test_only_a_listener_may_take_any_free_port() -> None:
    assert parse_listen("127.0.0.1:0") == TcpAddress("127.0.0.1", 0)
    with pytest.raises(RefusedError, match="1 to 65535"):
        parse_server("127.0.0.1:0")


def test_a_listener_is_no_store() -> None:
    with pytest.raises(RefusedError):
        parse_listen("memory://local")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no port"),
        ("10.0.0.1", "no port"),
        ("cache", "no port"),
        ("[::1]", "no port"),
        ("::1", "brackets"),
        ("::1:11211", "brackets"),
        (":11211", "no host"),
        ("*:11211", "no host"),
        ("a:65536", "not a port"),
        ("a:-1", "not a port"),
        ("a:x", "not a port"),
        ("a:", "not a port"),
        ("a:\u0661", "not a port"),
        ("a:000011211", "not a port"),
        ("10.0.0.256:1", "neither a host name nor an IP address"),
        ("a b:1", "neither a host name nor an IP address"),
        ("a..b:1", "neither a host name nor an IP address"),
        (".:1", "neither a host name nor an IP address"),
        (64 * "a" + ".b:1", "neither a host name nor an IP address"),
        (127 * "a." + "ab:1", "neither a host name nor an IP address"),
        ("-a:1", "neither a host name nor an IP address"),
        ("[10.0.0.1]:1", "not an IPv6 address"),
        ("[x]:1", "not an IPv6 address"),
        ("tcp://a:1", "without a scheme"),
        ("unix:", "absolute"),
        ("unix:memcached.sock", "absolute"),
        ("unix:/run/", "absolute"),
        ("unix:/" + 107 * "x", "107 bytes"),
        ("memory:local", "names no store"),
        ("memory://", "names no store"),
        ("memory://a b", "names no store"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        parse_server(text)


@pytest.mark.parametrize(
    ("one", "other", "is_taken"),
    [
        ("127.0.0.1:1", "127.0.0.1:1", True),
        ("127.0.0.1:1", "127.0.0.1:2", False),
        ("127.0.0.1:0", "127.0.0.1:0", False),
        ("0.0.0.0:1", "127.0.0.1:1", True),
        ("[::]:1", "[::1]:1", True),
        ("[::1]:1", "[0::1]:1", True),
        ("[::]:1", "0.0.0.0:1", False),
        ("unix:/a", "unix:/a", True),
        ("unix:/a", "127.0.0.1:1", False),
    ],
)
def test_two_listeners_collide_in_either_order(one: str, other: str, is_taken: bool) -> None:
    assert collide(parse_listen(one), parse_listen(other)) == is_taken
    assert collide(parse_listen(other), parse_listen(one)) == is_taken


@pytest.mark.parametrize(
    ("server", "listener", "is_self"),
    [
        ("127.0.0.1:1", "127.0.0.1:1", True),
        ("localhost:1", "127.0.0.1:1", True),
        ("LocalHost:1", "[::1]:1", True),
        ("127.0.0.1:1", "0.0.0.0:1", True),
        ("10.0.0.1:1", "0.0.0.0:1", False),
        ("127.0.0.1:2", "127.0.0.1:1", False),
        ("memory://a", "127.0.0.1:1", False),
        ("unix:/a", "unix:/a", True),
    ],
)
def test_a_server_that_is_the_proxy_itself_is_recognised(server: str, listener: str, is_self: bool) -> None:
    assert reaches(parse_server(server), parse_listen(listener)) == is_self
