"""Waiting in trio for what real servers bring about: polled, each wait bounded."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from proxy.config import TcpAddress
from proxy.discovery.dns_resolver import DnsResolver
from tests.servers import DEADLINE

NO_FILE = Path("/nonexistent/resolv.conf")


async def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Poll until `condition` holds; fails with `what` was waited for."""
    with trio.move_on_after(DEADLINE):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in threads and processes
            await trio.sleep(0.005)
        return
    raise AssertionError(f"not within {DEADLINE} s: {what}")


def resolver_at(server: TcpAddress, *, timeout: float = 5, resolv_conf: Path = NO_FILE) -> DnsResolver:
    """A resolver that asks `server` only, whatever the machine is set up with."""
    return DnsResolver(server, resolv_conf=resolv_conf, timeout=timeout)


@asynccontextmanager
async def longest_gap() -> AsyncIterator[Callable[[], float]]:
    """How long trio's other tasks had to wait for their turn at worst, in seconds."""
    worst = 0.0
    last = trio.current_time()

    def note() -> None:
        nonlocal worst, last
        now = trio.current_time()
        worst = max(worst, now - last)
        last = now

    async def tick() -> None:
        while True:
            await trio.sleep(0.001)
            note()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        yield lambda: worst
        note()
        nursery.cancel_scope.cancel()
