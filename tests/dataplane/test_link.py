"""A link that loses its socket: what was in doubt stays in doubt until it is settled, and everything is bounded."""

import select
import socket
import struct
import time

import pytest

from proxy.dataplane.link import DOWN, LIVE, MAX_LARGE_BYTES, OPENING
from proxy.protocol.commands import DELETE
from proxy.protocol.request import Request
from tests.dataplane.plane import Plane

CLOSED = b"SERVER_ERROR backend closed\r\n"
TIMEOUT = b"SERVER_ERROR backend timeout\r\n"
DOWN_LINE = b"SERVER_ERROR backend down\r\n"
OVERLOADED = b"SERVER_ERROR backend overloaded\r\n"
REMOVAL = Request(DELETE, b"k", b"delete k\r\n", 10)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.parametrize("by_reset", [False, True])
def test_a_removal_is_repeated_until_a_connection_has_acknowledged_it(by_reset: bool) -> None:
    with Plane() as plane:
        first = plane.attach(removals=[REMOVAL])
        assert first.recv(100) == b"delete k\r\n"
        if by_reset:
            _reset(first)
        else:
            first.close()
        plane.pump_until(lambda: plane.link.state is OPENING, "the loss is noticed")
        client = plane.connect()
        client.send(b"get k\r\n")
        plane.pump()
        second = plane.attach()
        assert second.recv(100) == b"delete k\r\nget k\r\n"
        second.send(b"DELETED\r\nEND\r\n")
        assert plane.receive(client, 5) == b"END\r\n"
        second.close()
        plane.pump_until(lambda: plane.link.state is OPENING, "the loss is noticed")
        third = plane.attach()
        with pytest.raises(BlockingIOError):
            third.recv(100)


def test_a_flush_all_in_doubt_is_fenced_in() -> None:
    with Plane(timeout=0.02) as plane:
        plane.attach()
        plane.attach(plane.other)
        client = plane.connect()
        client.send(b"flush_all\r\n")
        plane.pump()
        time.sleep(0.03)
        plane.sweep()
        assert len(plane.link.fences) == 1
        assert plane.receive(client, len(TIMEOUT)) == TIMEOUT


def test_reads_in_doubt_need_no_fence() -> None:
    with Plane(timeout=0.02) as plane:
        backend, client = plane.attach(), plane.connect()
        client.send(b"get k\r\nget k2 k3\r\n")
        plane.pump()
        time.sleep(0.03)
        plane.sweep()
        assert len(plane.link.fences) == 0
        assert plane.receive(client, 2 * len(TIMEOUT)) == TIMEOUT * 2
        assert backend.recv(100).startswith(b"get k\r\n")


def test_a_fence_ends_when_the_backend_ends_the_connection_and_what_came_before_is_discarded() -> None:
    with Plane(timeout=0.02) as plane:
        backend, client = plane.attach(), plane.connect()
        client.send(b"set k 0 0 1\r\nv\r\n")
        plane.pump()
        time.sleep(0.03)
        plane.sweep()
        assert plane.receive(client, len(TIMEOUT)) == TIMEOUT
        backend.send(b"STORED\r\n")
        plane.pump()
        assert len(plane.link.fences) == 1
        assert backend.recv(100) == b"set k 0 0 1\r\nv\r\n"
        assert backend.recv(100) == b""
        backend.close()
        plane.pump_until(lambda: len(plane.link.fences) == 0, "the fence closes")
        assert plane.counters.fences_closed == 1
        with pytest.raises(BlockingIOError):
            client.recv(100)


def test_large_requests_that_wait_for_a_connection_are_bounded() -> None:
    block = b"v" * 1_000_000
    request = b"set k 0 0 %d\r\n%b\r\n" % (len(block), block)
    with Plane() as plane:
        clients = [plane.connect() for _ in range(4)]
        refused = 0
        for number in range(2 * MAX_LARGE_BYTES // len(request)):
            client = clients[number % 4]
            client.setblocking(True)
            for start in range(0, len(request), 100_000):
                client.send(request[start : start + 100_000])
                plane.pump()
        for client in clients:
            client.setblocking(False)
        admitted = plane.link.in_flight
        refused = plane.counters.backend_overloads
        assert admitted * len(request) <= MAX_LARGE_BYTES
        assert refused
        plane.link.dial_failed("refused")
        assert plane.link.in_flight == 0
        # The room is free again.
        plane.link.state = OPENING
        clients[0].setblocking(True)
        clients[0].sendall(request)
        plane.pump()
        assert plane.link.in_flight == 1
        assert plane.counters.backend_overloads == refused


def test_a_single_request_larger_than_the_bound_is_admitted() -> None:
    keys = b" ".join(b"%0250d" % number for number in range(1000))
    with Plane() as plane:
        client = plane.connect()
        client.send(b"get " + keys + b"\r\n")
        plane.pump()
        assert plane.link.in_flight == 1


def test_a_read_waits_for_the_next_connection_once_and_a_write_never() -> None:
    with Plane() as plane:
        client = plane.connect()
        first = plane.attach()
        client.send(b"set k 0 0 1\r\nv\r\nget k\r\n")
        plane.pump()
        first.recv(100)
        first.close()
        plane.pump_until(lambda: plane.link.state is OPENING, "the loss is noticed")
        assert plane.receive(client, len(CLOSED)) == CLOSED
        second = plane.attach()
        assert second.recv(100) == b"get k\r\n"
        second.close()
        assert plane.receive(client, len(CLOSED)) == CLOSED
        assert plane.counters.backend_retries == 1
        assert plane.link.in_flight == 0


def test_a_reply_begun_is_not_asked_for_again() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get k\r\nget k2\r\n")
        plane.pump()
        backend.recv(100)
        backend.send(b"VALUE k 0 100\r\nparti")
        plane.pump()
        backend.close()
        assert plane.receive(client, len(CLOSED)) == CLOSED
        second = plane.attach()
        assert second.recv(100) == b"get k2\r\n"


def test_what_waits_fails_when_the_attempt_to_connect_does() -> None:
    with Plane() as plane:
        client = plane.connect()
        client.send(b"get k\r\nset k 0 0 1\r\nv\r\n")
        plane.pump()
        assert plane.link.in_flight == 2
        plane.link.dial_failed("refused")
        assert plane.link.state is DOWN
        assert plane.receive(client, 2 * len(DOWN_LINE)) == DOWN_LINE * 2
        client.send(b"get k\r\n")
        assert plane.receive(client, len(DOWN_LINE)) == DOWN_LINE


def test_more_than_max_in_flight_is_refused_at_once_and_in_order() -> None:
    with Plane(max_in_flight=2) as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get a\r\nget b\r\nget c\r\n")
        plane.pump()
        assert plane.counters.backend_overloads == 1
        backend.send(b"END\r\nEND\r\n")
        expected = b"END\r\nEND\r\n" + OVERLOADED
        assert plane.receive(client, len(expected)) == expected


def test_a_connection_that_breaks_while_being_written_to_is_lost_once() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        block = b"v" * 900_000
        client.setblocking(True)
        for _ in range(20):  # more than the kernel takes for a backend that does not read
            client.sendall(b"set k 0 0 %d\r\n%b\r\n" % (len(block), block))
            plane.pump()
        _reset(backend)
        plane.pump_until(lambda: plane.link.state is OPENING, "the loss is noticed")
        assert plane.counters.backend_losses == 1
        assert len([event for event, _ in plane.notices if event == "backend connection lost"]) == 1


def test_writing_is_watched_for_only_while_something_is_unsent() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        block = b"v" * 1_000_000
        client.setblocking(True)
        owed = 0
        for _ in range(8):
            request = b"set k 0 0 %d\r\n%b\r\n" % (len(block), block)
            client.sendall(request)
            owed += len(request)
            plane.pump()
        received = 0
        while received < owed:
            plane.pump()
            try:
                received += len(backend.recv(1 << 20))
            except BlockingIOError:
                pass
        plane.pump()  # it fails if the reactor is told again and again that writing is possible
        assert plane.link.state is LIVE
        assert plane.reactor.pump(0.0) == 0


def test_an_error_event_is_acted_on_in_whatever_state_the_socket_is() -> None:
    with Plane() as plane:
        backend = plane.attach()
        _reset(backend)
        plane.pump_until(lambda: plane.link.state is OPENING, "the loss is noticed")
        plane.link.on_ready(select.EPOLLERR)  # an event that was on its way
        assert plane.counters.backend_losses == 1
