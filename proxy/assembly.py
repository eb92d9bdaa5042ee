"""What a configuration describes, put together: stores, pools, routes, limits. And put together anew by a reload.

A reload has two halves. `plan` checks the file and builds the rings: it takes milliseconds, touches nothing
that runs, and is made for a thread. `Assembly.apply` swaps what runs: no await, so no request sees half of it.
"""

import hashlib
import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, final

import trio
from msgspec.structs import replace

from proxy.config import Config, PoolConfig
from proxy.dataplane.clients import ClientLimits, Clients
from proxy.dataplane.embedded import EmbeddedBackend
from proxy.dataplane.reactor import Reactor
from proxy.dataplane.session import LocalCommands, Route, SessionLimits
from proxy.discovered import DiscoveredServers, source_of
from proxy.discovery import Resolver, open_resolver
from proxy.pools.pool import Pool, build_ring
from proxy.ring import Ring
from proxy.routes.prefix_route import PrefixRoute
from proxy.store.dynamic import Dynamic
from proxy.store.lru import Lru
from proxy.store.store import Store

#: Listeners, epoll sets, the log, resolvers, and clients that are told that there are too many.
_RESERVED_DESCRIPTORS: Final = 64


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """A checked configuration and all that takes time to make of it.

    :ivar digest: of the configuration's meaning: equal when nothing would change
    """

    config: Config
    rings: Mapping[str, Ring | None]
    digest: str


def plan(config: Config) -> Plan:
    digest = hashlib.sha256(repr(config).encode()).hexdigest()[:12]
    return Plan(config, {name: build_ring(pool) for name, pool in config.pools.items()}, digest)


@final
class Assembly:
    """The parts that a configuration describes.

    :param local: answers what no backend is asked
    :param nursery: where the tasks of the pools live
    :ivar plan: what is served by
    :ivar clients: who is served
    """

    def __init__(self, first: Plan, reactor: Reactor, local: LocalCommands, nursery: trio.Nursery) -> None:
        self._reactor = reactor
        self._nursery = nursery
        self._stores: dict[str, EmbeddedBackend] = {}
        self._pools: dict[str, Pool] = {}
        self._discovered: dict[str, DiscoveredServers] = {}
        self._resolver: Resolver | None = None
        self.plan = first
        self._apply_pools(first)
        self.clients = Clients(reactor, self._route(), local, _client_limits(first.config))

    def report_backends(self) -> Iterator[tuple[str, object]]:
        for pool in self._pools.values():
            for backend in pool.backends:
                for name, value in backend.report():
                    yield f"{backend.label}:{name}", value

    def report_held(self) -> Iterator[tuple[str, object]]:
        """How much of the budget for clients is in use, and was at most."""
        budget = self.clients.budget
        yield "clients_open", len(self.clients)
        yield "buffer_held", budget.held
        yield "buffer_held_peak", budget.peak
        yield "buffer_memory", budget.limit

    def report_settings(self) -> Iterator[tuple[str, object]]:
        """The configuration as ``stats settings`` shows it: the names clients look for, then our own."""
        config = self.plan.config
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

    def apply(self, new: Plan) -> None:
        """Serve by `new` from now on."""
        old = self._pools
        self.plan = new
        self._apply_pools(new)
        for name in old.keys() - self._pools.keys():
            old[name].retire()
        self.clients.configure(self._route(), _client_limits(new.config))

    def _apply_pools(self, new: Plan) -> None:
        pools: dict[str, Pool] = {}
        for name, config in new.config.pools.items():
            pool = self._pools.get(name)
            if pool is None:
                pool = Pool(name, config, new.rings[name], self._reactor, self._embedded, self._nursery)
            elif not config.discovery:
                pool.apply(config, new.rings[name])
            self._discover(pool, config)
            pools[name] = pool
        for name in self._discovered.keys() - {name for name in pools if pools[name].config.discovery}:
            self._discovered.pop(name).stop()
        self._pools = pools

    def _discover(self, pool: Pool, config: PoolConfig) -> None:
        """Follow the pool's source, if it has one; a watch that serves as well now goes on."""
        if not config.discovery:
            return
        discovered = self._discovered.get(pool.name)
        if discovered is not None and discovered.source == source_of(config):
            known = discovered.with_servers(config)
            pool.apply(known, build_ring(known))
            return
        if discovered is not None:
            discovered.stop()
        if self._resolver is None:
            self._resolver = open_resolver()
        discovered = DiscoveredServers(pool, config, self._reactor.notice, self._resolver)
        # Until the new source has answered, the servers stay that were there.
        pool.apply(replace(config, servers=pool.config.servers), pool.ring)
        self._discovered[pool.name] = discovered
        self._nursery.start_soon(discovered.run, name=f"discovery of {pool.name}")

    def report_discovery(self) -> Iterator[tuple[str, object]]:
        for discovered in self._discovered.values():
            yield from discovered.report()

    def _embedded(self, name: str) -> EmbeddedBackend:
        """The store of that name: one, however many pools use it."""
        backend = self._stores.get(name)
        if backend is None:
            memory = self.plan.config.memory[name]
            store = Store(memory.max_bytes, memory.max_item, Lru(), Dynamic(), memory.on_full)
            backend = EmbeddedBackend(f"memory://{name}", store, self._reactor.counters)
            self._stores[name] = backend
        return backend

    def _route(self) -> Route:
        """What a session hands its calls to. The policies are put together here, and nowhere else."""
        config = self.plan.config
        default = self._pools[config.proxy.default_pool].route
        if not config.routes:
            return default
        return PrefixRoute(
            [
                (route.prefix.encode(errors="surrogateescape"), self._pools[route.pool].route)
                for route in config.routes
            ],
            default,
        )

    def close(self) -> None:
        """Close everything at once. Clients first: nobody shall hear of backends closing."""
        self.clients.close_all()
        for pool in self._pools.values():
            pool.close()


def _client_limits(config: Config) -> ClientLimits:
    proxy = config.proxy
    return ClientLimits(
        max_connections=min(proxy.max_connections, descriptors_for_clients(config)),
        stall_timeout=proxy.stall_timeout,
        buffer_memory=proxy.buffer_memory,
        session=SessionLimits(
            max_in_flight=proxy.max_in_flight,
            max_value=proxy.max_value,
            allow_flush_all=proxy.allow_flush_all,
        ),
    )


def descriptors_for_clients(config: Config) -> int:
    """How many clients the limit of descriptors allows, when the backends have theirs; at least one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Twice: while a connection is fenced in, its successor is there already.
    backends = 2 * sum(pool.connections * len(pool.servers) for pool in config.pools.values())
    return max(soft - _RESERVED_DESCRIPTORS - backends, 1)


def fixed_at_start(old: Config, new: Config) -> list[str]:
    """The keys that differ and take a restart."""
    keys = [
        key
        for key in ("listen", "admin", "socket_mode")
        if getattr(old.proxy, key) != getattr(new.proxy, key)
    ]
    changed = [f"proxy.{key}" for key in keys]
    changed += [
        f"memory.{name}" for name, memory in new.memory.items() if old.memory.get(name, memory) != memory
    ]
    if old.log.format != new.log.format:
        changed.append("log.format")
    return changed
