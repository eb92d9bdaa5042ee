"""A session whose client is slow, gone or greedy: nobody else notices, and nothing waits for a new event in vain."""

import select
import socket
import struct
import time

import pytest
import trio

from tests.dataplane.plane import Plane


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_a_client_that_hangs_up_while_it_is_not_read_from_does_not_make_the_reactor_spin() -> None:
    with Plane(client_max_in_flight=2) as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get k\r\n" * 10)
        plane.pump()
        assert plane.link.in_flight == 2  # the rest waits in the backlog, and the client is not read from
        _reset(client)
        plane.pump_until(lambda: len(plane.clients) == 0, "the client is gone")
        assert plane.reactor.pump(0.0) == 0
        backend.send(b"END\r\nEND\r\n")
        plane.pump()
        assert plane.link.in_flight == 0


def test_a_backlog_drains_without_new_requests() -> None:
    with Plane(client_max_in_flight=2) as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get k\r\n" * 100 + b"set k 0 0 1 noreply\r\nv\r\n" * 100 + b"get k\r\n")
        answered = 0
        while answered < 201:
            plane.pump()
            asked = backend.recv(65536)
            for line in asked.split(b"\r\n"):
                if line.startswith((b"get", b"set")):
                    backend.send(b"END\r\n" if line.startswith(b"get") else b"STORED\r\n")
                    answered += 1
        assert plane.receive(client, 505) == b"END\r\n" * 101
        assert plane.budget.held == 0


def test_a_first_burst_that_fills_the_socket_is_written_to_its_end() -> None:
    with Plane() as plane:
        client, backend = plane.connect(buffer=4096), plane.attach()
        client.send(b"get k\r\n")
        plane.pump()
        reply = b"VALUE k 0 900000\r\n" + b"v" * 900_000 + b"\r\nEND\r\n"
        backend.setblocking(True)
        sent = 0
        while sent < len(reply):
            sent += backend.send(reply[sent : sent + 50_000])
            plane.pump()
        assert plane.receive(client, len(reply)) == reply
        assert plane.reactor.pump(0.0) == 0


def test_a_half_closed_client_gets_all_its_replies_and_then_the_end() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get k\r\nget k\r\n")
        client.shutdown(socket.SHUT_WR)
        plane.pump()
        assert len(plane.clients) == 1
        backend.send(b"END\r\nEND\r\n")
        assert plane.receive(client, 10) == b"END\r\nEND\r\n"
        plane.pump()
        assert client.recv(10) == b""
        assert len(plane.clients) == 0


def test_the_writes_of_a_client_that_is_gone_still_count() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"set k 0 0 1\r\nv\r\nget k\r\nset k 0 0 9\r\nunfini")
        plane.pump()
        _reset(client)
        plane.pump_until(lambda: len(plane.clients) == 0, "the client is gone")
        assert backend.recv(100) == b"set k 0 0 1\r\nv\r\nget k\r\n"
        backend.send(b"STORED\r\nVALUE k 0 1\r\nv\r\nEND\r\n")
        plane.pump()
        assert plane.link.in_flight == 0
        assert plane.counters.backend_bad_replies == 0


def test_a_client_that_is_not_read_from_is_no_reason_to_stop_reading_others() -> None:
    with Plane(client_max_in_flight=4) as plane:
        greedy, other, backend = plane.connect(), plane.connect(), plane.attach()
        greedy.send(b"get k\r\n" * 1000)
        plane.pump()
        other.send(b"get k\r\n")
        plane.pump()
        assert plane.link.in_flight == 5
        backend.send(b"END\r\n" * 5)
        assert plane.receive(other, 5) == b"END\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16384])
def test_requests_are_the_same_however_they_are_sliced(size: int) -> None:
    script = b"set k 0 0 5 noreply\r\nhello\r\nget k k2\r\nms k 2 q\r\nab\r\nbogus\r\nmn\r\n"
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        for start in range(0, len(script), size):
            client.send(script[start : start + size])
            plane.pump()
        assert backend.recv(1000) == b"set k 0 0 5\r\nhello\r\nget k k2\r\nms k 2\r\nab\r\n"
        backend.send(b"STORED\r\nEND\r\nHD\r\n")
        expected = b"END\r\nERROR\r\nMN\r\n"
        assert plane.receive(client, len(expected)) == expected


async def test_a_client_that_owes_the_rest_of_a_request_is_closed_though_nothing_else_happens() -> None:
    with Plane(stall_timeout=0.2) as plane:
        stalled, idle = plane.connect(), plane.connect()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(plane.reactor.run)
            nursery.start_soon(plane.clients.close_stalled)
            stalled.send(b"set k 0 0 2000000000\r\nabc")
            idle.send(b"version\r\n")
            with trio.fail_after(10):
                await trio.lowlevel.wait_readable(stalled)
            nursery.cancel_scope.cancel()
        assert stalled.recv(10) == b""
        assert plane.counters.clients_dropped_stalled == 1
        assert idle.recv(10) == b"OK\r\n"
        assert len(plane.clients) == 1


async def test_a_proxy_that_was_stopped_does_not_blame_clients_whose_bytes_it_has_not_read() -> None:
    with Plane(stall_timeout=0.3) as plane:
        client = plane.connect()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                plane.clients.close_stalled
            )  # without the reactor: it has not had its turn yet
            client.send(b"set k 0 0 10\r\nabc")
            plane.pump()
            await trio.sleep(0.9)
            client.send(b"def")
            time.sleep(0.2)  # noqa: ASYNC251 - the whole proxy stands still
            await trio.sleep(0.1)
            nursery.cancel_scope.cancel()
        assert plane.counters.clients_dropped_stalled == 0
        assert len(plane.clients) == 1


async def test_a_machine_that_stood_still_does_not_blame_its_clients_for_it() -> None:
    with Plane(stall_timeout=1.5) as plane:
        client = plane.connect()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(plane.clients.close_stalled)
            client.send(b"set k 0 0 10\r\nabc")
            plane.pump()
            await trio.sleep(0.1)
            time.sleep(2.2)  # noqa: ASYNC251 - the client, too, could not go on
            await trio.sleep(0.1)
            nursery.cancel_scope.cancel()
        assert len(plane.clients) == 1


def test_too_many_clients_are_told_so_and_closed() -> None:
    with Plane(max_connections=2) as plane:
        clients = [plane.connect() for _ in range(3)]
        plane.pump()
        select.select([clients[2]], [], [], 5)
        assert clients[2].recv(100) == b"ERROR Too many open connections\r\n"
        assert clients[2].recv(100) == b""
        clients[0].close()
        plane.pump_until(lambda: len(plane.clients) == 1, "one has left")
        late = plane.connect()
        late.send(b"version\r\n")
        assert plane.receive(late, 4) == b"OK\r\n"
