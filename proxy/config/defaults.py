"""Defaults that depend on other keys."""

from collections.abc import Callable
from types import MappingProxyType

from msgspec.structs import replace

from proxy.config.address import MemoryAddress
from proxy.config.paths import Path
from proxy.config.schema import Config, MemoryConfig


def settle(config: Config, is_given: Callable[[Path], bool]) -> Config:
    """`config` with these defaults put in; nothing that was given is changed."""
    return _memory(_routes(_replication(_default_pool(config, is_given), is_given), is_given))


def _default_pool(config: Config, is_given: Callable[[Path], bool]) -> Config:
    if (
        is_given(("proxy", "default_pool"))
        or config.proxy.default_pool in config.pools
        or len(config.pools) != 1
    ):
        return config
    return replace(config, proxy=replace(config.proxy, default_pool=next(iter(config.pools))))


def _replication(config: Config, is_given: Callable[[Path], bool]) -> Config:
    replication = config.replication
    if not is_given(("replication", "from")):
        replication = replace(replication, from_=config.proxy.default_pool)
    if replication.spool.path and not is_given(("replication", "queue", "on_full")):
        replication = replace(replication, queue=replace(replication.queue, on_full="spool"))
    return replace(config, replication=replication)


def _routes(config: Config, is_given: Callable[[Path], bool]) -> Config:
    routes = []
    for index, route in enumerate(config.routes):
        pool = route.pool if is_given(("routes", index, "pool")) else config.proxy.default_pool
        ttl = route.hot_cache_ttl if is_given(("routes", index, "hot_cache_ttl")) else config.hot_cache.ttl
        routes.append(replace(route, pool=pool, hot_cache_ttl=ttl))
    return replace(config, routes=tuple(routes))


def _memory(config: Config) -> Config:
    names = [
        server.address.name
        for pool in config.pools.values()
        for server in pool.servers
        if isinstance(server.address, MemoryAddress)
    ]
    stores = dict.fromkeys(names, MemoryConfig()) | dict(config.memory)
    return replace(config, memory=MappingProxyType(stores))
