"""Servers that are named one by one: their names are looked up anew for every connection."""

import socket
from typing import Any

import trio

from proxy.config import TcpAddress
from proxy.dataplane.counters import Counters
from proxy.dataplane.link import DOWN, LIVE, Link
from proxy.dataplane.reactor import Reactor
from proxy.pools.dialler import DialPolicy, keep_connected
from tests.discovery.waiting import wait_until
from tests.servers import Memcached

POLICY = DialPolicy(connect_timeout=1, timeout=1, fence_timeout=1, probe_interval=0.02, probe_max=0.05)


class OneName(trio.abc.HostnameResolver):
    """Knows one name, and sends it to a port of loopback that may change."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked = 0

    async def getaddrinfo(self, host: bytes | None, *_: object) -> list[Any]:
        assert host == b"cache.test"
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", self.port))]

    async def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        raise NotImplementedError


async def test_a_server_that_comes_back_at_another_address_is_found_there() -> None:
    reactor = Reactor(Counters(), lambda _, **__: None)
    link = Link(reactor, "main.cache.test:11211", timeout=1, max_in_flight=16, miss_on_error=False)
    with Memcached() as first, Memcached() as second:
        names = OneName(first.port)
        trio.socket.set_custom_hostname_resolver(names)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reactor.run)
            nursery.start_soon(keep_connected, link, TcpAddress("cache.test", 11211), lambda: POLICY)
            await wait_until(lambda: link.state == LIVE, "connected to the first")
            first.kill()
            await wait_until(lambda: link.state == DOWN and names.asked > 2, "dialled in vain")
            names.port = second.port
            await wait_until(lambda: link.state == LIVE, "connected to the second")
            nursery.cancel_scope.cancel()
        link.close()
        reactor.close()
