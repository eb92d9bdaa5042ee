"""A pool: named backends behind one ring."""

from collections.abc import Callable, Iterable
from typing import final

import trio

from proxy.config import MemoryAddress, PoolConfig, Server, UnixAddress
from proxy.dataplane.embedded import EmbeddedBackend
from proxy.dataplane.reactor import Reactor
from proxy.pools.backend import Backend
from proxy.pools.choice import choose_by_key
from proxy.ring import DISTRIBUTIONS, Node, Ring
from proxy.routes.pool_route import NoServers, PoolRoute, Sink


def build_ring(config: PoolConfig) -> Ring | None:
    """The ring of a pool, None without servers. With many it takes milliseconds: not for the reactor's thread."""
    if not config.servers:
        return None
    nodes = [_node(server) for server in config.servers]
    return DISTRIBUTIONS[config.distribution].ring(nodes, config.hash)


@final
class Pool:
    """The backends of one ``[pools.NAME]`` and their route.

    :param embedded: the backend for ``memory://name``
    :param nursery: where the tasks of the backends live
    :ivar route: stays the same object for the life of the pool, whatever is applied to it
    """

    __slots__ = ("_backends", "_embedded", "_nursery", "_reactor", "config", "name", "ring", "route")

    def __init__(
        self,
        name: str,
        config: PoolConfig,
        ring: Ring | None,
        reactor: Reactor,
        embedded: Callable[[str], EmbeddedBackend],
        nursery: trio.Nursery,
    ) -> None:
        self.name = name
        self.config = config
        self.ring = ring
        self._reactor = reactor
        self._embedded = embedded
        self._nursery = nursery
        self._backends: dict[Server, Backend | EmbeddedBackend] = {}
        nobody = NoServers(config.on_error == "miss")
        self.route = PoolRoute(lambda _: nobody, [nobody])
        self.apply(config, ring)

    @property
    def backends(self) -> Iterable[Backend | EmbeddedBackend]:
        return self._backends.values()

    def apply(self, config: PoolConfig, ring: Ring | None) -> None:
        """Serve by this configuration from now on.

        A backend that stays keeps its connections. One that goes is given no new calls, and closes when those
        it has are answered, or their timeout has passed.

        :param ring: of the servers in `config`, as `build_ring` made it
        """
        before = self._backends
        self._backends = {}
        sinks: list[Sink] = []
        for server in config.servers:
            backend = self._keep_or_open(server, config, before)
            self._backends[server] = backend
            sinks.append(backend.sink if isinstance(backend, Backend) else backend)
        if ring is None:
            nobody = NoServers(config.on_error == "miss")
            self.route.use(lambda _: nobody, [nobody])
        else:
            self.route.use(choose_by_key(ring, sinks, config.hash_tag), sinks)
        self.config = config
        self.ring = ring
        self._retire(before.values())

    def _keep_or_open(
        self, server: Server, config: PoolConfig, before: dict[Server, Backend | EmbeddedBackend]
    ) -> Backend | EmbeddedBackend:
        address = server.address
        if isinstance(address, MemoryAddress):
            return self._embedded(address.name)
        for known, backend in before.items():
            # Its weight may have changed, which is the ring's business alone.
            if (known.address, known.name) == (address, server.name) and isinstance(backend, Backend):
                if backend.configure(config):
                    del before[known]
                    return backend
                break
        backend = Backend(f"{self.name}.{server.label}", address, config, self._reactor)
        self._nursery.start_soon(backend.run, name=f"backend {backend.label}")
        return backend

    def _retire(self, backends: Iterable[Backend | EmbeddedBackend]) -> None:
        for backend in backends:
            if isinstance(backend, Backend):
                self._nursery.start_soon(backend.retire, name=f"retire {backend.label}")

    def retire(self) -> None:
        """The pool is no longer configured: let its backends go."""
        self._retire(self._backends.values())
        self._backends = {}

    def close(self) -> None:
        for backend in self._backends.values():
            if isinstance(backend, Backend):
                backend.close()


def _node(server: Server) -> Node:
    address = server.address
    if isinstance(address, MemoryAddress):
        return Node(f"memory://{address.name}", 0, server.name, server.weight)
    if isinstance(address, UnixAddress):
        return Node(address.path, 0, server.name, server.weight)
    return Node(address.host, address.port, server.name, server.weight)
