"""What clients hold is counted while they hold it, and is nought when they hold nothing, however that came about."""

import socket
import struct
import time
from collections.abc import Callable

import pytest

from proxy.dataplane.link import OPENING
from tests.dataplane.plane import Plane

_HEAD = b"set k 0 0 100000\r\n"
_BLOCK = b"v" * 100_000 + b"\r\n"


def _value(key: bytes, size: int) -> bytes:
    return b"VALUE %b 0 %d\r\n%b\r\n" % (key, size, b"v" * size)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_a_half_read_value_is_held_until_it_is_complete() -> None:
    with Plane() as plane:
        plane.attach()
        client = plane.connect()
        client.send(_HEAD + _BLOCK[:50_000])
        plane.pump()
        assert plane.budget.held >= 50_000
        client.send(_BLOCK[50_000:])
        plane.pump()
        assert plane.link.in_flight == 1
        assert plane.budget.held == 0


@pytest.mark.parametrize("leave", [socket.socket.close, _reset, lambda one: one.shutdown(socket.SHUT_WR)])
def test_a_half_read_value_is_released_when_its_client_leaves(leave: Callable[[socket.socket], None]) -> None:
    with Plane() as plane:
        client = plane.connect()
        client.send(_HEAD + _BLOCK[:50_000])
        plane.pump()
        assert plane.budget.held >= 50_000
        leave(client)
        plane.pump_until(lambda: len(plane.clients) == 0, "the client is gone")
        assert plane.budget.held == 0


def test_a_half_read_reply_is_held_on_behalf_of_its_client() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get k\r\n")
        plane.pump()
        reply = _value(b"k", 200_000) + b"END\r\n"
        backend.setblocking(True)
        backend.sendall(reply[:100_000])
        plane.pump_until(lambda: plane.budget.held >= 99_000, "the half is held")
        backend.sendall(reply[100_000:])
        assert plane.receive(client, len(reply)) == reply
        assert plane.budget.held == 0


@pytest.mark.parametrize("end", [socket.socket.close, _reset, lambda one: one.send(b"!" * 150_000)])
def test_a_half_read_reply_is_released_when_its_backend_fails(end: Callable[[socket.socket], None]) -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get k\r\n")
        plane.pump()
        backend.setblocking(True)
        backend.sendall(_value(b"k", 200_000)[:100_000])
        plane.pump_until(lambda: plane.budget.held >= 90_000, "the half is held")
        end(backend)
        plane.pump_until(lambda: plane.link.state is OPENING, "the connection is given up")
        assert plane.receive(client, 10).startswith(b"SERVER_ERROR ")
        assert plane.budget.held == 0


def test_a_half_read_reply_is_released_when_its_client_leaves_and_the_rest_is_not_kept() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        client.send(b"get k\r\nget k2\r\n")
        plane.pump()
        reply = _value(b"k", 200_000) + b"END\r\n"
        backend.setblocking(True)
        backend.sendall(reply[:100_000])
        plane.pump_until(lambda: plane.budget.held >= 99_000, "the half is held")
        _reset(client)
        plane.pump_until(lambda: len(plane.clients) == 0, "the client is gone")
        assert plane.budget.held == 0
        backend.sendall(reply[100_000:] + b"END\r\n")
        plane.pump_until(lambda: plane.link.in_flight == 0, "the replies are consumed")
        assert plane.budget.held == 0
        assert plane.counters.backend_bad_replies == 0


def test_replies_that_wait_for_the_one_before_them_are_held() -> None:
    with Plane() as plane:
        client, slow, quick = plane.connect(), plane.attach(), plane.attach(plane.other)
        client.send(b"get k\r\nget other:1\r\nget other:2\r\n")
        plane.pump()
        block = _value(b"other:1", 30_000)
        quick.send(block + b"END\r\nEND\r\n")
        plane.pump_until(lambda: plane.budget.held >= 30_000, "the early replies are held")
        slow.send(b"END\r\n")
        expected = b"END\r\n" + block + b"END\r\nEND\r\n"
        assert plane.receive(client, len(expected)) == expected
        assert plane.budget.held == 0


@pytest.mark.parametrize("outcome", [b"END\r\n", b"SERVER_ERROR out of memory\r\n", b"", None])
def test_the_parts_of_a_multi_get_are_held_until_all_are_in(outcome: bytes | None) -> None:
    with Plane(timeout=0.05) as plane:
        client, slow, quick = plane.connect(), plane.attach(), plane.attach(plane.other)
        client.send(b"get k other:1 k2 other:2\r\n")
        plane.pump()
        quick.send(_value(b"other:1", 30_000) + b"END\r\n")
        plane.pump_until(lambda: plane.budget.held >= 30_000, "the first part is held")
        if outcome is None:
            time.sleep(0.06)
            plane.sweep()
        elif outcome:
            slow.send(outcome)
        else:
            slow.recv(100)
            slow.close()
            plane.pump_until(lambda: plane.link.state is OPENING, "the loss is noticed")
            plane.link.dial_failed("refused")
        received = plane.receive(client, 10)
        assert received.startswith(b"VALUE other:1 " if outcome == b"END\r\n" else b"SERVER_ERROR ")
        plane.pump_until(lambda: plane.budget.held == 0, "all is released")
        assert received.count(b"SERVER_ERROR") + received.count(b"VALUE") == 1


def test_replies_that_the_client_does_not_take_are_held_and_released_as_it_takes_them() -> None:
    with Plane() as plane:
        client, backend = plane.connect(buffer=4096), plane.attach()
        backend.setblocking(True)
        client.send(b"get k\r\n" * 10)
        plane.pump()
        reply = _value(b"k", 60_000) + b"END\r\n"
        owed = reply * 10
        for _ in range(10):
            backend.sendall(reply)
            plane.pump()
        plane.pump_until(lambda: plane.link.in_flight == 0, "the replies are read")
        assert plane.budget.held > 100_000
        assert plane.receive(client, len(owed)) == owed
        assert plane.budget.held == 0
        client.send(b"get k\r\n")
        plane.pump()
        assert plane.link.in_flight == 1  # it is read from again


def test_a_client_that_takes_nothing_is_closed_when_the_budget_is_exhausted_and_no_other() -> None:
    with Plane(buffer_memory=1_000_000) as plane:
        greedy, modest, backend = plane.connect(buffer=4096), plane.connect(), plane.attach()
        backend.setblocking(True)
        greedy.send(b"get k\r\n" * 30)
        plane.pump()
        for _ in range(30):
            backend.sendall(_value(b"k", 60_000) + b"END\r\n")
            plane.pump()
        plane.pump_until(lambda: plane.link.in_flight == 0, "all replies are consumed")
        assert plane.counters.clients_dropped_over_budget == 1
        assert len(plane.clients) == 1
        assert plane.budget.held == 0
        assert plane.budget.peak < 1_000_000 + 200_000
        modest.send(b"get k\r\n")
        plane.pump()
        backend.sendall(b"END\r\n")
        assert plane.receive(modest, 5) == b"END\r\n"


def test_a_refused_value_is_swallowed_without_being_held() -> None:
    with Plane() as plane:
        client, backend = plane.connect(), plane.attach()
        client.setblocking(True)
        client.sendall(b"set k 0 0 3000000\r\n")
        for _ in range(30):
            client.sendall(b"v" * 100_000)
            plane.pump()
            assert plane.budget.held == 0
        client.sendall(b"\r\nget k\r\n")
        plane.pump()
        assert backend.recv(100) == b"delete k\r\nget k\r\n"
        backend.send(b"NOT_FOUND\r\nEND\r\n")
        client.setblocking(False)
        expected = b"SERVER_ERROR object too large for cache\r\nEND\r\n"
        assert plane.receive(client, len(expected)) == expected


def test_a_reply_that_comes_too_late_is_charged_to_nobody() -> None:
    with Plane(timeout=0.3) as plane:
        first, second, backend = plane.connect(), plane.connect(), plane.attach()
        backend.setblocking(True)
        first.send(b"get a\r\nget k\r\n")
        plane.pump()
        time.sleep(0.1)
        second.send(b"get b\r\n")
        plane.pump()
        time.sleep(0.1)
        reply = _value(b"k", 300_000) + b"END\r\n"
        backend.sendall(b"END\r\n" + reply[:100_000])
        plane.pump_until(lambda: plane.budget.held >= 99_000, "the half is held")
        time.sleep(0.11)
        plane.sweep()  # the first client has waited for too long, and the backend has just answered
        assert plane.budget.held == 0
        backend.sendall(reply[100_000:130_000])
        plane.pump()
        time.sleep(0.1)
        plane.sweep()  # and now the second one has
        assert plane.budget.held == 0
        backend.sendall(reply[130_000:] + b"END\r\n")
        plane.pump()
        assert plane.budget.held == 0
        line = b"SERVER_ERROR backend timeout\r\n"
        assert plane.receive(first, 5 + len(line)) == b"END\r\n" + line
        assert plane.receive(second, len(line)) == line
