"""A pool: named backends behind one ring."""

from collections.abc import Callable
from typing import final

import trio

from proxy.config import MemoryAddress, PoolConfig, Server, UnixAddress
from proxy.dataplane.embedded import EmbeddedBackend
from proxy.dataplane.link import Link
from proxy.dataplane.reactor import Reactor
from proxy.pools.backend import Backend
from proxy.pools.choice import choose_by_key
from proxy.pools.dialler import DialPolicy, keep_connected
from proxy.ring import Node
from proxy.routes.pool_route import PoolRoute, Sink


@final
class Pool:
    """The backends of one ``[pools.NAME]``, its route, and what keeps them connected.

    :param embedded: makes the backend for ``memory://name``
    """

    __slots__ = ("_dial_policy", "backends", "name", "route")

    def __init__(
        self, name: str, config: PoolConfig, reactor: Reactor, embedded: Callable[[str], EmbeddedBackend]
    ) -> None:
        self.name = name
        self._dial_policy = DialPolicy(
            connect_timeout=config.connect_timeout,
            timeout=config.timeout,
            fence_timeout=config.fence_timeout,
            probe_interval=config.health.probe_interval,
            probe_max=config.health.probe_max,
        )
        self.backends: list[Backend | EmbeddedBackend] = []
        sinks: list[tuple[Sink, ...]] = []
        for server in config.servers:
            if isinstance(server.address, MemoryAddress):
                store = embedded(server.address.name)
                self.backends.append(store)
                sinks.append((store,))
            else:
                label = f"{name}.{server.label}"
                links = tuple(
                    Link(
                        reactor,
                        label,
                        timeout=config.timeout,
                        max_in_flight=config.max_in_flight,
                        miss_on_error=config.on_error == "miss",
                    )
                    for _ in range(config.connections)
                )
                self.backends.append(Backend(label, server.address, links))
                sinks.append(links)
        find = choose_by_key(
            [_node(server) for server in config.servers],
            sinks,
            distribution=config.distribution,
            hash_name=config.hash,
            hash_tag=config.hash_tag,
        )
        self.route = PoolRoute(find, [sink for group in sinks for sink in group[:1]])

    def start(self, nursery: trio.Nursery) -> None:
        """Start to connect; goes on until the nursery is cancelled."""
        for backend in self.backends:
            if isinstance(backend, Backend):
                for link in backend.links:
                    nursery.start_soon(
                        keep_connected, link, backend.address, self._dial_policy, name=f"connect {link.name}"
                    )

    def close(self) -> None:
        for backend in self.backends:
            if isinstance(backend, Backend):
                for link in backend.links:
                    link.close()


def _node(server: Server) -> Node:
    address = server.address
    if isinstance(address, MemoryAddress):
        return Node(f"memory://{address.name}", 0, server.name, server.weight)
    if isinstance(address, UnixAddress):
        return Node(address.path, 0, server.name, server.weight)
    return Node(address.host, address.port, server.name, server.weight)
