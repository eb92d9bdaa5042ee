"""A slow backend: its own requests are slow or time out, the others are as fast as ever, and memory is bounded."""

import time

from tests.faults.levels import back_to_level, forget_peak, peak_resident
from tests.faults.load import Canary, CheckingLoad
from tests.faults.stage import AT_ONCE, TIMED_OUT, Stage, stage
from tests.servers import Wire

_MB = 1 << 20


def _rate(on: Stage, backend: int, duration: float = 0.5) -> float:
    """Answers per second to one client that asks one backend, one request at a time."""
    request = b"get %b\r\n" % on.key(backend)
    count = 0
    with on.client() as wire:
        end = time.monotonic() + duration
        while time.monotonic() < end:
            wire.ask(request, b"END\r\n")
            count += 1
    return count / duration


def test_100_ms_more_on_one_backend_leave_the_throughput_of_the_others_alone() -> None:
    with stage(2, relayed=True, timeout=2.0) as on, back_to_level(on.outrider):
        before = _rate(on, 1)
        on.relay.replies.delay = 0.1
        with CheckingLoad(on.port, on.placement, clients=3) as load:
            slow_key = on.key(0)
            with on.client() as wire:
                start = time.monotonic()
                assert wire.ask(b"get %b\r\n" % slow_key, b"END\r\n") == b"END\r\n"
                assert 0.1 <= time.monotonic() - start < 1.5
            # Beside a load, on two cores and with the load in Python: a stall would be an order of magnitude.
            assert _rate(on, 1) > before / 5
            load.wait_rounds(2)
        assert not load.errors


def test_20_kb_per_second_serve_small_values_and_time_out_large_ones_with_bounded_memory() -> None:
    with (
        stage(2, relayed=True, timeout=0.5) as on,
        on.client() as wire,
        back_to_level(on.outrider, slack=48 * _MB),
    ):
        small, large = on.key(0, "small"), on.key(0, "large")
        assert wire.ask(b"set %b 0 0 3\r\nabc\r\n" % small) == b"STORED\r\n"
        value = b"v" * 900_000
        assert wire.ask(b"set %b 0 0 %d\r\n%b\r\n" % (large, len(value), value)) == b"STORED\r\n"
        forget_peak(on.outrider)
        before = on.outrider.resident()
        on.relay.replies.rate = on.relay.requests.rate = 20_000
        assert wire.ask(b"get %b\r\n" % small, b"END\r\n") == b"VALUE %b 0 3\r\nabc\r\nEND\r\n" % small
        with Canary(on.port, on.key(1)):
            start = time.monotonic()
            assert wire.ask(b"get %b\r\n" % large) == TIMED_OUT
            assert time.monotonic() - start < 1.5
            on.wait_served(0)
            # Sets that the backend cannot take as fast as they come.
            writers = [on.client() for _ in range(60)]
            for writer in writers:
                _send_in_time(writer, b"set %b 0 0 %d\r\n%b\r\n" % (large, len(value), value))
            for writer in writers:
                assert writer.read_until(b"\r\n").startswith(b"SERVER_ERROR backend ")
                writer.close()
        assert peak_resident(on.outrider) - before < 60 * _MB + 64 * _MB
        on.relay.replies.rate = on.relay.requests.rate = 0
        on.wait_served(0)


def _send_in_time(wire: Wire, data: bytes) -> None:
    start = time.monotonic()
    wire.send(data)
    assert time.monotonic() - start < AT_ONCE * 10, "a client waits to be read from because a backend is slow"
