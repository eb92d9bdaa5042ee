"""Pools whose servers are discovered: from the membership that a watch tells to the pool that serves by it."""

from collections.abc import Iterator
from typing import Final, final

import trio
from msgspec.structs import replace

from proxy.config import PoolConfig, Server
from proxy.dataplane.reactor import Notice
from proxy.discovery import Member, Resolver, Settings, Watch
from proxy.pools.pool import Pool, build_ring
from proxy.ring import Ring

_SAMPLE: Final = 2000  # keys by which the share that moved is told


@final
class DiscoveredServers:
    """Keeps one pool at what its source says.

    The configuration of a pool with discovery names no servers; `with_servers` adds those there are now.
    """

    def __init__(self, pool: Pool, config: PoolConfig, notice: Notice, resolver: Resolver) -> None:
        self._pool = pool
        self._notice = notice
        self._servers: tuple[Server, ...] = ()
        self._changed = trio.Event()
        self._scope = trio.CancelScope()
        self.source = source_of(config)
        self._watch = Watch(
            config.discovery[0],
            Settings(ttl_min=config.ttl_min, ttl_max=config.ttl_max, forget_after=config.forget_after),
            self._take,
            notice,
            resolver=resolver,
        )

    def with_servers(self, config: PoolConfig) -> PoolConfig:
        return replace(config, servers=self._servers)

    def _take(self, members: tuple[Member, ...]) -> None:
        self._servers = tuple(
            Server(address=member.address, name=member.name, weight=member.weight) for member in members
        )
        self._changed.set()

    async def run(self) -> None:
        """Follow the source until cancelled."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._watch.run, name=f"discovery {self._watch.name}")
                while True:
                    await self._changed.wait()
                    self._changed = trio.Event()
                    await self._apply()

    async def _apply(self) -> None:
        old = self._pool.config
        new = self.with_servers(old)
        ring, moved = await trio.to_thread.run_sync(_ring_and_share_moved, old, new)
        if self._pool.config is not old:
            self._changed.set()  # reloaded meanwhile: once more with what is configured now
            return
        self._pool.apply(new, ring)
        self._notice(
            "the servers of a pool have changed",
            source=self._watch.name,
            pool=self._pool.name,
            servers=[server.label for server in new.servers],
            moved=f"{moved:.0%}",
        )

    def stop(self) -> None:
        self._scope.cancel()

    def report(self) -> Iterator[tuple[str, object]]:
        for name, value in self._watch.report():
            yield f"{self._pool.name}:{name}", value


def source_of(config: PoolConfig) -> object:
    """What a watch depends on: when it differs, another watch is needed."""
    return config.discovery, config.ttl_min, config.ttl_max, config.forget_after


def _ring_and_share_moved(old: PoolConfig, new: PoolConfig) -> tuple[Ring | None, float]:
    before, after = build_ring(old), build_ring(new)
    if before is None or after is None:
        return after, 1.0
    moved = 0
    for number in range(_SAMPLE):
        key = b"%d" % number
        if old.servers[before.locate(key)].label != new.servers[after.locate(key)].label:
            moved += 1
    return after, moved / _SAMPLE
