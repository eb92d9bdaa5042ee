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
import gc
import resource
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final, final

import trio

from proxy import log
from proxy.admin.stats import Stats
from proxy.assembly import Assembly, descriptors_for_clients, plan
from proxy.config import Config, UnixAddress
from proxy.dataplane.clients import Clients
from proxy.dataplane.counters import Counters
from proxy.dataplane.listener import accept_clients, describe, listen_tcp, listen_unix
from proxy.dataplane.reactor import Reactor
from proxy.pools.names import check_host_names
from proxy.reload import Reloader

#: How long to wait at the end for a log that is read slowly.
_LAST_LINES: Final = 1.0  # s
_SWITCH_INTERVAL: Final = 0.0005  # s
#: Once draining is over, replies still owed are waited for this long beyond the longest timeout of a pool.
_LAST_REPLIES: Final = 0.5  # s

Ready = Callable[[Sequence[str]], None]


def run(config: Config, *, file: Path | None = None, ready: Ready | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code.

    :param file: what `config` was read from: read again on SIGHUP and when it changes
    :param ready: called with the bound addresses once clients are accepted
    :raises StartupError: the environment does not let the proxy start
    """
    # A reload works in a thread; the reactor shall not wait for it longer than this at a time.
    sys.setswitchinterval(_SWITCH_INTERVAL)
    return trio.run(Proxy(config, file).run, ready)


@final
class Proxy:
    """One running Outrider."""

    def __init__(self, config: Config, file: Path | None = None) -> None:
        self._config = config
        self._file = file
        self._threshold = log.Threshold(config.log.level)
        self._writer = log.Writer(log.write_to_stderr)
        self._log = log.configure(self._threshold, config.log.format, self._writer)
        self._notices = log.RepeatFilter(self._log, time.monotonic)
        self._reactor = Reactor(Counters(), self._notices)

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
        await check_host_names(self._config)
        listeners = self._listen()
        addresses = [describe(listener) for listener in listeners]
        try:
            with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
                async with trio.open_nursery() as nursery:
                    stats = Stats(self._reactor.counters)
                    assembly = Assembly(plan(self._config), self._reactor, stats, nursery)
                    clients = assembly.clients
                    reloader = Reloader(self._file, assembly, self._log, self._threshold)
                    stats.add(b"settings", assembly.report_settings)
                    stats.add(b"backends", assembly.report_backends)
                    stats.add(b"proxy", reloader.report)
                    stats.add(b"proxy", assembly.report_discovery)
                    stats.add(b"proxy", assembly.report_held)
                    stats.add(b"proxy", self._writer.report)
                    nursery.start_soon(self._reactor.run, name="reactor")
                    nursery.start_soon(self._reactor.sweep_deadlines, name="deadlines")
                    nursery.start_soon(clients.close_stalled, name="stalled clients")
                    nursery.start_soon(self._notices.run, name="log")
                    if self._file is not None:
                        nursery.start_soon(reloader.watch, name="config file")
                    accepting = trio.CancelScope()
                    nursery.start_soon(self._accept, listeners, clients, accepting, name="listeners")
                    self._log.info("listening", addresses=addresses)
                    if descriptors_for_clients(self._config) < self._config.proxy.max_connections:
                        self._log.warning(
                            "the limit of open files allows fewer clients than proxy.max_connections",
                            allowed=descriptors_for_clients(self._config),
                        )
                    _spare_the_collector()
                    if ready is not None:
                        ready(addresses)
                    while await anext(signals) == signal.SIGHUP:
                        await reloader.reload()
                    await self._drain(assembly.plan.config, clients, accepting, listeners, signals)
                    assembly.close()
                    nursery.cancel_scope.cancel()
        finally:
            _close_listeners(listeners)
            self._notices.summarise(everything=True)
            self._reactor.close()
            self._log.info("stopped")
            self._writer.close(_LAST_LINES)
        return 0

    async def _accept(
        self, listeners: list[socket.socket], clients: Clients, scope: trio.CancelScope
    ) -> None:
        with scope:
            async with trio.open_nursery() as nursery:
                for listener in listeners:
                    nursery.start_soon(
                        accept_clients,
                        listener,
                        clients.open,
                        self._notices,
                        name=f"accept {describe(listener)}",
                    )

    async def _drain(
        self,
        config: Config,
        clients: Clients,
        accepting: trio.CancelScope,
        listeners: list[socket.socket],
        signals: AsyncIterator[int],
    ) -> None:
        """Let the clients finish. A second signal ends at once."""
        proxy = config.proxy
        self._log.info("draining", clients=len(clients), drain=proxy.drain, delay=proxy.shutdown_delay)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_at_signal, signals, nursery.cancel_scope)
            await trio.sleep(proxy.shutdown_delay)
            accepting.cancel()
            _close_listeners(listeners)
            with trio.move_on_after(proxy.drain):
                await clients.wait_all_gone()
            clients.end_all()
            longest = max(pool.timeout for pool in config.pools.values())
            with trio.move_on_after(longest + _LAST_REPLIES):
                await clients.wait_all_gone()
            nursery.cancel_scope.cancel()
        if len(clients):
            self._log.warning("clients were cut off", clients=len(clients))


async def _cancel_at_signal(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    while await anext(signals) == signal.SIGHUP:
        pass  # nothing is reloaded any more
    scope.cancel()


def _close_listeners(listeners: list[socket.socket]) -> None:
    """Close them and remove their socket files."""
    for listener in listeners:
        if listener.family == socket.AF_UNIX and listener.fileno() >= 0:
            with contextlib.suppress(OSError):
                Path(listener.getsockname()).unlink()
        listener.close()
    listeners.clear()


def _spare_the_collector() -> None:
    """Calls and replies are freed by their counts; the collector would look in vain at all that lives long.

    A store of 180,000 items in the process costs 48 ms with every full collection.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)


def _raise_descriptor_limit() -> None:
    """Every client and backend is a descriptor; the hard limit is what the administrator meant."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # a hard limit above what the kernel gives any process
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
