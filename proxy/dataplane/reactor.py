"""The reactor: an epoll set of its own, pumped by one trio task.

Theory of operation
-------------------
A task switch per message costs more than all work on it, so trio never sees a client or backend socket. It
sees one descriptor, the epoll set's, and wakes one task when anything in the set is ready. `Reactor.turn` then
runs synchronously: poll, let each ready endpoint read and decide, write what became sendable, poll again.
While traffic flows it lingers in the poll for up to LINGER seconds instead of going back through the
scheduler after each event; MAX_TURN bounds the whole, since trio's timers and other tasks wait meanwhile.

Each pump has two halves. First every ready endpoint reads; what it wants to write it only collects, and asks
to be flushed. Then every such endpoint is flushed once: requests of many clients to one backend leave in one
packet, and so do the replies to one client.

Descriptors are level-triggered. EPOLLERR and EPOLLHUP cannot be masked: an endpoint has to act on them even
while it does not want to read, or the pump would spin.
"""

import select
import time
from collections.abc import Callable
from typing import Final, Protocol, final

import trio

from proxy.dataplane.counters import Counters

LINGER: Final = 0.001  # s; epoll's own resolution
MAX_TURN: Final = 0.01  # s without giving trio's other tasks their turn
MAX_EVENTS: Final = 256  # per poll, so that flushing is never far away
_OVERSLEPT: Final = 0.02  # s behind a deadline that no busy turn explains
_QUIET_ROUNDS: Final = 64  # polls before a sweep, at most

Notice = Callable[..., None]
"""``notice(event, **details)``: something an operator should know; never called per request."""


class Abortable(Protocol):
    """Something that belongs to one connection."""

    def abort(self, reason: str) -> None:
        """Give the connection up after an unexpected exception."""
        ...


class Endpoint(Abortable, Protocol):
    """Something with a descriptor in the reactor."""

    def on_ready(self, mask: int) -> None:
        """Read, or note that writing is possible again. Must not block."""
        ...

    def flush(self) -> None:
        """Write what was collected since the last flush."""
        ...


class Sweepable(Protocol):
    """Something with deadlines."""

    def next_deadline(self) -> float:
        """The earliest time at which `sweep` has something to do; infinity if none."""
        ...

    def sweep(self, now: float) -> None:
        """Act on every deadline that has passed. Everything readable has been read before."""
        ...


@final
class Reactor:
    """The epoll set and the turn of everything in it.

    :ivar now: the monotonic time of the current pump, in seconds
    """

    def __init__(self, counters: Counters, notice: Notice) -> None:
        self._epoll = select.epoll()
        self._endpoints: dict[int, Endpoint] = {}
        self._unflushed: list[Endpoint] = []
        self._sweepables: list[Sweepable] = []
        self._sweep_needed = trio.Event()
        self._shortest = float("inf")
        self.counters = counters
        self.notice = notice
        self.now = time.monotonic()

    # ---- for endpoints ----

    def register(self, fd: int, mask: int, endpoint: Endpoint) -> None:
        self._epoll.register(fd, mask)
        self._endpoints[fd] = endpoint

    def modify(self, fd: int, mask: int) -> None:
        self._epoll.modify(fd, mask)

    def unregister(self, fd: int) -> None:
        """Forget a descriptor, before it is closed. Its events of the current batch are dropped."""
        if self._endpoints.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def flush_later(self, endpoint: Endpoint) -> None:
        """Flush `endpoint` at the end of this pump. It must not ask again before it was flushed."""
        self._unflushed.append(endpoint)

    def tick(self) -> None:
        """Read the clock. For callers outside of a pump, before anything that looks at `now`."""
        self.now = time.monotonic()

    def crashed(self, culprit: Abortable, error: Exception) -> None:
        """An unexpected exception: counted, told with its cause, and the one connection given up."""
        self.counters.crashes += 1
        where = repr(culprit)
        try:
            culprit.abort("internal error")
        except Exception as second:  # noqa: BLE001 - the pump must go on; it is told like the first
            self.notice("unexpected exception while giving up", where=where, exc_info=second)
        self.notice("unexpected exception in the data plane", where=where, exc_info=error)

    # ---- the pump ----

    def pump(self, timeout: float = 0.0) -> int:
        """One poll of at most `timeout` seconds and all that follows from it; the number of events."""
        events = self._epoll.poll(timeout, MAX_EVENTS)
        self.now = time.monotonic()
        endpoints = self._endpoints
        for fd, mask in events:
            endpoint = endpoints.get(fd)
            if endpoint is not None:  # else closed by an earlier event of this batch
                try:
                    endpoint.on_ready(mask)
                except Exception as error:  # noqa: BLE001
                    self.crashed(endpoint, error)
        self._flush_all()
        return len(events)

    def flush(self) -> None:
        """Flush all that asked for it. For callers outside of a pump: trio tasks that changed something."""
        self.tick()  # a session that is flushed may take up its backlog, and with it set deadlines
        self._flush_all()

    def _flush_all(self) -> None:
        while self._unflushed:
            batch = self._unflushed
            self._unflushed = []
            for endpoint in batch:
                try:
                    endpoint.flush()
                except Exception as error:  # noqa: BLE001
                    self.crashed(endpoint, error)

    def turn(self) -> None:
        """Pump until nothing happened for LINGER, or MAX_TURN has passed."""
        end = time.monotonic() + MAX_TURN
        while self.pump(LINGER) and self.now < end:
            pass

    async def run(self) -> None:
        """Turn whenever a descriptor of the set is ready. Runs until cancelled."""
        fd = self._epoll.fileno()
        while True:
            await trio.lowlevel.wait_readable(fd)
            self.turn()

    # ---- deadlines ----

    def add_sweepable(self, sweepable: Sweepable, shortest: float) -> None:
        """:param shortest: s; it sets no deadline nearer than this"""
        self._sweepables.append(sweepable)
        self.expect_deadlines(shortest)

    def expect_deadlines(self, shortest: float) -> None:
        """Some will be only so many seconds ahead when they are set."""
        self._shortest = min(self._shortest, shortest)

    def remove_sweepable(self, sweepable: Sweepable) -> None:
        self._sweepables.remove(sweepable)

    def wake_sweeper(self) -> None:
        """A deadline exists where there may have been none."""
        self._sweep_needed.set()

    async def sweep_deadlines(self) -> None:
        """Sweep whenever the earliest deadline has passed. Runs until cancelled."""
        while True:
            earliest = min((item.next_deadline() for item in self._sweepables), default=float("inf"))
            if earliest == float("inf"):
                self._sweep_needed = trio.Event()
                await self._sweep_needed.wait()
                continue
            # A nearer deadline may be set meanwhile without a word, but none that `_shortest` would sleep through.
            # The lower bound keeps a backend that times out request after request from costing a sweep each.
            await trio.sleep(max(min(earliest - time.monotonic(), self._shortest), 0.002))
            now = time.monotonic()
            if now - earliest > _OVERSLEPT:
                # This process stood still, perhaps with requests that it had not sent yet: their replies get a chance.
                await trio.sleep(min(now - earliest, self._shortest))
            self.sweep(now)

    def catch_up(self) -> None:
        """Read all that is readable, before a judgement: a proxy that was throttled must not blame others."""
        for _ in range(_QUIET_ROUNDS):
            if not self.pump(0.0):
                break

    def sweep(self, now: float) -> None:
        """Act on the deadlines that had passed at `now`, before everything readable was read once more.

        Not on later ones: the process may have stood still since then.
        """
        self.catch_up()
        for item in list(self._sweepables):
            if item.next_deadline() <= now:
                item.sweep(now)
        self.flush()

    def close(self) -> None:
        self._epoll.close()

    def __len__(self) -> int:
        return len(self._endpoints)
