"""A session: one client connection.

Requests are handed to the route as they are parsed; each leaves a slot in a queue, and replies are written
from the head of the queue, so that the client sees its own order however the backends answer.

A client is not read from while its socket takes no more replies, while it has `max_in_flight` requests
unanswered, and, when the budget is tight, while it is owed anything. What was parsed already waits in a
backlog, which is taken up again when slots or the socket become free, not when new bytes arrive.

A client that leaves does not cancel what it asked for: the calls go on, their replies are consumed.
"""

import select
import socket
import struct
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol, final

from proxy.dataplane.budget import Budget
from proxy.dataplane.call import Call
from proxy.dataplane.outbox import Outbox
from proxy.dataplane.reactor import Reactor
from proxy.protocol.commands import CLOSE, FLUSH_ALL, QUIT
from proxy.protocol.errors import FLUSH_NOT_ALLOWED
from proxy.protocol.parser import LineMemo, RequestParser
from proxy.protocol.request import BINARY, NO_KEY, NOREPLY, ONE_KEY, QUIET, Request

_READ_SIZE: Final = 16384
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends a reset
#: Bytes of replies beyond which no further request is taken up before a flush. Only a backend in this process
#: answers so soon that they pile up.
_MAX_ANSWERED: Final = 256 * 1024

#: Bytes of a key as an object and of its places in lists, beside its own.
_KEY_COST: Final = 80


class Route(Protocol):
    """Passes calls on towards their backends."""

    def send(self, call: Call) -> None:
        """Take over a call with a key, or with several."""
        ...

    def flush_all(self, call: Call) -> None:
        """Take over a ``flush_all``: it goes to every backend behind this route."""
        ...


class LocalCommands(Protocol):
    """Answers what no backend is asked."""

    def answer(self, request: Request) -> bytes:
        """The whole reply."""
        ...


class Sessions(Protocol):
    """Where the sessions are kept."""

    def closed(self, session: "Session") -> None:
        """Forget a session."""
        ...

    def over_budget(self) -> None:
        """The budget is exceeded: somebody has to go."""
        ...


@final
@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What a client may.

    :ivar max_in_flight: unanswered requests
    :ivar max_value: bytes of the longest data block
    """

    max_in_flight: int
    max_value: int
    allow_flush_all: bool


@final
class SessionShared:
    """What all sessions share; one object instead of a slot for each."""

    __slots__ = ("budget", "limits", "local", "memo", "reactor", "route", "sessions")

    def __init__(
        self,
        reactor: Reactor,
        route: Route,
        local: LocalCommands,
        sessions: Sessions,
        budget: Budget,
        limits: SessionLimits,
    ) -> None:
        self.reactor = reactor
        self.route = route
        self.local = local
        self.sessions = sessions
        self.budget = budget
        self.limits = limits
        self.memo = LineMemo()


@final
class Session:
    """One client connection.

    :ivar held: bytes it has in the budget
    :ivar progress_at: when it last gave or took a byte that it owed, while it owes any; else 0
    """

    __slots__ = (
        "_answered",
        "_backlog",
        "_half_read",
        "_is_ending",
        "_is_flushing_later",
        "_is_reading",
        "_outbox",
        "_parser",
        "_shared",
        "_slots",
        "_sock",
        "_stuck",
        "_unsent",
        "held",
        "is_gone",
        "progress_at",
    )

    def __init__(self, sock: socket.socket, shared: SessionShared) -> None:
        self._sock = sock
        self._shared = shared
        self._parser = RequestParser(shared.memo, shared.limits.max_value)
        self._slots: deque[Call] = deque()
        self._backlog: deque[Request] = deque()
        self._outbox = Outbox()
        self._answered = 0  # bytes of replies that are still in slots
        self._stuck = 0  # those of them that wait for an earlier reply, in the budget
        self._half_read = 0  # bytes of an incomplete request, in the budget
        self._unsent = 0  # bytes that the socket did not take, in the budget
        self._is_flushing_later = False
        self._is_reading = True
        self._is_ending = False  # nothing more is read: end when all is answered
        self.held = 0
        self.is_gone = False
        self.progress_at = 0.0
        shared.reactor.register(sock.fileno(), select.EPOLLIN, self)

    def __repr__(self) -> str:
        return f"<Session fd={self._sock.fileno()} unanswered={len(self._slots)} held={self.held}>"

    def configure(self, limits: SessionLimits) -> None:
        """Requests that begin from now on have these limits; the others are read from what is shared."""
        self._parser.max_value = limits.max_value

    @property
    def is_idle(self) -> bool:
        """Whether nothing is unanswered, unsent or half read."""
        return not (self._slots or self._backlog or self._outbox.parts or self._parser.is_midway)

    # ---- reading ----

    def on_ready(self, mask: int) -> None:
        if mask & select.EPOLLOUT:
            self._write()
            if self.is_gone:
                return
        if mask & select.EPOLLIN and self._is_reading:
            self._read()
        elif mask & (select.EPOLLERR | select.EPOLLHUP):
            self.close()  # cannot be masked: while reading is paused it would come again and again

    def _read(self) -> None:
        shared = self._shared
        try:
            data = self._sock.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not data:
            self._end()
            return
        shared.reactor.counters.bytes_read += len(data)
        parser = self._parser
        requests = parser.receive(data)
        if parser.is_midway or self.progress_at:
            self._note_half_read(parser)
        if requests:
            if len(requests) + len(self._slots) > shared.limits.max_in_flight:
                self._backlog.extend(requests)
                self._take_up()
            else:
                self._dispatch(requests)

    def _dispatch(self, requests: list[Request]) -> None:
        slots = self._slots
        counts = self._shared.reactor.counters.requests
        send = self._shared.route.send
        for index, request in enumerate(requests):
            kind = request.kind
            if kind == NO_KEY:
                if not self._answer_locally(request):
                    return
                continue
            if kind == ONE_KEY:
                counts[request.command.index] += 1
            else:
                counts[request.command.index] += len(request.keys)
                self.charge(_cost(request))
            call = Call(request, self)
            slots.append(call)
            send(call)
            if self._answered > _MAX_ANSWERED:
                # In front of what is in the backlog already: that was behind these when they were taken out.
                self._backlog.extendleft(reversed(requests[index + 1 :]))
                self._pause_if_needed()
                return

    def _answer_locally(self, request: Request) -> bool:
        """Answer what needs no backend; whether requests may follow."""
        shared = self._shared
        command = request.command
        answer = request.answer
        if command is CLOSE:
            self._fault(request)
            return False
        if command is QUIT:
            self._end()
            return False
        call = Call(request, self)
        self._slots.append(call)
        if answer is None:
            shared.reactor.counters.requests[command.index] += 1
            if command is FLUSH_ALL and shared.limits.allow_flush_all:
                shared.route.flush_all(call)
                return True
            answer = FLUSH_NOT_ALLOWED if command is FLUSH_ALL else shared.local.answer(request)
        call.finish(answer)
        return True

    def _fault(self, request: Request) -> None:
        """Something after which memcached closes the connection; what was asked before is answered first."""
        reactor = self._shared.reactor
        if request.wire == BINARY:
            reactor.counters.binary_clients += 1
            # An end is no answer to some of these clients, and they wait for ever; a reset is an error to all.
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            reactor.notice("a client speaks the binary protocol: switch it to the text protocol (closed)")
        else:
            reactor.notice("a client was closed for what it sent", reason=request.wire.decode())
        if request.answer:
            call = Call(request, self)
            self._slots.append(call)
            call.finish(request.answer)
        self._end()

    def _take_up(self) -> None:
        """Dispatch what waits in the backlog, as far as the limits allow."""
        backlog = self._backlog
        while backlog and not self._outbox.is_blocked and not self.is_gone:
            room = self._shared.limits.max_in_flight - len(self._slots)
            if room <= 0 or self._answered > _MAX_ANSWERED:
                break
            self._dispatch([backlog.popleft() for _ in range(min(room, len(backlog)))])
        self._pause_if_needed()

    def _pause_if_needed(self) -> None:
        if self.is_gone:
            return
        shared = self._shared
        is_reading = not (
            self._is_ending
            or self._backlog
            or self._outbox.is_blocked
            or (self.held > self._half_read and shared.budget.is_tight)
        )
        if is_reading is not self._is_reading:
            self._is_reading = is_reading
            if not is_reading and not self._is_ending:
                shared.reactor.counters.reading_pauses += 1
            self._update_mask()

    def _update_mask(self) -> None:
        mask = (select.EPOLLIN if self._is_reading else 0) | (
            select.EPOLLOUT if self._outbox.is_blocked else 0
        )
        self._shared.reactor.modify(self._sock.fileno(), mask)

    # ---- replies ----

    def complete(self, call: Call) -> None:
        if self.is_gone:
            return
        if call.request.quiet:
            call.reply = _shown(call)
        self._answered += len(call.reply or b"")
        if call.request.keys:
            self.charge(-_cost(call.request))
        if call.values:
            self._answered += sum(map(len, call.values))
        if not self._is_flushing_later:
            self._is_flushing_later = True
            self._shared.reactor.flush_later(self)

    def flush(self) -> None:
        self._is_flushing_later = False
        if self.is_gone:
            return
        self._collect()
        if self._outbox.is_blocked:
            self._note_unsent()
        else:
            self._write()

    def _collect(self) -> None:
        """Move the replies whose turn has come from the head of the queue to the outbox."""
        slots = self._slots
        parts = self._outbox.parts
        first = len(parts)
        while slots:
            call = slots[0]
            reply = call.reply
            if reply is None:
                break
            slots.popleft()
            if call.values:
                parts.extend([value for value in call.values if value])
            if reply:
                parts.append(reply)
        if slots:
            self._answered -= sum(map(len, parts[first:]))
        else:
            self._answered = 0
        if self._answered != self._stuck:
            grown = self._answered - self._stuck
            self._stuck = self._answered
            self.charge(grown)

    def _note_unsent(self) -> None:
        unsent = self._outbox.size()
        grown = unsent - self._unsent
        self._unsent = unsent
        self.charge(grown)

    def _write(self) -> None:
        outbox = self._outbox
        was_blocked = outbox.is_blocked
        try:
            sent = outbox.send(self._sock)
        except OSError:
            self.close()
            return
        self._shared.reactor.counters.bytes_written += sent
        if outbox.is_blocked or self._unsent:
            self.progress_at = self._shared.reactor.now if outbox.is_blocked or self._half_read else 0.0
            self._note_unsent()
            if self.is_gone:
                return
        if self._backlog:
            self._take_up()
        elif outbox.is_blocked or not self._is_reading:
            self._pause_if_needed()
        if outbox.is_blocked is not was_blocked and not self.is_gone:
            self._update_mask()
        if self._is_ending:
            self._close_if_done()

    # ---- what it holds ----

    def charge(self, amount: int) -> None:
        if self.is_gone:
            return
        self.held += amount
        budget = self._shared.budget
        budget.charge(amount)
        if amount > 0 and budget.is_exceeded:
            self._shared.sessions.over_budget()

    def _note_half_read(self, parser: RequestParser) -> None:
        self.progress_at = self._shared.reactor.now if parser.is_midway or self._unsent else 0.0
        grown = parser.held - self._half_read
        self._half_read = parser.held
        self.charge(grown)

    # ---- the end ----

    def _end(self) -> None:
        """Nothing more will be asked: close when everything is answered."""
        self._is_ending = True
        if self._half_read:
            self.charge(-self._half_read)
            self._half_read = 0
        if not self._unsent:
            self.progress_at = 0.0
        self._pause_if_needed()
        self._close_if_done()

    def _close_if_done(self) -> None:
        if not (self._slots or self._backlog or self._outbox.parts):
            self.close()

    def end(self) -> None:
        """Read no more, and close as soon as nothing is unanswered."""
        if not self.is_gone and not self._is_ending:
            self._end()

    def abort(self, reason: str) -> None:  # noqa: ARG002 - the reactor has told it
        self.close()

    def close(self) -> None:
        """Close now. Calls in flight go on without a reader."""
        if self.is_gone:
            return
        shared = self._shared
        shared.budget.charge(-self.held)
        self.held = 0
        self.is_gone = True
        self.progress_at = 0.0
        shared.reactor.unregister(self._sock.fileno())
        self._sock.close()
        self._outbox = Outbox()
        self._backlog.clear()
        self._slots.clear()
        self._parser = RequestParser(shared.memo, 0)
        shared.sessions.closed(self)


def _cost(request: Request) -> int:
    """Bytes that a multi-get takes while it is under way: its line, its keys and where their values go."""
    return len(request.wire) + _KEY_COST * len(request.keys)


def _shown(call: Call) -> bytes:
    """What a client sees of the reply to a request that asked for less than all of it."""
    request = call.request
    reply = call.reply or b""
    if request.quiet == NOREPLY:
        return b""
    if request.quiet == QUIET:
        return b"" if reply[:2] in request.command.hidden else reply
    return request.answer or b""
