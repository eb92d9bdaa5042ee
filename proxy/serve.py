"""The wiring: from a checked configuration to a running proxy, and its orderly end.

Everything that lives for a while is a task in one nursery::

    serve
    ├─ reactor.run                 the data plane
    ├─ reactor.sweep_deadlines
    ├─ clients.close_stalled
    ├─ dialler.keep_connected      one per connection of each backend
    ├─ log.RepeatFilter.run
    └─ listeners
       └─ listener.accept_clients  one per listening socket; cancelled first when draining
"""

import contextlib
import resource
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, final

import trio

from proxy import log
from proxy.admin.stats import Stats
from proxy.config import Config, UnixAddress
from proxy.dataplane.budget import Budget
from proxy.dataplane.clients import Clients
from proxy.dataplane.counters import Counters
from proxy.dataplane.embedded import EmbeddedBackend
from proxy.dataplane.listener import accept_clients, describe, listen_tcp, listen_unix
from proxy.dataplane.reactor import Reactor
from proxy.dataplane.session import Route, SessionLimits
from proxy.pools.pool import Pool
from proxy.routes.prefix_route import PrefixRoute
from proxy.store.dynamic import Dynamic
from proxy.store.lru import Lru
from proxy.store.store import Store

#: Once draining is over, replies still owed are waited for this long beyond the longest timeout of a pool.
_LAST_REPLIES: Final = 0.5  # s

Ready = Callable[[Sequence[str]], None]


def run(config: Config, *, ready: Ready | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code.

    :param ready: called with the bound addresses once clients are accepted
    :raises StartupError: the environment does not let the proxy start
    """
    return trio.run(Proxy(config).run, ready)


@final
class Proxy:
    """One running Outrider, put together from its configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._log = log.configure(config.log.level, config.log.format)
        self._notices = log.RepeatFilter(self._log, time.monotonic)
        self._counters = Counters()
        self._reactor = Reactor(self._counters, self._notices)
        self._stores: dict[str, EmbeddedBackend] = {}
        self._pools = {
            name: Pool(name, pool, self._reactor, self._embedded) for name, pool in config.pools.items()
        }
        proxy = config.proxy
        stats = Stats(
            self._counters,
            list(_settings(config)),
            proxy.max_connections,
            [backend for pool in self._pools.values() for backend in pool.backends],
        )
        self._clients = Clients(
            self._reactor,
            self._route(),
            stats,
            Budget(proxy.buffer_memory),
            SessionLimits(
                max_in_flight=proxy.max_in_flight,
                max_value=proxy.max_value,
                allow_flush_all=proxy.allow_flush_all,
            ),
            max_connections=proxy.max_connections,
            stall_timeout=proxy.stall_timeout,
        )

    def _embedded(self, name: str) -> EmbeddedBackend:
        """The store of that name: one, however many pools use it."""
        backend = self._stores.get(name)
        if backend is None:
            memory = self._config.memory[name]
            store = Store(memory.max_bytes, memory.max_item, Lru(), Dynamic(), memory.on_full)
            backend = EmbeddedBackend(f"memory://{name}", store, self._counters)
            self._stores[name] = backend
        return backend

    def _route(self) -> Route:
        """What a session hands its calls to. The policies are put together here, and nowhere else."""
        default = self._pools[self._config.proxy.default_pool].route
        if not self._config.routes:
            return default
        return PrefixRoute(
            [(route.prefix.encode(), self._pools[route.pool].route) for route in self._config.routes], default
        )

    def _listen(self) -> list[socket.socket]:
        listeners: list[socket.socket] = []
        try:
            for address in self._config.proxy.listen:
                if isinstance(address, UnixAddress):
                    listeners.append(listen_unix(address.path, self._config.proxy.socket_mode))
                else:
                    listeners.extend(listen_tcp(address.host, address.port))
        except BaseException:
            _close_listeners(listeners)
            raise
        return listeners

    async def run(self, ready: Ready | None) -> int:
        """Listen, serve, drain. Raises `StartupError`."""
        _raise_descriptor_limit()
        listeners = self._listen()
        addresses = [describe(listener) for listener in listeners]
        try:
            with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._reactor.run, name="reactor")
                    nursery.start_soon(self._reactor.sweep_deadlines, name="deadlines")
                    nursery.start_soon(self._clients.close_stalled, name="stalled clients")
                    nursery.start_soon(self._notices.run, name="log")
                    for pool in self._pools.values():
                        pool.start(nursery)
                    accepting = trio.CancelScope()
                    nursery.start_soon(self._accept, listeners, accepting, name="listeners")
                    self._log.info("listening", addresses=addresses)
                    if ready is not None:
                        ready(addresses)
                    await anext(signals)
                    await self._drain(accepting, listeners, signals)
                    nursery.cancel_scope.cancel()
        finally:
            _close_listeners(listeners)
            self._clients.close_all()
            for pool in self._pools.values():
                pool.close()
            self._notices.summarise(everything=True)
            self._reactor.close()
        self._log.info("stopped")
        return 0

    async def _accept(self, listeners: list[socket.socket], scope: trio.CancelScope) -> None:
        with scope:
            async with trio.open_nursery() as nursery:
                for listener in listeners:
                    nursery.start_soon(
                        accept_clients,
                        listener,
                        self._clients.open,
                        self._notices,
                        name=f"accept {describe(listener)}",
                    )

    async def _drain(
        self, accepting: trio.CancelScope, listeners: list[socket.socket], signals: AsyncIterator[int]
    ) -> None:
        """Let the clients finish. A second signal ends at once."""
        proxy = self._config.proxy
        self._log.info("draining", clients=len(self._clients), drain=proxy.drain, delay=proxy.shutdown_delay)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_at_signal, signals, nursery.cancel_scope)
            await trio.sleep(proxy.shutdown_delay)
            accepting.cancel()
            _close_listeners(listeners)
            with trio.move_on_after(proxy.drain):
                await self._clients.wait_all_gone()
            self._clients.end_all()
            longest = max(pool.timeout for pool in self._config.pools.values())
            with trio.move_on_after(longest + _LAST_REPLIES):
                await self._clients.wait_all_gone()
            nursery.cancel_scope.cancel()
        if len(self._clients):
            self._log.warning("clients were cut off", clients=len(self._clients))


async def _cancel_at_signal(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    await anext(signals)
    scope.cancel()


def _close_listeners(listeners: list[socket.socket]) -> None:
    """Close them and remove their socket files."""
    for listener in listeners:
        if listener.family == socket.AF_UNIX and listener.fileno() >= 0:
            with contextlib.suppress(OSError):
                Path(listener.getsockname()).unlink()
        listener.close()
    listeners.clear()


def _raise_descriptor_limit() -> None:
    """Every client and backend is a descriptor; the hard limit is what the administrator meant."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _settings(config: Config) -> Iterator[tuple[str, object]]:
    """The configuration as ``stats settings`` shows it: the names clients look for, then our own."""
    proxy = config.proxy
    yield "maxconns", proxy.max_connections
    yield "item_size_max", proxy.max_value
    yield "flush_enabled", "yes" if proxy.allow_flush_all else "no"
    yield "cas_enabled", "yes"
    yield "binding_protocol", "ascii"
    yield "verbosity", 0
    yield "listen", ",".join(map(str, proxy.listen))
    yield "default_pool", proxy.default_pool
    for name, pool in config.pools.items():
        yield f"pools.{name}.distribution", pool.distribution
        yield f"pools.{name}.servers", ",".join(server.label for server in pool.servers)
        yield f"pools.{name}.timeout", pool.timeout
