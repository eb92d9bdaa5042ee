"""Clients that want more than their share: limits on lines, values and time, and memory that stays where it was."""

import time

import pytest

from tests.faults.levels import back_to_level, forget_peak, peak_resident
from tests.faults.load import Canary
from tests.faults.stage import stage
from tests.servers import Wire

_MB = 1 << 20


def _send_until_closed(wire: Wire, data: bytes, limit: int) -> int:
    """Bytes that were sent before the other side had enough; at most `limit`."""
    sent = 0
    try:
        while sent < limit:
            wire.send(data)
            sent += len(data)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return sent


@pytest.mark.parametrize(
    "line", [b"set k 0 0 2000000000\r\n", b"ms k 2000000000\r\n", b"set k 0 0 1000000\r\n"]
)
def test_a_value_that_is_announced_and_never_sent_costs_nothing_and_a_connection_in_the_end(
    line: bytes,
) -> None:
    with stage(1, proxy='stall_timeout = "1s"') as on, back_to_level(on.outrider):
        before = on.outrider.resident()
        forget_peak(on.outrider)
        wires = [on.client() for _ in range(20)]
        start = time.monotonic()
        for wire in wires:
            wire.send(line + b"some")
        for wire in wires:
            received = wire.read_to_end()
            assert received in (b"", b"SERVER_ERROR object too large for cache\r\n")
            wire.close()
        assert 1.0 < time.monotonic() - start < 6.0
        assert peak_resident(on.outrider) - before < 8 * _MB
        assert on.count("clients_dropped_stalled") == 20


def test_half_a_line_and_then_silence_ends_the_same_way() -> None:
    with stage(1, proxy='stall_timeout = "1s"') as on, on.client() as wire, back_to_level(on.outrider):
        wire.send(b"get ke")
        assert wire.read_to_end() == b""


def test_a_client_that_is_merely_idle_is_left_alone() -> None:
    with stage(1, proxy='stall_timeout = "1s"') as on, on.client() as wire, on.client() as other:
        assert wire.ask(b"set k 0 0 1\r\nv\r\n") == b"STORED\r\n"
        other.send(b"get ke")
        other.read_to_end()  # the time in which a stalled client is closed
        assert wire.ask(b"get k\r\n", b"END\r\n") == b"VALUE k 0 1\r\nv\r\nEND\r\n"


def test_slow_loris_holds_nobody_up_and_no_memory() -> None:
    request = b"set k 0 0 3\r\nabc\r\n"
    with stage(1, proxy='stall_timeout = "1s"') as on, Canary(on.port, on.key(0)), back_to_level(on.outrider):
        wires = [on.client() for _ in range(100)]
        for position in range(len(request)):
            for wire in wires:
                wire.send(request[position : position + 1])
        for wire in wires:
            assert wire.read_until(b"\r\n") == b"STORED\r\n"
            wire.close()
        assert on.count("clients_dropped_stalled") == 0


def test_an_endless_line_is_closed_after_two_kilobytes() -> None:
    with stage(1) as on, back_to_level(on.outrider), Canary(on.port, on.key(0)):
        before = on.outrider.resident()
        forget_peak(on.outrider)
        for start in (b"set ", b"x", b"delete ", b" " * 200 + b"get "):
            with on.client() as wire:
                wire.send(start)
                assert _send_until_closed(wire, b"k" * 10_000, 100 * _MB) < 50 * _MB
        assert peak_resident(on.outrider) - before < 8 * _MB


@pytest.mark.parametrize("piece", [b"k " * 5000, b"key%d " % 1 * 20, b"k" * 250 + b" "])
def test_an_endless_get_is_closed_with_bounded_memory(piece: bytes) -> None:
    with stage(2) as on, back_to_level(on.outrider), Canary(on.port, on.key(0)):
        before = on.outrider.resident()
        forget_peak(on.outrider)
        for verb in (b"get ", b"gets "):
            with on.client() as wire:
                wire.send(verb)
                assert _send_until_closed(wire, piece * 10, 200 * _MB) < 50 * _MB
        assert peak_resident(on.outrider) - before < 24 * _MB


def test_the_longest_get_that_is_served_holds_nobody_up_and_bounded_memory() -> None:
    with stage(2, timeout=5.0) as on, on.client() as wire, Canary(on.port, on.key(0, "canary")):
        before = on.outrider.resident()
        forget_peak(on.outrider)
        wire.sock.settimeout(30)
        wire.send(b"get" + b" k" * (2 * _MB - 10) + b"\r\n")
        wire.sock.settimeout(30)
        wire.read_until(b"\r\n")
        assert peak_resident(on.outrider) - before < 100 * _MB


def test_a_value_in_tiny_pieces_costs_about_its_size() -> None:
    size = 300_000
    with (
        stage(1) as on,
        on.client() as wire,
        back_to_level(on.outrider),
        Canary(on.port, on.key(0, "canary")),
    ):
        before = on.outrider.resident()
        forget_peak(on.outrider)
        wire.send(b"set %b 0 0 %d\r\n" % (on.key(0), size))
        piece = b"v" * 7
        for _ in range(size // 7):
            wire.send(piece)
        wire.send(b"v" * (size % 7) + b"\r\n")
        assert wire.read_until(b"\r\n") == b"STORED\r\n"
        assert peak_resident(on.outrider) - before < 8 * _MB


def test_a_pipeline_without_end_is_read_only_as_far_as_it_is_answered() -> None:
    with stage(1, proxy="max_in_flight = 16") as on, Canary(on.port, on.key(0, "canary")):
        before = on.outrider.resident()
        forget_peak(on.outrider)
        with back_to_level(on.outrider), on.client() as wire:
            wire.sock.setblocking(False)
            sent = 0
            end = time.monotonic() + 1.0
            while time.monotonic() < end:  # never reads
                try:
                    sent += wire.sock.send(b"get k\r\n" * 1000)
                except BlockingIOError:
                    time.sleep(0.001)
        assert sent > 100_000
        assert peak_resident(on.outrider) - before < 16 * _MB
