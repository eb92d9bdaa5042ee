from random import Random

import pytest

from proxy.config import TcpAddress
from proxy.discovery.answers import DiscoveryError
from proxy.discovery.cluster import MAX_CONFIGURATION, Configuration, read_configuration
from proxy.discovery.members import Member


def _reply(payload: bytes) -> bytes:
    return b"CONFIG cluster 0 %d\r\n%b\r\nEND\r\n" % (len(payload), payload)


TWO = _reply(b"12\nnode-1.x|10.0.0.1|11211 node-2.x|10.0.0.2|11212\n")
CONFIGURATION = Configuration(
    12,
    (
        Member(TcpAddress("10.0.0.1", 11211), "node-1.x"),
        Member(TcpAddress("10.0.0.2", 11212), "node-2.x"),
    ),
)


def test_a_node_is_known_by_its_host_name_and_reached_at_its_ip() -> None:
    assert read_configuration(TWO) == CONFIGURATION


def test_a_reply_that_comes_a_byte_at_a_time_is_read_when_it_is_complete() -> None:
    assert [read_configuration(TWO[:size]) for size in range(len(TWO))] == [None] * len(TWO)
    assert read_configuration(bytearray(TWO)) == CONFIGURATION


@pytest.mark.parametrize(
    ("payload", "members"),
    [
        (b"1\na||1\n", [("a", 1, "a")]),  # no ip: reached by its name
        (b"1\n10.0.0.1|10.0.0.1|1", [("10.0.0.1", 1, "10.0.0.1")]),  # Memorystore
        (b"1\n|10.0.0.1|1\n", [("10.0.0.1", 1, "10.0.0.1")]),
        (b"1\na|fd00::1|1\n", [("fd00::1", 1, "a")]),
        (b"1\r\nA.x|10.0.0.1|1\r\n", [("10.0.0.1", 1, "a.x")]),
        (b"1\na|10.0.0.1|1  a|10.0.0.1|2\n", [("10.0.0.1", 1, "a"), ("10.0.0.1", 2, "a:2")]),
        (b"1\na|10.0.0.1|1 a|10.0.0.1|1\n", [("10.0.0.1", 1, "a")]),
        (b"1\n\n", []),
    ],
)
def test_nodes_are_written_in_several_ways(payload: bytes, members: list[tuple[str, int, str]]) -> None:
    configuration = read_configuration(_reply(payload))
    assert configuration is not None
    assert configuration.members == tuple(
        Member(TcpAddress(host, port), name) for host, port, name in members
    )


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"ERROR\r\n", "answered b'ERROR'"),
        (b"SERVER_ERROR out of order\r\n", "out of order"),
        (b"END\r\n", "answered b'END'"),
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        (b"x" * 256, "no line end"),
        (b"CONFIG cluster 0\r\n", "answered"),
        (b"CONFIG cluster 0 -1\r\n", "answered"),
        (b"CONFIG cluster 0 99999999999\r\n", "answered"),
        (b"CONFIG cluster 0 %d\r\n" % (MAX_CONFIGURATION + 1), "bytes announced"),
        (TWO + b"x", "does not end"),
        (TWO.replace(b"0 51", b"0 50"), "does not end"),
        (_reply(b"12"), "without version"),
        (_reply(b"\na|10.0.0.1|1\n"), "without version"),
        (_reply(b"-1\na|10.0.0.1|1\n"), "without version"),
        (_reply(b"9999999999999999999\na|10.0.0.1|1\n"), "without version"),
        (_reply(b"1\na|10.0.0.1|1\nmore\n"), "without version"),
        (_reply(b"1\na|10.0.0.1\n"), "not host|ip|port"),
        (_reply(b"1\na|10.0.0.1|0\n"), "not host|ip|port"),
        (_reply(b"1\na|10.0.0.1|65536\n"), "not host|ip|port"),
        (_reply(b"1\na|10.0.0.1|x\n"), "not host|ip|port"),
        (_reply(b"1\na|10.0.0.300|1\n"), "not host|ip|port"),
        (_reply(b"1\n||1\n"), "not host|ip|port"),
        (_reply(b"1\na\x00b|10.0.0.1|1\n"), "not host|ip|port"),
        (_reply("1\nä|10.0.0.1|1\n".encode()), "not ASCII"),
    ],
)
def test_what_is_no_configuration_is_refused_with_the_reason(reply: bytes, reason: str) -> None:
    with pytest.raises(DiscoveryError) as caught:
        read_configuration(reply)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 500


def test_mutated_replies_are_a_configuration_or_incomplete_or_refused_and_nothing_else() -> None:
    random = Random(1)
    for _ in range(5000):
        reply = bytearray(TWO)
        for _ in range(random.randint(1, 4)):
            reply[random.randrange(len(reply))] = random.choice(b"\r\n|. 019axE\x00\xff")
        try:
            configuration = read_configuration(reply)
        except DiscoveryError:
            continue
        assert configuration is None or configuration.version >= 0
