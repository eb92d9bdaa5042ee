"""Deadlines: each is kept, whatever else is slow, and judged only after everything readable has been read."""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import trio
import trio.testing

from proxy.dataplane.counters import Counters
from proxy.dataplane.link import LIVE
from proxy.dataplane.reactor import Reactor
from proxy.protocol.commands import DELETE
from proxy.protocol.request import Request
from tests.dataplane.plane import Plane


class Deadline:
    """Something to sweep."""

    def __init__(self, at: float = float("inf")) -> None:
        self.at = at
        self.swept_at = 0.0
        self._swept = trio.Event()

    def next_deadline(self) -> float:
        return self.at

    def sweep(self, now: float) -> None:
        self.swept_at = now
        self.at = float("inf")
        self._swept.set()

    async def wait_swept(self) -> None:
        await self._swept.wait()


@pytest.fixture(name="reactor")
def _reactor() -> Iterator[Reactor]:
    with closing(Reactor(Counters(), lambda _: None)) as reactor:
        yield reactor


async def test_a_short_deadline_is_kept_while_a_long_one_is_waited_for(reactor: Reactor) -> None:
    slow, quick = Deadline(), Deadline()
    reactor.add_sweepable(slow, 60.0)
    reactor.add_sweepable(quick, 0.05)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reactor.sweep_deadlines)
        slow.at = time.monotonic() + 60
        reactor.wake_sweeper()
        await trio.testing.wait_all_tasks_blocked()
        quick.at = time.monotonic() + 0.05
        reactor.wake_sweeper()
        with trio.move_on_after(5):
            await quick.wait_swept()
        nursery.cancel_scope.cancel()
    assert quick.swept_at
    assert not slow.swept_at


async def test_nothing_is_swept_before_its_time(reactor: Reactor) -> None:
    item = Deadline()
    reactor.add_sweepable(item, 0.05)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reactor.sweep_deadlines)
        due = item.at = time.monotonic() + 0.12
        reactor.wake_sweeper()
        with trio.fail_after(5):
            await item.wait_swept()
        nursery.cancel_scope.cancel()
    assert item.swept_at >= due


def test_a_reply_in_the_socket_counts_although_its_deadline_has_passed() -> None:
    with Plane(timeout=0.02) as plane:
        backend, client = plane.attach(), plane.connect()
        client.send(b"get k\r\n")
        plane.pump()
        backend.send(b"END\r\n")
        time.sleep(0.05)  # what happens to a proxy whose CPU is taken away
        plane.sweep()
        assert plane.receive(client, 5) == b"END\r\n"
        assert plane.counters.backend_timeouts == 0


def test_a_deadline_that_passed_without_a_reply_fails_all_that_is_queued() -> None:
    with Plane(timeout=0.02) as plane:
        backend, client = plane.attach(), plane.connect()
        client.send(b"get k\r\nset k 0 0 1\r\nv\r\n")
        plane.pump()
        time.sleep(0.03)
        plane.sweep()
        line = b"SERVER_ERROR backend timeout\r\n"
        assert plane.receive(client, 2 * len(line)) == line * 2
        assert plane.counters.backend_timeouts == 1
        assert backend.recv(100).startswith(b"get k\r\n")


def test_a_call_that_is_late_on_a_connection_that_goes_on_answering_fails_alone() -> None:
    line = b"SERVER_ERROR backend timeout\r\n"
    with Plane(timeout=0.5) as plane:
        backend, client, other = plane.attach(), plane.connect(), plane.connect()
        client.send(b"get a\r\nget late\r\n")
        plane.pump()
        time.sleep(0.4)
        backend.send(b"END\r\n")  # it is at work
        other.send(b"get b\r\n")
        plane.pump()
        time.sleep(0.2)  # now the first client's second call is late, and the other's is not
        plane.sweep()
        assert plane.receive(client, 5 + len(line)) == b"END\r\n" + line
        assert plane.link.state == LIVE
        backend.send(b"VALUE late 0 1\r\nx\r\nEND\r\nVALUE b 0 1\r\ny\r\nEND\r\n")
        plane.pump()
        assert plane.receive(other, 21) == b"VALUE b 0 1\r\ny\r\nEND\r\n"
        client.send(b"get a\r\n")
        plane.pump()
        backend.send(b"END\r\n")
        plane.pump()
        assert plane.receive(client, 5) == b"END\r\n"


def test_after_an_idle_time_a_new_connection_gets_all_of_its_timeout() -> None:
    removal = Request(DELETE, b"k", b"delete k\r\n", 10)
    with Plane(timeout=0.05) as plane:
        time.sleep(0.1)  # the reactor has had nothing to do for longer than a timeout
        backend = plane.attach(removals=[removal])
        assert plane.link.next_deadline() > time.monotonic() + 0.03
        plane.sweep()
        assert plane.counters.backend_timeouts == 0
        assert backend.recv(100) == b"delete k\r\n"


def test_after_an_idle_time_what_is_taken_up_from_a_backlog_gets_all_of_its_timeout() -> None:
    with Plane(timeout=0.05, client_max_in_flight=1) as plane:
        plane.attach(plane.other)
        client = plane.connect()
        client.send(b"get k\r\nget other\r\n")  # the first waits for a connection, the second for the first
        plane.pump()
        time.sleep(0.1)
        plane.link.dial_failed("refused")
        assert plane.other.in_flight == 1
        assert plane.other.next_deadline() > time.monotonic() + 0.03


class Stall:
    """An endpoint that keeps the whole process busy once, as a CPU quota that is used up does."""

    def __init__(self, plane: Plane, duration: float) -> None:
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._reactor = plane.reactor
        self._duration = duration
        plane.reactor.register(self._near.fileno(), select.EPOLLIN, self)

    def start(self) -> None:
        self._far.send(b"x")

    def on_ready(self, mask: int) -> None:  # noqa: ARG002
        self._near.recv(1)
        time.sleep(self._duration)

    def flush(self) -> None:
        """It writes nothing."""

    def abort(self, reason: str) -> None:
        raise AssertionError(reason)

    def close(self) -> None:
        self._reactor.unregister(self._near.fileno())
        self._near.close()
        self._far.close()


async def _answer(backend: socket.socket, reply: bytes) -> None:
    await trio.lowlevel.wait_readable(backend)
    backend.recv(1000)
    await trio.sleep(0.01)  # a round trip
    backend.send(reply)


async def test_a_stall_before_anything_was_sent_is_not_the_backends_fault() -> None:
    with Plane(timeout=0.1) as plane, closing(Stall(plane, 0.4)) as stall:
        backend, client = plane.attach(), plane.connect()
        async with trio.open_nursery() as nursery:
            client.send(b"get k\r\n")
            stall.start()  # in the same batch: the call has its deadline, and is sent when that has passed
            nursery.start_soon(_answer, backend, b"END\r\n")
            nursery.start_soon(plane.reactor.run)
            nursery.start_soon(plane.reactor.sweep_deadlines)
            with trio.fail_after(5):
                await trio.lowlevel.wait_readable(client)
            nursery.cancel_scope.cancel()
        assert client.recv(100) == b"END\r\n"
        assert plane.counters.backend_timeouts == 0


async def test_a_hung_backend_is_given_up_soon_after_a_stall() -> None:
    with Plane(timeout=0.1) as plane, closing(Stall(plane, 0.4)) as stall:
        plane.attach()
        client = plane.connect()
        async with trio.open_nursery() as nursery:
            client.send(b"get k\r\n")
            stall.start()
            nursery.start_soon(plane.reactor.run)
            nursery.start_soon(plane.reactor.sweep_deadlines)
            with trio.fail_after(1.0):
                await trio.lowlevel.wait_readable(client)
            nursery.cancel_scope.cancel()
        assert client.recv(100) == b"SERVER_ERROR backend timeout\r\n"


def test_an_end_that_has_come_counts_although_fence_timeout_has_passed() -> None:
    with Plane(timeout=0.02) as plane:
        backend, client = plane.attach(), plane.connect()
        client.send(b"set k 0 0 1\r\nv\r\n")
        plane.pump()
        time.sleep(0.03)
        plane.sweep()
        assert len(plane.link.fences) == 1
        backend.recv(100)
        backend.close()
        assert plane.link.fences.break_open() == []
        assert plane.counters.fences_forced == 0
        assert plane.counters.fences_closed == 1
