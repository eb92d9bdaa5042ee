"""A backend is killed and comes back: its keys fail at once, the others notice nothing."""

import time

import pytest

from tests.faults.levels import back_to_level
from tests.faults.load import Canary, CheckingLoad
from tests.faults.races import Races
from tests.faults.soak import FACTOR
from tests.faults.stage import AT_ONCE, CLOSED, DOWN, PROBE_INTERVAL, stage
from tests.servers import wait_until


def test_the_keys_of_a_killed_backend_fail_at_once() -> None:
    with stage() as on, on.client() as wire:
        on.backends[0].kill()
        wait_until(lambda: on.state(0) == "down", "the loss is noticed")
        for request in (
            b"get %b\r\n",
            b"set %b 0 0 1\r\nv\r\n",
            b"mg %b v\r\n",
            b"delete %b\r\n",
            b"incr %b 1\r\n",
        ):
            start = time.monotonic()
            assert wire.ask(request % on.key(0)) == DOWN
            assert time.monotonic() - start < AT_ONCE
            assert wire.ask(b"get %b\r\n" % on.key(1)) == b"END\r\n"


def test_noreply_to_a_killed_backend_is_silent() -> None:
    with stage() as on, on.client() as wire:
        on.backends[0].kill()
        wait_until(lambda: on.state(0) == "down", "the loss is noticed")
        key = on.key(0)
        before = on.count("failed_requests")
        assert wire.ask(b"set %b 0 0 1 noreply\r\nv\r\ndelete %b noreply\r\nmn\r\n" % (key, key)) == b"MN\r\n"
        assert on.count("failed_requests") == before + 2


def test_a_restarted_backend_is_back_within_one_probe() -> None:
    with stage() as on:
        on.backends[0].kill()
        wait_until(lambda: on.state(0) == "down", "the loss is noticed")
        on.backends[0].start()
        on.wait_served(0, deadline=PROBE_INTERVAL + 0.5)


@pytest.mark.soak
def test_under_load_the_other_backends_do_not_notice() -> None:
    with stage(3) as on, back_to_level(on.outrider):
        with (
            CheckingLoad(on.port, on.placement) as load,
            Canary(on.port, on.key(1)),
            Races(on.port, lambda name: on.key(2, name)) as races,
        ):
            load.may_lose(0)
            for _ in range(3 * FACTOR):
                on.backends[0].kill()
                wait_until(lambda: on.state(0) == "down", "the loss is noticed")
                load.wait_rounds(5)
                on.backends[0].start()
                on.wait_served(0, deadline=PROBE_INTERVAL + 1)
                load.wait_rounds(5)
                races.wait_rounds(5)
        assert load.errors_of(0)
        assert set(load.errors_of(0)) <= {DOWN, CLOSED}
        assert not load.errors_without(0)
