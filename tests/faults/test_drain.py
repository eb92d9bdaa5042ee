"""The end of the proxy: what is in flight is finished, established connections are served until `drain` has passed."""

import signal
import time

import pytest

from tests.faults.stage import TIMED_OUT, Stage, stage
from tests.servers import Wire, accepts, wait_until


def _terminate(on: Stage) -> None:
    on.outrider.signal(signal.SIGTERM)
    wait_until(lambda: b'"draining"' in on.outrider.output(), "it drains")


def test_what_is_in_flight_is_answered_and_the_exit_code_is_0() -> None:
    with stage(1, relayed=True, timeout=2.0, proxy='drain = "0s"') as on, on.client() as wire:
        on.relay.replies.delay = 0.3
        wire.send(b"set %b 0 0 1\r\nv\r\nget %b\r\n" % (on.key(0), on.key(0)))
        wait_until(lambda: on.outrider.stats("backends")[_in_flight_name(on)] == "2", "both are on their way")
        _terminate(on)
        assert wire.read_to_end() == b"STORED\r\nVALUE %b 0 1\r\nv\r\nEND\r\n" % on.key(0)
        assert on.outrider.wait() == 0


def _in_flight_name(on: Stage) -> str:
    return next(name for name in on.outrider.stats("backends") if name.endswith("in_flight"))


def test_established_connections_are_served_and_new_ones_are_refused_until_drain_has_passed() -> None:
    with stage(1, proxy='drain = "1s"') as on, on.client() as wire, on.client() as idle:
        assert idle.ask(b"version\r\n").startswith(b"VERSION ")
        assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % on.key(0)) == b"STORED\r\n"
        _terminate(on)
        start = time.monotonic()
        wait_until(lambda: not accepts(on.port), "it accepts no more")
        served = 0
        try:
            while wire.ask(b"get %b\r\n" % on.key(0), b"END\r\n") == b"VALUE %b 0 1\r\nv\r\nEND\r\n" % on.key(
                0
            ):
                served += 1
                time.sleep(0.005)
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass
        assert 0.8 < time.monotonic() - start < 5
        assert served > 20
        assert idle.read_to_end() == b""
        assert on.outrider.wait() == 0


def test_it_ends_before_drain_has_passed_when_the_last_client_leaves() -> None:
    with stage(1, proxy='drain = "60s"') as on, on.client() as wire:
        assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        _terminate(on)
        assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        wire.close()
        assert on.outrider.wait() == 0


def test_without_clients_it_ends_at_once() -> None:
    with stage(2, proxy='drain = "60s"') as on:
        start = time.monotonic()
        assert on.outrider.terminate() == 0
        assert time.monotonic() - start < 3


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(second: signal.Signals) -> None:
    with stage(1, proxy='drain = "60s"') as on, on.client() as wire:
        assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        _terminate(on)
        start = time.monotonic()
        on.outrider.signal(second)
        assert on.outrider.wait() == 0
        assert time.monotonic() - start < 3


def test_a_hung_backend_does_not_keep_it_from_ending() -> None:
    with stage(1, proxy='drain = "0s"') as on, on.client() as wire:
        on.backends[0].stop()
        wire.send(b"set %b 0 0 1\r\nv\r\n" % on.key(0))
        time.sleep(0.05)
        _terminate(on)
        assert wire.read_to_end() == TIMED_OUT
        assert on.outrider.wait(5) == 0


def test_a_client_that_does_not_read_does_not_keep_it_from_ending() -> None:
    with stage(1, proxy='drain = "200ms"') as on, on.client() as wire:
        key = on.key(0)
        wire.send(b"set %b 0 0 900000\r\n%b\r\n" % (key, b"v" * 900_000))
        assert wire.read_until(b"\r\n") == b"STORED\r\n"
        wire.send(b"get %b\r\n" % key * 20)
        wait_until(lambda: on.count("reading_pauses") > 0, "it is blocked")
        _terminate(on)
        assert on.outrider.wait(5) == 0
        assert b"clients were cut off" in on.outrider.output()


def test_shutdown_delay_keeps_it_accepting() -> None:
    with stage(1, proxy='drain = "5s"\nshutdown_delay = "600ms"') as on:
        start = time.monotonic()
        _terminate(on)
        with on.client() as wire:
            assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        wait_until(lambda: not accepts(on.port), "it accepts no more")
        assert time.monotonic() - start > 0.55
        assert on.outrider.wait() == 0


def test_requests_that_came_with_the_signal_are_answered() -> None:
    with stage(1, proxy='drain = "5s"') as on:
        wires = [on.client() for _ in range(20)]
        for wire in wires:
            assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        on.outrider.signal(signal.SIGTERM)
        for wire in wires:
            wire.send(b"set %b 0 0 1\r\nv\r\nquit\r\n" % on.key(0))
        for wire in wires:
            assert Wire.read_to_end(wire) == b"STORED\r\n"
            wire.close()
        assert on.outrider.wait() == 0
