"""Host names that do not exist, found before the proxy starts to serve."""

import socket
from typing import Final

import trio

from proxy.config import Config, TcpAddress
from proxy.errors import StartupError

_PATIENCE: Final = (
    5.0  # s for all names together; a resolver that is slow shall not keep the proxy from starting
)


async def check_host_names(config: Config) -> None:
    """Look every server's host name up. Raises `StartupError` for those that certainly do not exist.

    A resolver that gives no answer proves nothing: then the backend is dialled until it does.
    """
    unknown: list[str] = []
    with trio.move_on_after(_PATIENCE):
        async with trio.open_nursery() as nursery:
            for name, pool in config.pools.items():
                for server in pool.servers:
                    if isinstance(server.address, TcpAddress):
                        nursery.start_soon(_check, f"pools.{name}.servers", server.address, unknown)
    if unknown:
        raise StartupError("\n".join(sorted(unknown)))


async def _check(key: str, address: TcpAddress, unknown: list[str]) -> None:
    try:
        await trio.socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            unknown.append(f"{key}: unknown host name: {address.host}")
    except UnicodeError:
        unknown.append(f"{key}: impossible host name: {address.host}")
