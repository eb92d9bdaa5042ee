"""All sessions: who is connected, how many may be, and who has to go when too much is held."""

import contextlib
import socket
import time
from dataclasses import dataclass
from typing import Final, final

import trio

from proxy.dataplane.budget import Budget
from proxy.dataplane.reactor import Reactor
from proxy.dataplane.session import LocalCommands, Route, Session, SessionLimits, SessionShared
from proxy.protocol.errors import TOO_MANY_CONNECTIONS

_SWEEP_INTERVAL: Final = 1.0  # s; stall_timeout is counted in many of these


@final
@dataclass(frozen=True, slots=True)
class ClientLimits:
    """What all clients together and each of them may.

    :ivar max_connections: a further client is told so and closed
    :ivar stall_timeout: s without progress after which a client that owes something is closed
    :ivar buffer_memory: bytes, see `Budget`
    """

    max_connections: int
    stall_timeout: float
    buffer_memory: int
    session: SessionLimits


@final
class Clients:
    """The sessions, by identity.

    :param limits: of all together and of each
    """

    __slots__ = ("_all_gone", "_limits", "_sessions", "_shared")

    def __init__(
        self,
        reactor: Reactor,
        route: Route,
        local: LocalCommands,
        limits: ClientLimits,
    ) -> None:
        self._shared = SessionShared(
            reactor, route, local, self, Budget(limits.buffer_memory), limits.session
        )
        self._limits = limits
        self._sessions: set[Session] = set()
        self._all_gone = trio.Event()

    @property
    def budget(self) -> Budget:
        return self._shared.budget

    def __len__(self) -> int:
        return len(self._sessions)

    def configure(self, route: Route, limits: ClientLimits) -> None:
        """Serve by these from now on. Calls on their way stay where they are."""
        self._limits = limits
        self._shared.route = route
        self._shared.limits = limits.session
        self._shared.budget.configure(limits.buffer_memory)
        for session in self._sessions:
            session.configure(limits.session)

    def open(self, sock: socket.socket) -> None:
        """Serve a client that has connected."""
        shared = self._shared
        counters = shared.reactor.counters
        sock.setblocking(False)
        if len(self._sessions) >= self._limits.max_connections:
            counters.clients_refused += 1
            shared.reactor.notice(
                "too many connections: a client was refused", limit=self._limits.max_connections
            )
            with contextlib.suppress(OSError):
                sock.send(TOO_MANY_CONNECTIONS)
            sock.close()
            return
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        counters.clients_accepted += 1
        counters.clients_open += 1
        self._sessions.add(Session(sock, shared))

    def closed(self, session: Session) -> None:
        self._sessions.discard(session)
        self._shared.reactor.counters.clients_open -= 1
        if not self._sessions:
            self._all_gone.set()

    def over_budget(self) -> None:
        """Close whoever holds most. Rare, so that a search through all costs nothing in sum."""
        shared = self._shared
        worst = max(self._sessions, key=lambda session: session.held, default=None)
        if worst is not None:
            shared.reactor.counters.clients_dropped_over_budget += 1
            shared.reactor.notice(
                "buffer_memory exhausted: closed the client that held most", held=worst.held
            )
            worst.close()

    async def close_stalled(self) -> None:
        """Close clients that owe something and make no progress. Runs until cancelled."""
        shared = self._shared
        while True:
            due = time.monotonic() + _SWEEP_INTERVAL
            await trio.sleep(_SWEEP_INTERVAL)
            now = time.monotonic()
            if now - due > _SWEEP_INTERVAL:
                continue  # this process stood still, and its clients perhaps with it
            since = now - self._limits.stall_timeout
            shared.reactor.catch_up()
            for session in [one for one in self._sessions if one.progress_at and one.progress_at < since]:
                shared.reactor.counters.clients_dropped_stalled += 1
                shared.reactor.notice("a client made no progress and was closed", client=repr(session))
                session.close()

    async def wait_all_gone(self) -> None:
        while self._sessions:
            self._all_gone = trio.Event()
            await self._all_gone.wait()

    def end_all(self) -> None:
        """Close each as soon as nothing on it is unanswered, what has come already included."""
        self._shared.reactor.catch_up()
        for session in list(self._sessions):
            session.end()
        self._shared.reactor.flush()

    def close_all(self) -> None:
        for session in list(self._sessions):
            session.close()
