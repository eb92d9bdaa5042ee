"""Outrider in front of real backends, the first of them behind a relay where a test asks for it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.faults.placement import Placement
from tests.faults.relay import Relay
from tests.servers import Memcached, Outrider, Wire, pool, wait_until

TIMEOUT: Final = 0.3  # s; of the pool, unless a test says otherwise
PROBE_INTERVAL: Final = 0.2  # s
AT_ONCE: Final = 0.1  # s; no waiting for a timeout is in this

CLOSED: Final = b"SERVER_ERROR backend closed\r\n"
TIMED_OUT: Final = b"SERVER_ERROR backend timeout\r\n"
DOWN: Final = b"SERVER_ERROR backend down\r\n"
OVERLOADED: Final = b"SERVER_ERROR backend overloaded\r\n"
BAD_REPLY: Final = b"SERVER_ERROR bad backend reply\r\n"


@dataclass
class Stage:
    """What is running.

    :ivar placement: over the addresses that Outrider knows, the relay's among them
    """

    backends: list[Memcached]
    outrider: Outrider
    placement: Placement
    _relay: Relay | None

    @property
    def relay(self) -> Relay:
        """In front of the first backend."""
        assert self._relay is not None, "this stage was built without a relay"
        return self._relay

    @property
    def port(self) -> int:
        return self.outrider.port

    def client(self) -> Wire:
        return Wire(self.outrider.port)

    def key(self, backend: int, prefix: str = "key") -> bytes:
        return self.placement.key_of(backend, prefix)

    def count(self, name: str) -> int:
        """One of the proxy's counters."""
        return int(self.outrider.stats("proxy")[name])

    def state(self, backend: int) -> str:
        states = [value for name, value in self.outrider.stats("backends").items() if name.endswith("state")]
        return states[backend]

    def direct(self, backend: int, request: bytes, end: bytes = b"\r\n") -> bytes:
        """What the backend itself answers, past proxy and relay."""
        with Wire(self.backends[backend].port) as wire:
            return wire.ask(request, end)

    def wait_served(self, backend: int, deadline: float = 10.0) -> None:
        """Wait until writes to that backend succeed."""
        request = b"set %b 0 0 1\r\nv\r\n" % self.key(backend, "served")
        with self.client() as wire:
            wait_until(lambda: wire.ask(request) == b"STORED\r\n", f"backend {backend} is served", deadline)


@contextlib.contextmanager
def stage(
    backends: int = 2,
    *,
    relayed: bool = False,
    timeout: float = TIMEOUT,
    probe_interval: float = PROBE_INTERVAL,
    pool_options: str = "",
    proxy: str = "",
    memcached: tuple[str, ...] = (),
) -> Iterator[Stage]:
    """Everything live.

    :param probe_interval: s; it does not grow
    :param pool_options: TOML of ``[pools.main]``
    :param proxy: TOML of ``[proxy]``
    :param memcached: options of every backend
    """
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Memcached(*memcached)) for _ in range(backends)]
        relay = stack.enter_context(Relay(servers[0].port)) if relayed else None
        ports = [server.port for server in servers]
        if relay is not None:
            ports[0] = relay.port
        options = (
            f'timeout = "{timeout * 1000:.0f}ms"\n{pool_options}\n'
            f'[pools.main.health]\nprobe_interval = "{probe_interval * 1000:.0f}ms"\n'
            f'probe_max = "{probe_interval * 1000:.0f}ms"\n'
        )
        config = pool(*[f"127.0.0.1:{port}" for port in ports], options=options)
        outrider = stack.enter_context(Outrider(config, proxy))
        outrider.wait_live()
        yield Stage(servers, outrider, Placement(ports), relay)
