"""Clients that do not read, and clients that leave in the middle: their trouble is their own."""

import socket
import struct
import time

import pytest

from tests.faults.levels import back_to_level, cpu_time, forget_peak, peak_resident
from tests.faults.load import Canary, CheckingLoad
from tests.faults.stage import Stage, stage
from tests.servers import Wire, wait_until

_MB = 1 << 20


def _store(on: Stage, key: bytes, size: int) -> None:
    with on.client() as wire:
        assert wire.ask(b"set %b 0 0 %d\r\n%b\r\n" % (key, size, b"v" * size)) == b"STORED\r\n"


def _ask_without_reading(on: Stage, request: bytes, count: int) -> Wire:
    """A client that has sent as much of its requests as it could."""
    wire = on.client()
    wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.sock.setblocking(False)
    try:
        for _ in range(count):
            wire.sock.send(request)
    except BlockingIOError:
        pass
    wire.sock.settimeout(10)
    return wire


def _reset(wire: Wire) -> None:
    wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()


def test_a_client_that_never_reads_is_closed_after_stall_timeout_and_nobody_else_notices() -> None:
    with stage(2, proxy='stall_timeout = "1s"') as on, back_to_level(on.outrider, slack=48 * _MB):
        key = on.key(0)
        _store(on, key, 500_000)
        with CheckingLoad(on.port, on.placement, clients=3) as load, Canary(on.port, on.key(1)):
            start = time.monotonic()
            wire = _ask_without_reading(on, b"get %b\r\n" % key, 50)
            wait_until(lambda: on.count("clients_dropped_stalled") == 1, "it is closed")
            assert time.monotonic() - start < 6
            load.wait_rounds(5)
            wire.close()
        assert not load.errors


def test_what_is_owed_to_clients_that_never_read_is_bounded_by_buffer_memory() -> None:
    with stage(2, proxy='buffer_memory = "16MiB"', timeout=5.0) as on:
        key = on.key(0)
        _store(on, key, 900_000)
        before = on.outrider.resident()
        forget_peak(on.outrider)
        with back_to_level(on.outrider, slack=48 * _MB), Canary(on.port, on.key(1)):
            wires = [_ask_without_reading(on, b"get %b\r\n" % key, 20) for _ in range(20)]
            wait_until(lambda: on.count("clients_dropped_over_budget") > 0, "the greediest is closed")
            wait_until(lambda: _in_flight(on) == 0, "all replies are consumed")
            assert peak_resident(on.outrider) - before < 16 * _MB + 32 * _MB
            for wire in wires:
                wire.close()
        assert on.count("backend_timeouts") == 0


def _in_flight(on: Stage) -> int:
    backends = on.outrider.stats("backends")
    return sum(int(value) for name, value in backends.items() if name.endswith("in_flight"))


def test_a_client_that_pauses_gets_every_byte_when_it_reads_again() -> None:
    with (
        stage(1, proxy='stall_timeout = "30s"', timeout=2.0) as on,
        back_to_level(on.outrider, slack=48 * _MB),
    ):
        key = on.key(0)
        _store(on, key, 300_000)
        with on.client() as wire:
            wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            wire.send(b"get %b\r\n" % key * 40)
            wait_until(lambda: on.count("reading_pauses") > 0, "it is not read from any more")
            reply = b"VALUE %b 0 300000\r\n%b\r\nEND\r\n" % (key, b"v" * 300_000)
            for _ in range(40):
                assert wire.read_exactly(len(reply)) == reply
            assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == reply


def test_a_client_that_does_not_read_costs_no_cpu() -> None:
    with stage(1, proxy='stall_timeout = "30s"') as on:
        key = on.key(0)
        _store(on, key, 500_000)
        wires = [_ask_without_reading(on, b"get %b\r\n" % key, 20) for _ in range(5)]
        wait_until(lambda: on.count("reading_pauses") >= 5 and _in_flight(on) == 0, "all are blocked")
        before = cpu_time(on.outrider.pid)
        time.sleep(1.0)
        assert cpu_time(on.outrider.pid) - before < 0.02
        for wire in wires:
            wire.close()


@pytest.mark.parametrize("leave", [_reset, Wire.close], ids=["RST", "FIN"])
def test_a_client_gone_in_mid_request_or_mid_reply_leaves_nothing_behind(leave: object) -> None:
    assert callable(leave)
    with stage(2) as on, CheckingLoad(on.port, on.placement, clients=2) as load:
        large = on.key(0, "large")
        _store(on, large, 900_000)
        with back_to_level(on.outrider, slack=48 * _MB):
            for number in range(40):
                wire = on.client()
                wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                wire.send(
                    (
                        b"get %b\r\n" % large * 3,
                        b"set half 0 0 100000\r\n" + b"v" * 50_000,
                        b"get " + b"k " * 3000,
                        b"get %b %b\r\nset x 0 0 5\r\nab" % (large, on.key(1)),
                    )[number % 4]
                )
                if number % 8 < 4:
                    wire.sock.recv(1) if number % 4 == 0 else None
                leave(wire)
        load.wait_rounds(3)
    assert not load.errors


@pytest.mark.parametrize("leave", [_reset, Wire.close], ids=["RST", "FIN"])
def test_the_writes_of_a_client_that_leaves_still_count(leave: object) -> None:
    assert callable(leave)
    with stage(1, relayed=True) as on:
        key = on.key(0)
        on.relay.replies.delay = 0.05  # it leaves before any reply
        for number in range(10):
            wire = on.client()
            wire.send(b"set %b:%d 0 0 1\r\nv\r\nget %b\r\n" % (key, number, key))
            wait_until(lambda: _in_flight(on) > 0, "it is on its way")
            leave(wire)
        wait_until(lambda: _in_flight(on) == 0, "all replies are consumed")
        for number in range(10):
            assert on.direct(0, b"get %b:%d\r\n" % (key, number), b"END\r\n").startswith(b"VALUE ")
        assert on.count("backend_bad_replies") == 0
        assert on.count("backend_connects") == 1
