"""A backend: one memcached of a pool, the links to it, and the tasks that keep them connected."""

from collections.abc import Iterator
from typing import Final, final

import trio

from proxy.config import PoolConfig, TcpAddress, UnixAddress
from proxy.dataplane.link import Link
from proxy.dataplane.reactor import Reactor
from proxy.pools.dialler import DialPolicy, keep_connected
from proxy.routes.connections import Connections
from proxy.routes.pool_route import Sink

#: How long beyond the timeout a removed backend is kept for the calls it still owes: the next sweep.
_SWEEP: Final = 0.1  # s


@final
class Backend:
    """One memcached.

    :ivar label: ``pool.name``, for stats and the log
    :ivar links: its connections
    :ivar sink: where its calls go
    """

    __slots__ = ("_config", "_scope", "address", "label", "links", "sink")

    def __init__(
        self, label: str, address: TcpAddress | UnixAddress, config: PoolConfig, reactor: Reactor
    ) -> None:
        self.label = label
        self.address = address
        self._config = config
        self._scope = trio.CancelScope()
        self.links = tuple(
            Link(
                reactor,
                label,
                timeout=config.timeout,
                max_in_flight=config.max_in_flight,
                miss_on_error=config.on_error == "miss",
            )
            for _ in range(config.connections)
        )
        self.sink: Sink = self.links[0] if len(self.links) == 1 else Connections(self.links)

    def configure(self, config: PoolConfig) -> bool:
        """Change what may change while it runs; False when it has to be replaced instead."""
        if config.connections != len(self.links):
            return False
        self._config = config
        for link in self.links:
            link.configure(
                timeout=config.timeout,
                max_in_flight=config.max_in_flight,
                miss_on_error=config.on_error == "miss",
            )
        return True

    def _dial_policy(self) -> DialPolicy:
        config = self._config
        return DialPolicy(
            connect_timeout=config.connect_timeout,
            timeout=config.timeout,
            fence_timeout=config.fence_timeout,
            probe_interval=config.health.probe_interval,
            probe_max=config.health.probe_max,
        )

    async def run(self) -> None:
        """Keep it connected until it is retired or cancelled."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                for link in self.links:
                    nursery.start_soon(
                        keep_connected,
                        link,
                        self.address,
                        self._dial_policy,
                        name=f"connect {self.label}",
                    )

    async def retire(self) -> None:
        """Let the calls it has come to their end, and close."""
        with trio.move_on_after(self._config.timeout + _SWEEP):
            for link in self.links:
                await link.wait_drained()
        self.close()

    def close(self) -> None:
        self._scope.cancel()
        for link in self.links:
            link.close()

    def report(self) -> Iterator[tuple[str, object]]:
        yield "address", self.address
        for index, link in enumerate(self.links):
            prefix = f"connection_{index}_" if len(self.links) > 1 else ""
            yield f"{prefix}state", link.state
            yield f"{prefix}in_flight", link.in_flight
            yield f"{prefix}fences", len(link.fences)
            if link.last_error:
                yield f"{prefix}last_error", link.last_error
