"""``outrider dev``: the proxy with a store of its own, to try things out without a memcached."""

import argparse
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from proxy.config import (
    Config,
    ListenAddress,
    LogConfig,
    MemoryAddress,
    MemoryConfig,
    PoolConfig,
    ProxyConfig,
    ReplicationConfig,
    Server,
    TcpAddress,
    UnixAddress,
    parse_listen,
    parse_size,
)

if TYPE_CHECKING:
    from argparse import _SubParsersAction

T = TypeVar("T")

_NAME: Final = "dev"
_DEFAULT_STORE: Final = MemoryConfig()


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "dev",
        help="run with a store in memory, without configuration",
        description="Run the proxy on a store in its own memory: for development, without a memcached or a file.",
    )
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        type=_argument(parse_listen),
        default=TcpAddress("127.0.0.1", 11211),
        help='default: %(default)s; port 0 is any free one; "unix:/path" is a socket',
    )
    parser.add_argument(
        "--max-bytes",
        metavar="SIZE",
        type=_argument(parse_size),
        default=_DEFAULT_STORE.max_bytes,
        help="what the store may hold (default: 64MiB)",
    )
    parser.set_defaults(execute=_execute)


def _argument(parse: Callable[[str], T]) -> Callable[[str], T]:
    """`parse` with its errors in argparse's own terms."""

    def parsed(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parsed


def _execute(arguments: argparse.Namespace) -> int:
    config = config_of(arguments.listen, arguments.max_bytes)
    from proxy.serve import run  # noqa: PLC0415 - the other commands start faster without it

    return run(config, ready=_announce)


def config_of(listen: ListenAddress, max_bytes: int) -> Config:
    """One pool, one store of `max_bytes`, and no admin port that could be in somebody's way."""
    store = MemoryConfig(max_bytes=max_bytes, max_item=min(max_bytes, _DEFAULT_STORE.max_item))
    return Config(
        proxy=ProxyConfig(listen=(listen,), admin=None, default_pool=_NAME),
        pools=MappingProxyType({_NAME: PoolConfig(servers=(Server(address=MemoryAddress(_NAME)),))}),
        replication=ReplicationConfig(from_=_NAME),
        memory=MappingProxyType({_NAME: store}),
        log=LogConfig(format="console"),
    )


def _announce(addresses: Sequence[str]) -> None:
    print(f"outrider: listening on {', '.join(addresses)}\n\n{what_to_try(addresses[0])}", flush=True)


def what_to_try(address: str) -> str:
    """Commands that work at `address` as they stand."""
    listener = parse_listen(address)
    if isinstance(listener, UnixAddress):
        netcat, server = f"nc -U {listener.path}", repr(address)
    else:
        netcat, server = f"nc {listener.host} {listener.port}", repr((listener.host, listener.port))
    return f"""Try, in another terminal:
  printf 'set greeting 0 0 5\\r\\nhello\\r\\nget greeting\\r\\nquit\\r\\n' | {netcat}

or in Python, after `pip install pymemcache`:
  from pymemcache import Client
  client = Client({server})
  client.set("greeting", "hello")
  client.get("greeting")

Ctrl-C stops it."""
