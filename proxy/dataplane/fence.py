"""The fence around a connection in doubt.

Giving a connection up does not take its writes back: what a hung backend has not read yet it executes when it
wakes, even after a close or a reset, and possibly after newer writes that came on a new connection. So a
connection whose writes have an unknown outcome is half-closed and read, everything discarded, until the
backend ends it: then it has executed all it ever will. Only after that may the backend's next connection take
traffic (`Link.attach`). A fence that does not close in time is broken: the connection is reset, and the keys
in doubt are deleted before anything else is sent.
"""

import contextlib
import select
import socket
import struct
from collections.abc import Callable
from typing import Final, final

import trio

from proxy.dataplane.reactor import Reactor
from proxy.protocol.request import Request

_READ_SIZE: Final = 65536
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends a reset


@final
class Fence:
    """A half-closed connection that is read until its end.

    :param removals: the requests that delete the keys in doubt
    :param on_closed: called with the fence when the backend has ended the connection
    """

    __slots__ = ("_on_closed", "_reactor", "_sock", "removals")

    def __init__(
        self,
        reactor: Reactor,
        sock: socket.socket,
        removals: list[Request],
        on_closed: "Callable[[Fence], None]",
    ) -> None:
        self._reactor = reactor
        self._sock = sock
        self._on_closed = on_closed
        self.removals = removals
        with contextlib.suppress(OSError):  # already broken: the read will tell
            sock.shutdown(socket.SHUT_WR)
        reactor.register(sock.fileno(), select.EPOLLIN, self)

    def on_ready(self, mask: int) -> None:  # noqa: ARG002 - every event is answered by reading
        try:
            if self._sock.recv(_READ_SIZE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # a reset ends it as well as an end of file does
        self._close()
        self._on_closed(self)

    def flush(self) -> None:
        """Nothing is ever written."""

    def abort(self, reason: str) -> None:  # noqa: ARG002
        self.break_open()
        self._on_closed(self)

    def break_open(self) -> None:
        """Reset the connection without waiting for its end."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._close()

    def _close(self) -> None:
        self._reactor.unregister(self._sock.fileno())
        self._sock.close()


@final
class Fences:
    """The fences of one link."""

    __slots__ = ("_all_closed", "_fences", "_reactor")

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._fences: list[Fence] = []
        self._all_closed = trio.Event()

    def __len__(self) -> int:
        return len(self._fences)

    def add(self, sock: socket.socket, removals: list[Request]) -> None:
        """Fence in a connection in doubt.

        :param removals: the requests that delete the keys in doubt
        """
        self._fences.append(Fence(self._reactor, sock, removals, self._closed))

    def _closed(self, fence: Fence) -> None:
        self._fences.remove(fence)
        self._reactor.counters.fences_closed += 1
        if not self._fences:
            self._all_closed.set()

    async def wait_closed(self) -> None:
        """Wait until every connection in doubt has come to its end."""
        while self._fences:
            self._all_closed = trio.Event()
            await self._all_closed.wait()

    def break_open(self) -> list[Request]:
        """Reset the connections that have not come to their end; the requests that delete their keys."""
        if self._fences:
            self._reactor.catch_up()  # the end of some may have come, and only this process was late
        removals: dict[bytes, Request] = {}
        for fence in self._fences:
            fence.break_open()
            removals.update((removal.wire, removal) for removal in fence.removals)
            self._reactor.counters.fences_forced += 1
        self._fences.clear()
        return list(removals.values())
