import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import emcache
import pytest
import trio

from proxy.config import Discovery, TcpAddress
from proxy.discovery import Member, Settings, Watch
from proxy.discovery.answers import DiscoveryError
from proxy.discovery.elasticache import ElastiCacheSource
from tests.discovery.endpoint import Endpoint, reply_of, send_bytes, send_half, send_whole
from tests.discovery.waiting import longest_gap, wait_until
from tests.servers import Memcached, Wire, free_port

ONE = "cache-1.x|10.0.0.1|11211"
TWO = "cache-2.x|10.0.0.2|11212"
THREE = "cache-3.x|10.0.0.3|11213"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(reply_of(1, ONE, TWO)) as running:
        yield running


def _names(members: tuple[Member, ...]) -> list[str]:
    return [member.name for member in members]


def test_a_client_made_for_the_real_ones_finds_its_servers_through_our_endpoint() -> None:
    async def use(address: TcpAddress) -> bytes:
        client = await emcache.create_client(
            [emcache.MemcachedHostAddress(address.host, address.port)], autodiscovery=True, timeout=5.0
        )
        try:
            await client.set(b"key", b"value")
            item = await client.get(b"key")
        finally:
            await client.close()
        assert item is not None
        value: bytes = item.value
        return value

    with Memcached() as memcached, Endpoint(reply_of(1, f"127.0.0.1|127.0.0.1|{memcached.port}")) as endpoint:
        assert asyncio.run(use(endpoint.address)) == b"value"
        with Wire(memcached.port) as wire:
            assert b"value" in wire.ask(b"get key\r\n", b"END\r\n")
    assert endpoint.asked


async def test_nodes_are_servers_known_by_their_host_names(endpoint: Endpoint) -> None:
    answer = await ElastiCacheSource(endpoint.address).ask()
    assert answer.members == (
        Member(TcpAddress("10.0.0.1", 11211), "cache-1.x"),
        Member(TcpAddress("10.0.0.2", 11212), "cache-2.x"),
    )
    assert answer.ttl is None
    await wait_until(lambda: endpoint.open_connections == 0, "the connection is closed")


async def test_the_endpoint_may_be_given_by_name(endpoint: Endpoint) -> None:
    source = ElastiCacheSource(TcpAddress("localhost", endpoint.address.port))
    assert len((await source.ask()).members) == 2


async def test_a_reply_in_pieces_is_put_together(endpoint: Endpoint) -> None:
    endpoint.send = send_bytes
    assert len((await ElastiCacheSource(endpoint.address).ask()).members) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"ERROR\r\n", "answered b'ERROR'"),
        (b"\x81\x14" + bytes(22) + b"x" * 300, "no line end"),
        (b"CONFIG cluster 0 1000000000\r\n", "announced"),
        (reply_of(1, "x"), "not host|ip|port"),
    ],
)
async def test_garbage_is_an_error_that_names_the_endpoint(
    endpoint: Endpoint, reply: bytes, reason: str
) -> None:
    endpoint.reply = reply
    with pytest.raises(DiscoveryError) as caught:
        await ElastiCacheSource(endpoint.address).ask()
    assert str(endpoint.address) in str(caught.value)
    assert reason in str(caught.value)


async def test_a_plain_memcached_is_no_endpoint() -> None:
    with Memcached() as memcached, pytest.raises(DiscoveryError, match="answered b'ERROR'"):
        await ElastiCacheSource(TcpAddress("127.0.0.1", memcached.port)).ask()


async def test_an_endpoint_that_hangs_is_given_up_in_time_and_holds_nobody_up(endpoint: Endpoint) -> None:
    endpoint.send = endpoint.hang
    async with longest_gap() as gap:
        with pytest.raises(DiscoveryError, match="no answer within 1 s"):
            await ElastiCacheSource(endpoint.address, timeout=1).ask()
    assert gap() < 0.8


async def test_an_endpoint_that_closes_early_is_an_error(endpoint: Endpoint) -> None:
    endpoint.send = send_half
    with pytest.raises(DiscoveryError, match=r"closed after \d+ bytes"):
        await ElastiCacheSource(endpoint.address).ask()


@pytest.mark.parametrize(
    ("host", "reason"), [("127.0.0.1", "refused"), ("no-such-host.invalid", "no-such-host"), ("a..b", "a..b")]
)
async def test_an_endpoint_that_cannot_be_reached_is_an_error(host: str, reason: str) -> None:
    with pytest.raises(DiscoveryError, match=reason):
        await ElastiCacheSource(TcpAddress(host, free_port())).ask()


async def test_a_configuration_older_than_one_seen_before_is_refused(endpoint: Endpoint) -> None:
    source = ElastiCacheSource(endpoint.address)
    endpoint.reply = reply_of(7, ONE)
    await source.ask()
    endpoint.reply = reply_of(6, ONE, TWO)
    with pytest.raises(DiscoveryError, match="version 6 is older than 7"):
        await source.ask()
    endpoint.reply = reply_of(7, TWO)
    assert _names((await source.ask()).members) == ["cache-2.x"]


@asynccontextmanager
async def _watching(
    endpoint: Endpoint, on_change: Callable[[tuple[Member, ...]], None], forget_after: float = 0.1
) -> AsyncIterator[Watch]:
    discovery = Discovery(kind="elasticache", target=str(endpoint.address))
    watched = Watch(discovery, Settings(0.02, 0.05, forget_after), on_change, lambda _, **__: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watched.run)
        yield watched
        nursery.cancel_scope.cancel()


async def test_a_cluster_that_grows_and_shrinks_is_followed(endpoint: Endpoint) -> None:
    told: list[tuple[Member, ...]] = []
    async with _watching(endpoint, told.append):
        await wait_until(lambda: len(told) == 1, "a first membership")
        endpoint.reply = reply_of(2, ONE, TWO, THREE)
        await wait_until(lambda: len(told) == 2, "the cluster has grown")
        endpoint.reply = reply_of(3, ONE, THREE)
        await wait_until(lambda: len(told) == 3, "the cluster has shrunk")
    assert [_names(members) for members in told] == [
        ["cache-1.x", "cache-2.x"],
        ["cache-1.x", "cache-2.x", "cache-3.x"],
        ["cache-1.x", "cache-3.x"],
    ]


async def test_a_new_version_of_the_same_cluster_is_no_change(endpoint: Endpoint) -> None:
    told: list[tuple[Member, ...]] = []
    async with _watching(endpoint, told.append):
        for version in range(2, 6):
            endpoint.asked = 0
            endpoint.reply = reply_of(version, TWO, ONE)
            await wait_until(lambda: endpoint.asked > 1, "asked again")
    assert len(told) == 1


@pytest.mark.parametrize(
    "reply",
    [b"ERROR\r\n", b"", reply_of(0, THREE), reply_of(9), b"x" * 1000],
    ids=lambda reply: str(reply[:20]),
)
async def test_whatever_else_an_endpoint_says_leaves_the_last_servers_where_they_are(
    endpoint: Endpoint, reply: bytes
) -> None:
    told: list[tuple[Member, ...]] = []
    async with _watching(endpoint, told.append, forget_after=0) as watched:
        await wait_until(lambda: len(told) == 1, "a first membership")
        endpoint.reply = reply
        endpoint.send = send_whole if reply else send_half
        await wait_until(lambda: watched.statistics().failures_in_row >= 3, "three failures")
        assert watched.statistics().last_error
        assert len(told) == 1
        endpoint.send = send_whole
        endpoint.reply = reply_of(10, THREE)
        await wait_until(lambda: len(told) == 2, "the new servers")
    assert _names(told[-1]) == ["cache-3.x"]
