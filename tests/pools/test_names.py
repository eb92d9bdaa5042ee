"""A host name that certainly does not exist is told at the start; a resolver that does not answer proves nothing."""

import socket
from typing import Any

import pytest
import trio

from proxy.config import parse
from proxy.errors import StartupError
from proxy.pools.names import check_host_names
from tests.servers import Outrider, Wire, pool


class Resolver(trio.abc.HostnameResolver):
    """Knows no name, and says so with `error`."""

    def __init__(self, error: int) -> None:
        self._error = error

    async def getaddrinfo(self, *_: object) -> Any:
        raise socket.gaierror(self._error, "as the test wants it")

    async def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        raise NotImplementedError


CONFIG = parse('[pools.main]\nservers = ["cache-1.test:11211", "cache-2.test:1"]', name="x.toml", environ={})


async def test_names_that_do_not_exist_are_told_all_at_once() -> None:
    trio.socket.set_custom_hostname_resolver(Resolver(socket.EAI_NONAME))
    with pytest.raises(StartupError) as told:
        await check_host_names(CONFIG)
    assert str(told.value).splitlines() == [
        "pools.main.servers: unknown host name: cache-1.test",
        "pools.main.servers: unknown host name: cache-2.test",
    ]


async def test_a_resolver_that_is_out_of_order_does_not_keep_the_proxy_from_starting() -> None:
    trio.socket.set_custom_hostname_resolver(Resolver(socket.EAI_AGAIN))
    await check_host_names(CONFIG)


def test_it_listens_on_ipv6_too() -> None:
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        port = probe.getsockname()[1]
    with Outrider(pool("memory://m"), listen=f'["[::1]:{port}", "127.0.0.1:{port}"]') as outrider:
        with socket.create_connection(("::1", port), timeout=5) as client:
            client.sendall(b"version\r\n")
            assert client.recv(100).startswith(b"VERSION ")
        outrider.port = port
        with Wire(port) as wire:
            assert wire.ask(b"mn\r\n") == b"MN\r\n"
