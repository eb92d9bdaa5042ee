"""A connection ends at the worst moment: in mid-reply, while idle, by an end of file or by a reset.

A partial value is never shown; a plain get of which nothing was received goes once more on a new connection; a write
is never sent twice.
"""

import time

import pytest

from tests.faults.levels import back_to_level
from tests.faults.load import Canary, CheckingLoad
from tests.faults.races import Races
from tests.faults.relay import Relay
from tests.faults.stage import CLOSED, DOWN, PROBE_INTERVAL, stage
from tests.servers import wait_until

_BY_RESET = pytest.mark.parametrize("by_reset", [False, True], ids=["FIN", "RST"])


@_BY_RESET
@pytest.mark.parametrize("size", [1, 20, 100])
@pytest.mark.parametrize("request_line", [b"get %b\r\n", b"gets %b\r\n", b"mg %b v\r\n", b"gat 0 %b\r\n"])
def test_a_partial_value_is_never_shown(by_reset: bool, size: int, request_line: bytes) -> None:
    with stage(1, relayed=True) as on, on.client() as wire:
        key = on.key(0)
        value = b"0123456789" * 10
        assert wire.ask(b"set %b 0 0 100\r\n%b\r\n" % (key, value)) == b"STORED\r\n"
        on.relay.replies.cut_after(size, by_reset=by_reset)
        reply = wire.ask(request_line % key)
        if reply != CLOSED:  # a reset can overtake what came before it: then nothing was received
            assert by_reset
            assert wire.read_exactly(102) == value + b"\r\n"
        wire.send(b"mn\r\n")
        assert wire.read_until(b"MN\r\n").replace(b"END\r\n", b"") == b"MN\r\n"


@_BY_RESET
@pytest.mark.parametrize("request_line", [b"get %b\r\n", b"gets %b\r\n", b"get %b %b\r\n"])
def test_a_plain_read_of_which_nothing_was_received_goes_once_more(
    by_reset: bool, request_line: bytes
) -> None:
    with stage(1, relayed=True) as on, on.client() as wire:
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % key) == b"STORED\r\n"
        on.relay.replies.cut_after(0, by_reset=by_reset)
        request = request_line.replace(b"%b", key)
        assert wire.ask(request, b"END\r\n").startswith(b"VALUE %b 0 1" % key)
        assert on.count("backend_retries") == 1
        assert on.count("backend_losses") == 1
        assert on.relay.accepted == 2


def _cut_all_but_probes(relay: Relay) -> None:
    """Every reply that is no VERSION is cut before its first byte."""

    def edit(data: bytes) -> bytes:
        if not data.startswith(b"VERSION "):
            relay.replies.cut_after(0, by_reset=False)
        return data

    relay.replies.edit = edit


def test_it_goes_once_more_and_not_twice() -> None:
    with stage(1, relayed=True) as on, on.client() as wire:
        _cut_all_but_probes(on.relay)
        assert wire.ask(b"get %b\r\n" % on.key(0)) == CLOSED
        assert on.count("backend_retries") == 1
        assert on.count("backend_losses") == 2


@_BY_RESET
@pytest.mark.parametrize("size", [0, 1])
def test_a_write_is_never_sent_twice(by_reset: bool, size: int) -> None:
    with stage(1, relayed=True) as on, on.client() as wire:
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 1\r\n5\r\n" % key) == b"STORED\r\n"
        on.relay.replies.cut_after(size, by_reset=by_reset)
        assert wire.ask(b"incr %b 1\r\n" % key) == CLOSED
        on.wait_served(0)
        assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"VALUE %b 0 1\r\n6\r\nEND\r\n" % key
        assert on.count("backend_retries") == 0


@pytest.mark.parametrize(
    "request_line", [b"touch %b 0\r\n", b"mg %b v t\r\n", b"delete %b\r\n", b"append %b 0 0 1\r\nx\r\n"]
)
def test_what_may_change_an_item_is_not_sent_twice(request_line: bytes) -> None:
    with stage(1, relayed=True) as on, on.client() as wire:
        on.relay.replies.cut_after(0, by_reset=False)
        assert wire.ask(request_line % on.key(0)) == CLOSED
        assert on.count("backend_retries") == 0


@_BY_RESET
def test_an_idle_connection_that_ends_is_replaced_before_anybody_asks(by_reset: bool) -> None:
    with stage(1, relayed=True) as on, on.client() as wire, back_to_level(on.outrider):
        on.relay.cut(by_reset=by_reset)
        wait_until(lambda: on.count("backend_connects") == 2, "a new connection is made")
        assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % on.key(0)) == b"STORED\r\n"
        assert on.count("failed_requests") == 0


def test_an_idle_connection_that_was_forgotten_costs_a_read_nothing_and_a_write_one_error() -> None:
    with stage(1, relayed=True) as on, on.client() as wire, back_to_level(on.outrider):
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % key) == b"STORED\r\n"
        on.relay.forget()
        assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"VALUE %b 0 1\r\nv\r\nEND\r\n" % key
        on.relay.forget()
        assert wire.ask(b"set %b 0 0 1\r\nw\r\n" % key) == CLOSED
        on.wait_served(0)  # the second loss in a moment costs a pause
        assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"VALUE %b 0 1\r\nv\r\nEND\r\n" % key


def test_a_part_of_a_multi_get_that_is_cut_is_one_error_and_no_value() -> None:
    with stage(2, relayed=True) as on, on.client() as wire:
        keys = [on.key(0), on.key(1)]
        for key in keys:
            assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % key) == b"STORED\r\n"
        on.relay.replies.cut_after(8, by_reset=False)
        assert wire.ask(b"get %b %b\r\nmn\r\n" % (keys[1], keys[0]), b"MN\r\n") == CLOSED + b"MN\r\n"


@_BY_RESET
def test_under_load_cuts_at_any_byte_do_no_harm_beyond_errors(by_reset: bool) -> None:
    with stage(2, relayed=True) as on, back_to_level(on.outrider):
        with (
            CheckingLoad(on.port, on.placement) as load,
            Canary(on.port, on.key(1)),
            Races(on.port, lambda name: on.key(0, name)) as races,
        ):
            for number in range(12):
                on.relay.replies.cut_after(20_000 + 997 * number, by_reset=by_reset)
                wait_until(lambda: on.relay.replies.bytes_left is None, "the connection is cut")
                on.wait_served(0)
            load.wait_rounds(5)
            races.wait_rounds(10)
        assert set(load.errors_of(0)) <= {CLOSED, DOWN}
        assert not load.errors_without(0)
        assert on.count("backend_losses") >= 12
        assert on.count("backend_bad_replies") == 0


@_BY_RESET
def test_under_load_sudden_ends_of_every_connection_do_no_harm_beyond_errors(by_reset: bool) -> None:
    with stage(2, relayed=True) as on:
        with CheckingLoad(on.port, on.placement) as load, Canary(on.port, on.key(1)):
            for _ in range(10):
                on.relay.cut(by_reset=by_reset)
                on.wait_served(0)
                load.wait_rounds(2)
        assert not load.errors_without(0)


def test_a_backend_that_ends_each_connection_behind_its_probe_is_not_knocked_at_without_pause() -> None:
    with stage(1, relayed=True) as on:
        probe = len(on.direct(0, b"version\r\n"))

        def cut_behind_probe(data: bytes) -> bytes:
            on.relay.replies.cut_after(probe, by_reset=False)
            return data

        on.relay.replies.edit = cut_behind_probe
        on.relay.cut(by_reset=False)
        start, before = time.monotonic(), on.relay.accepted
        wait_until(lambda: on.relay.accepted >= before + 6, "it goes on trying")
        assert time.monotonic() - start > 3 * PROBE_INTERVAL * 0.75
