"""A backend hangs, its host falls silent, or only half of the connection lives.

Each request ends within the timeout, then they fail fast; what a hung connection says when it wakes reaches nobody.
"""

import time
from collections.abc import Callable

import pytest

from tests.faults.levels import back_to_level
from tests.faults.load import Canary, CheckingLoad
from tests.faults.races import Races
from tests.faults.stage import AT_ONCE, DOWN, TIMED_OUT, TIMEOUT, Stage, stage
from tests.servers import wait_until

Fault = Callable[[Stage], None]


def _stop(on: Stage) -> None:
    on.backends[0].stop()


def _continue(on: Stage) -> None:
    on.backends[0].resume()


def _hold(on: Stage) -> None:
    on.relay.requests.is_held = on.relay.replies.is_held = True


def _hold_replies(on: Stage) -> None:
    on.relay.replies.is_held = True


def _release(on: Stage) -> None:
    on.relay.release()


def _drop(on: Stage) -> None:
    on.relay.requests.is_dropped = on.relay.replies.is_dropped = True


def _drop_replies(on: Stage) -> None:
    on.relay.replies.is_dropped = True


def _pass_again(on: Stage) -> None:
    on.relay.requests.is_dropped = on.relay.replies.is_dropped = False


HANGS = [
    pytest.param(_stop, _continue, id="SIGSTOP"),
    pytest.param(_hold, _release, id="host silent"),
    pytest.param(_hold_replies, _release, id="replies late"),
    pytest.param(_drop, _pass_again, id="half-open"),
    pytest.param(_drop_replies, _pass_again, id="replies lost"),
]


@pytest.mark.parametrize(("hang", "wake"), HANGS)
def test_every_request_ends_within_the_timeout_and_then_they_fail_fast(hang: Fault, wake: Fault) -> None:
    with stage(relayed=True) as on, on.client() as wire, back_to_level(on.outrider):
        hang(on)
        for request in (b"set %b 0 0 1\r\nv\r\n", b"get %b\r\n", b"mg %b v\r\n"):
            start = time.monotonic()
            assert wire.ask(request % on.key(0)) in (TIMED_OUT, DOWN)
            assert time.monotonic() - start < TIMEOUT + 0.3
        wait_until(lambda: on.state(0) == "down", "the probe is not answered either")
        start = time.monotonic()
        for _ in range(20):
            assert wire.ask(b"get %b\r\n" % on.key(0)) == DOWN
        assert time.monotonic() - start < AT_ONCE * 3
        wake(on)
        on.wait_served(0)


@pytest.mark.parametrize(("hang", "wake"), HANGS)
def test_under_load_nothing_late_reaches_anybody(hang: Fault, wake: Fault) -> None:
    with stage(relayed=True) as on, back_to_level(on.outrider):
        with (
            CheckingLoad(on.port, on.placement) as load,
            Canary(on.port, on.key(1)),
            Races(on.port, lambda name: on.key(0, name)) as races,
        ):
            hang(on)
            wait_until(lambda: load.errors_of(0)[DOWN] > 0, "it fails fast")
            wake(on)
            on.wait_served(0)
            load.wait_rounds(10)
            races.wait_rounds(20)
        assert load.errors_of(0)[TIMED_OUT]
        assert set(load.errors_of(0)) == {TIMED_OUT, DOWN}
        assert not load.errors_without(0)
        assert on.count("fences_forced") == 0


def test_many_clients_of_a_hung_backend_wait_one_timeout_together_not_one_each() -> None:
    with stage() as on:
        on.backends[0].stop()
        wires = [on.client() for _ in range(50)]
        start = time.monotonic()
        for wire in wires:
            wire.send(b"get %b\r\n" % on.key(0) * 3)
        for wire in wires:
            for _ in range(3):
                assert wire.read_until(b"\r\n") == TIMED_OUT
            wire.close()
        assert time.monotonic() - start < TIMEOUT + 0.5


def test_on_error_miss_makes_failed_reads_misses_and_leaves_writes_errors() -> None:
    with stage(pool_options='on_error = "miss"') as on, on.client() as wire:
        on.backends[0].stop()
        key, other = on.key(0), on.key(1)
        assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % other) == b"STORED\r\n"
        for _ in range(2):  # by the timeout, then because it is down
            assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"END\r\n"
            assert wire.ask(b"mg %b v\r\n" % key) == b"EN\r\n"
            assert wire.ask(b"mg %b v q\r\nmn\r\n" % key) == b"MN\r\n"
            both = b"get %b %b\r\n" % (key, other)
            assert wire.ask(both, b"END\r\n") == b"VALUE %b 0 1\r\nv\r\nEND\r\n" % other
            assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % key) in (TIMED_OUT, DOWN)
            wait_until(lambda: on.state(0) == "down", "the probe is not answered either")


def test_more_than_one_connection_per_backend_keeps_a_key_on_one_of_them() -> None:
    with stage(relayed=True, pool_options="connections = 3") as on, back_to_level(on.outrider):
        with CheckingLoad(on.port, on.placement) as load:
            on.relay.hold_established()
            wait_until(lambda: load.errors_of(0)[TIMED_OUT] > 0, "requests time out")
            on.relay.release()
            load.wait_rounds(10)
        assert not load.errors_without(0)
