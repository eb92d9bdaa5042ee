"""A link: one connection of a backend, over all the sockets it has in its life.

States and what happens to a call in each:

======== ============================================== =====================================================
OPENING  a first attempt to connect is under way        waits, within its deadline and the limit of calls
LIVE     a socket is attached and behind its fence      sent; its reply is matched first in, first out
DOWN     the attempt failed; another one will follow    fails at once
======== ============================================== =====================================================

A reply that does not fit, bytes that nobody asked for, a deadline passed, an end of file: each gives the
socket up and fails everything queued on it, for after a doubt no byte of a connection is trusted again. A
plain read that was waiting when a connection broke, with nothing of its reply received, goes once more on the
next one; a write never does. Dialling itself is a task elsewhere (`proxy.pools.dialler`): it awaits
`wait_needs_socket` and calls `attach` or `dial_failed`.
"""

import select
import socket
from collections import deque
from typing import Final, final

import trio

from proxy.dataplane import troubles
from proxy.dataplane.call import Call, Nobody
from proxy.dataplane.counters import Counters
from proxy.dataplane.fence import Fences
from proxy.dataplane.outbox import Outbox
from proxy.dataplane.reactor import Reactor
from proxy.protocol.commands import FLUSH_ALL, VALUES
from proxy.protocol.reply import END, BadReplyError, ReplyParser
from proxy.protocol.request import Request

OPENING: Final = "opening"
LIVE: Final = "live"
DOWN: Final = "down"

_READ_SIZE: Final = 65536
_NEVER: Final = float("inf")
_LARGE: Final = 4096  # bytes; smaller requests are bounded well enough by their number
#: Bytes of large requests in flight on one link. A backend that stops reading would otherwise be owed
#: max_in_flight values of the greatest size.
MAX_LARGE_BYTES: Final = 32 * 1024 * 1024


@final
class Link:
    """One connection of a backend.

    :param timeout: s from handing over a call to its failure
    :param max_in_flight: calls queued at most
    :param miss_on_error: a read that fails is told a miss (``on_error = "miss"``)
    :ivar fences: its former sockets that are in doubt
    :ivar name: of the backend, for the log
    """

    __slots__ = (
        "_answered_at",
        "_charged",
        "_counters",
        "_drained",
        "_fifo",
        "_is_flushing_later",
        "_large_bytes",
        "_max_in_flight",
        "_miss_on_error",
        "_needs_socket",
        "_outbox",
        "_owed_removals",
        "_parser",
        "_reactor",
        "_sock",
        "_timeout",
        "_waiting",
        "fences",
        "last_error",
        "name",
        "state",
    )

    def __init__(
        self, reactor: Reactor, name: str, *, timeout: float, max_in_flight: int, miss_on_error: bool
    ) -> None:
        self._reactor = reactor
        self._counters: Counters = reactor.counters
        self._timeout = timeout
        self._max_in_flight = max_in_flight
        self._miss_on_error = miss_on_error
        self._fifo: deque[Call] = deque()
        self._waiting: deque[Call] = deque()
        self._outbox = Outbox()
        self._parser = ReplyParser()
        self._sock: socket.socket | None = None
        self._is_flushing_later = False
        self._large_bytes = 0
        self._answered_at = 0.0  # when a call last had its whole reply
        self._owed_removals: list[Request] = []  # not acknowledged by the connection that they went to
        self._charged = 0  # bytes of a half-read reply, charged to the owner at the head of the queue
        self._needs_socket = trio.Event()
        self._needs_socket.set()
        self._drained: trio.Event | None = None
        self.fences = Fences(reactor)
        self.name = name
        self.state = OPENING
        self.last_error = ""
        reactor.add_sweepable(self, timeout)

    def __repr__(self) -> str:
        return f"<Link {self.name} {self.state} in_flight={len(self._fifo)} waiting={len(self._waiting)}>"

    @property
    def in_flight(self) -> int:
        """Calls sent or waiting to be."""
        return len(self._fifo) + len(self._waiting)

    def configure(self, *, timeout: float, max_in_flight: int, miss_on_error: bool) -> None:
        """Change what may change while it runs; calls that were sent keep their deadlines."""
        self._timeout = timeout
        self._max_in_flight = max_in_flight
        self._miss_on_error = miss_on_error
        self._reactor.expect_deadlines(timeout)

    # ---- calls ----

    def send(self, call: Call) -> None:
        """Take a call over: `call.owner` will hear of it exactly once, within the timeout."""
        fifo = self._fifo
        call.deadline = self._reactor.now + self._timeout
        if self.state is not LIVE:
            self._send_offline(call)
            return
        wire = call.request.wire
        if len(fifo) >= self._max_in_flight or (len(wire) > _LARGE and not self._admit_large(len(wire))):
            self._counters.backend_overloads += 1
            self._fail(call, troubles.BACKEND_OVERLOADED)
            return
        fifo.append(call)
        self._outbox.parts.append(wire)
        if not self._is_flushing_later:
            self._is_flushing_later = True
            self._reactor.flush_later(self)

    def _admit_large(self, size: int) -> bool:
        if self._large_bytes and self._large_bytes + size > MAX_LARGE_BYTES:
            return False
        self._large_bytes += size
        return True

    def _send_offline(self, call: Call) -> None:
        size = len(call.request.wire)
        if self.state is DOWN:
            self._fail(call, troubles.BACKEND_DOWN)
        elif len(self._waiting) >= self._max_in_flight or (size > _LARGE and not self._admit_large(size)):
            self._counters.backend_overloads += 1
            self._fail(call, troubles.BACKEND_OVERLOADED)
        else:
            self._waiting.append(call)
            self._reactor.wake_sweeper()

    def _fail(self, call: Call, reason: bytes) -> None:
        self._counters.failed_requests += 1
        if call.request.command.shape == VALUES:
            self._counters.get_failures += len(call.request.keys) or 1
        try:
            call.fail(reason, self._miss_on_error)
        except Exception as error:  # noqa: BLE001 - the calls behind it must be told too
            self._reactor.crashed(call.owner, error)

    def _fail_first_waiting(self, reason: bytes) -> None:
        call = self._waiting.popleft()
        if len(call.request.wire) > _LARGE:
            self._large_bytes -= len(call.request.wire)
        self._fail(call, reason)

    # ---- the reactor's side ----

    def on_ready(self, mask: int) -> None:
        sock = self._sock
        if sock is None:
            return
        if mask & select.EPOLLOUT:
            self._write()
            if self._sock is not sock or not mask & ~select.EPOLLOUT:
                return
        try:
            data = sock.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"read: {error.strerror or error}")
            return
        if not data:
            self._lose("closed by the backend")
            return
        fifo = self._fifo
        parser = self._parser
        counters = self._counters
        now = self._reactor.now
        if self._charged:
            parser.receive(data, discard=fifo[0].owner.is_gone)
        else:
            parser.receive(data)
        next_reply = parser.next_reply
        while fifo:
            call = fifo[0]
            request = call.request
            try:
                reply = next_reply(request)
            except BadReplyError as error:
                counters.backend_bad_replies += 1
                self._doubt(str(error), troubles.BAD_BACKEND_REPLY)
                return
            if reply is None:
                self._charge(call, parser.held)
                return
            fifo.popleft()
            self._answered_at = now
            if self._charged:
                self._charge(call, 0)
            if reply == END:
                if request.keys:
                    call.values = parser.values
                    parser.values = []
                    counters.get_misses += call.values.count(b"")
                else:
                    counters.get_misses += 1
            if self._large_bytes and len(request.wire) > _LARGE:
                self._large_bytes -= len(request.wire)
            call.reply = reply
            try:
                call.owner.complete(call)
            except Exception as error:  # noqa: BLE001 - the owner's fault must not cost this link its place
                self._reactor.crashed(call.owner, error)
        if self._drained is not None:
            self._drained.set()
        if parser.has_rest:
            counters.backend_bad_replies += 1
            self._doubt("unsolicited bytes", troubles.BAD_BACKEND_REPLY)

    def _charge(self, call: Call, held: int) -> None:
        if held != self._charged:
            call.owner.charge(held - self._charged)
            self._charged = held

    def flush(self) -> None:
        self._is_flushing_later = False
        if self._sock is not None and not self._outbox.is_blocked:
            self._write()
            self._reactor.wake_sweeper()

    def _write(self) -> None:
        sock, outbox = self._sock, self._outbox
        if sock is None:
            return
        was_blocked = outbox.is_blocked
        try:
            outbox.send(sock)
        except OSError as error:
            self._lose(f"write: {error.strerror or error}")
            return
        if outbox.is_blocked is not was_blocked:
            mask = select.EPOLLIN | select.EPOLLOUT if outbox.is_blocked else select.EPOLLIN
            self._reactor.modify(sock.fileno(), mask)

    def abort(self, reason: str) -> None:
        self._doubt(reason, troubles.BACKEND_CLOSED)

    # ---- deadlines ----

    def next_deadline(self) -> float:
        if self._fifo:
            return self._fifo[0].deadline
        return self._waiting[0].deadline if self._waiting else _NEVER

    def sweep(self, now: float) -> None:
        if self._fifo and self._fifo[0].deadline <= now:
            self._counters.backend_timeouts += 1
            if now - self._answered_at < self._timeout:
                self._fail_late(now)
            else:
                self._doubt("timeout", troubles.BACKEND_TIMEOUT)
        while self._waiting and self._waiting[0].deadline <= now:
            self._fail_first_waiting(troubles.BACKEND_TIMEOUT)

    def _fail_late(self, now: float) -> None:
        """Fail the calls whose time is over on a connection that goes on answering.

        It is busy with others, and not in doubt: their replies still come in their turn, and answer nobody.
        """
        late: list[Call] = []
        if self._charged:
            self._charge(self._fifo[0], 0)  # the reply under way is for nobody from now on
        again = now + self._timeout  # when to look at what is late again, at the latest
        for index, call in enumerate(self._fifo):
            if call.deadline > now:
                again = call.deadline
                break
            if call.owner is not _LATE and call.owner is not _NOBODY:
                late.append(call)
                self._fifo[index] = Call(call.request, _LATE)
        for call in self._fifo:
            if call.deadline > now:
                break
            call.deadline = again
        for call in late:
            self._fail(call, troubles.BACKEND_TIMEOUT)

    # ---- giving a socket up ----

    def _lose(self, reason: str) -> None:
        """The backend ended the connection: nothing more of it will be executed."""
        self._counters.backend_losses += 1
        calls, sock = self._give_up(reason)
        if sock is not None:
            sock.close()
        for index, call in enumerate(calls):
            is_untouched = index > 0 or self._parser.is_idle
            if (
                is_untouched
                and call.request.command.retry_safe
                and not call.is_retry
                and not call.owner.is_gone
            ):
                call.is_retry = True
                self._counters.backend_retries += 1
                self._waiting.append(call)
                if len(call.request.wire) > _LARGE:
                    self._large_bytes += len(call.request.wire)
            elif call.owner is _NOBODY:
                self._owed_removals.append(call.request)
            elif call.owner is not _LATE:
                self._fail(call, troubles.BACKEND_CLOSED)
        self._parser = ReplyParser()
        self._reactor.wake_sweeper()

    def _doubt(self, reason: str, reply: bytes) -> None:
        """The connection may still execute or answer something: fence it in."""
        calls, sock = self._give_up(reason)
        self._parser = ReplyParser()
        if sock is not None:
            removals = [
                call.request if call.owner is _NOBODY else call.request.removal()
                for call in calls
                if call.request.command.writes and (call.request.key or call.owner is _NOBODY)
            ]
            if any(call.request.command.writes for call in calls):
                self.fences.add(sock, removals)
            else:
                sock.close()  # nothing but reads: whatever still answers them, answers nobody
        for call in calls:
            if call.owner is not _LATE:
                self._fail(call, reply)

    def _detach(self, reason: str) -> tuple[list[Call], socket.socket | None]:
        """Take the socket out of service; the calls that were queued on it."""
        sock = self._sock
        self._sock = None
        if sock is not None:
            self._reactor.unregister(sock.fileno())
        calls = list(self._fifo)
        self._fifo.clear()
        if self._charged:
            calls[0].owner.charge(-self._charged)
            self._charged = 0
        self._outbox = Outbox()
        self._large_bytes = 0
        self.state = OPENING
        self.last_error = reason
        self._needs_socket.set()
        return calls, sock

    def _give_up(self, reason: str) -> tuple[list[Call], socket.socket | None]:
        calls, sock = self._detach(reason)
        self._reactor.notice("backend connection lost", backend=self.name, reason=reason, failed=len(calls))
        return calls, sock

    # ---- the dialler's side ----

    async def wait_needs_socket(self) -> None:
        """Wait until there is no socket, or it was lost."""
        await self._needs_socket.wait()

    def attach(self, sock: socket.socket, removals: list[Request]) -> None:
        """Put a connected, non-blocking socket into service.

        :param removals: of keys in doubt; they are sent before any call.
        """
        self._sock = sock
        self._needs_socket = trio.Event()
        self._counters.backend_connects += 1
        self._reactor.register(sock.fileno(), select.EPOLLIN, self)
        self.state = LIVE
        self.last_error = ""
        self._reactor.tick()
        now = self._reactor.now
        removals = list({removal.wire: removal for removal in self._owed_removals + removals}.values())
        self._owed_removals = []
        if len(removals) > self._max_in_flight:
            # Too many keys to delete one by one. An empty backend is never stale.
            self._reactor.notice("too many keys in doubt: flushed", backend=self.name, keys=len(removals))
            removals = [Request(FLUSH_ALL, b"", b"flush_all\r\n", 11)]
        for removal in removals:
            self._counters.removed_in_doubt += 1
            call = Call(removal, _NOBODY)
            call.deadline = now + self._timeout
            self._fifo.append(call)
            self._outbox.parts.append(removal.wire)
        waiting = self._waiting
        while waiting:
            call = waiting.popleft()
            self._fifo.append(call)
            self._outbox.parts.append(call.request.wire)
        if not self._is_flushing_later:
            self._is_flushing_later = True
            self._reactor.flush_later(self)
        self._reactor.flush()

    def dial_failed(self, reason: str) -> None:
        """The attempt to connect failed: calls fail at once until one succeeds."""
        self._counters.backend_connect_failures += 1
        self.state = DOWN
        if reason != self.last_error:
            self.last_error = reason
            self._reactor.notice("backend cannot be connected", backend=self.name, reason=reason)
        while self._waiting:
            self._fail_first_waiting(troubles.BACKEND_DOWN)
        self._reactor.flush()

    async def wait_drained(self) -> None:
        """Wait until nothing is in flight. To be bounded by the caller."""
        while self.in_flight:
            self._drained = trio.Event()
            await self._drained.wait()

    def close(self) -> None:
        """Take the link out of service for good; what is in flight fails."""
        calls, sock = self._detach("closed")
        if sock is not None:
            sock.close()
        self.fences.break_open()
        for call in (*calls, *self._waiting):
            self._fail(call, troubles.BACKEND_CLOSED)
        self._waiting.clear()
        self._reactor.remove_sweepable(self)


_NOBODY: Final = Nobody()  # of removals
_LATE: Final = Nobody()  # of calls that were failed while their replies were still to come
