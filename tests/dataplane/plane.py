"""A data plane without processes: two links, their clients, and the other ends of their sockets in the test's hands."""

import socket
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self

from proxy.dataplane.clients import ClientLimits, Clients
from proxy.dataplane.counters import Counters
from proxy.dataplane.link import Link
from proxy.dataplane.reactor import Reactor
from proxy.dataplane.session import SessionLimits
from proxy.protocol.request import Request
from proxy.routes.pool_route import PoolRoute
from tests.servers import wait_until

_READ_SIZE: Final = 1 << 20


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of one TCP connection: unlike a socketpair it can be reset and half-closed by its kernel."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    near.setblocking(False)
    return near, far


class NoLocalCommands:
    """Every local command is answered ``OK``."""

    def answer(self, request: Request) -> bytes:  # noqa: ARG002
        return b"OK\r\n"


class Plane:
    """A reactor that the test pumps.

    :ivar link: of all keys but those that begin with "other"
    :ivar notices: what an operator was told
    """

    def __init__(
        self,
        *,
        timeout: float = 5.0,
        max_in_flight: int = 1000,
        client_max_in_flight: int = 1000,
        buffer_memory: int = 1 << 30,
        max_connections: int = 100,
        stall_timeout: float = 30.0,
    ) -> None:
        self.notices: list[tuple[str, dict[str, Any]]] = []
        self.counters = Counters()
        self.reactor = Reactor(self.counters, self._notice)
        link, other = (
            Link(self.reactor, name, timeout=timeout, max_in_flight=max_in_flight, miss_on_error=False)
            for name in ("main.one", "main.other")
        )
        self.link, self.other = link, other
        self.clients = Clients(
            self.reactor,
            PoolRoute(lambda key: other if key.startswith(b"other") else link, [link, other]),
            NoLocalCommands(),
            ClientLimits(
                max_connections=max_connections,
                stall_timeout=stall_timeout,
                buffer_memory=buffer_memory,
                session=SessionLimits(
                    max_in_flight=client_max_in_flight, max_value=1 << 20, allow_flush_all=True
                ),
            ),
        )
        self.budget = self.clients.budget
        self._sockets: list[socket.socket] = []

    def _notice(self, event: str, **details: Any) -> None:
        self.notices.append((event, details))

    def connect(self, *, buffer: int = 0) -> socket.socket:
        """A client's end; non-blocking.

        :param buffer: bytes that the connection holds, about; 0: a TCP connection with all that its kernel gives it
        """
        if buffer:
            ours, theirs = socket.socketpair()
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        else:
            ours, theirs = tcp_pair()
        theirs.setblocking(False)
        self._sockets.append(theirs)
        self.clients.open(ours)
        return theirs

    def attach(self, link: Link | None = None, removals: Sequence[Request] = ()) -> socket.socket:
        """Give the link a socket; the backend's end, non-blocking."""
        ours, theirs = tcp_pair()
        theirs.setblocking(False)
        self._sockets.append(theirs)
        (link or self.link).attach(ours, list(removals))
        return theirs

    def pump(self) -> None:
        """Until nothing is ready; fails when that does not come to an end."""
        for _ in range(1000):
            if not self.reactor.pump(0.001):
                return
        raise AssertionError("the reactor spins")

    def sweep(self) -> None:
        """Act on every deadline that has passed."""
        self.reactor.sweep(time.monotonic())

    def pump_until(self, condition: Callable[[], bool], what: str) -> None:
        def is_met() -> bool:
            self.pump()
            return condition()

        wait_until(is_met, what)

    def receive(self, sock: socket.socket, size: int) -> bytes:
        """Pump until `size` bytes have come to `sock`."""
        received = b""

        def is_complete() -> bool:
            nonlocal received
            self.pump()
            try:
                received += sock.recv(_READ_SIZE)
            except BlockingIOError:
                pass
            return len(received) >= size

        wait_until(is_complete, f"{size} bytes")
        return received

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clients.close_all()
        self.link.close()
        self.other.close()
        self.reactor.close()
        for sock in self._sockets:
            sock.close()
