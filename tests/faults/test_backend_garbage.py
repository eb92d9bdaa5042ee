"""A backend says what cannot be: the connection is given up, the request fails, and nobody else reads a byte of it."""

from collections.abc import Callable

import pytest

from tests.faults.levels import back_to_level, forget_peak, peak_resident
from tests.faults.load import Canary, CheckingLoad
from tests.faults.stage import BAD_REPLY, DOWN, TIMED_OUT, Stage, stage
from tests.servers import wait_until

_MB = 1 << 20


def _edit_next(on: Stage, edit: Callable[[bytes], bytes]) -> None:
    """Edit the next reply that is none to a probe."""

    def edit_once(data: bytes) -> bytes:
        if data.startswith(b"VERSION "):
            return data
        on.relay.replies.edit = None
        return edit(data)

    on.relay.replies.edit = edit_once


@pytest.mark.parametrize(
    ("request_line", "reply"),
    [
        pytest.param(b"get %b\r\n", b"!@#$%\0\xff\r\n", id="garbage"),
        pytest.param(b"get %b\r\n", b"\r\n", id="an empty line"),
        pytest.param(b"get %b\r\n", b"x" * 5000, id="an endless line"),
        pytest.param(b"get %b\r\n", b"STORED\r\n", id="the reply to a set"),
        pytest.param(b"get %b\r\n", b"VALUE another 0 1\r\nv\r\nEND\r\n", id="a key not asked"),
        pytest.param(b"get %b\r\n", b"VALUE %b 0 1\r\nv\r\nVALUE %b 0 1\r\nw\r\nEND\r\n", id="the key twice"),
        pytest.param(b"get %b\r\n", b"VALUE %b 0 1\r\nvw\r\nEND\r\n", id="a value longer than announced"),
        pytest.param(b"get %b\r\n", b"VALUE %b 0 3\r\nv\r\nEND\r\n", id="a value shorter than announced"),
        pytest.param(b"get %b\r\n", b"VALUE %b 0 -1\r\nv\r\nEND\r\n", id="a negative length"),
        pytest.param(b"get %b\r\n", b"VALUE %b 0 99999999999999999999\r\n", id="a huge length"),
        pytest.param(b"get %b\r\n", b"VALUE %b 0 1073741825\r\n", id="more than an item can have"),
        pytest.param(b"get %b\r\n", b"VALUE %b 0\r\n", id="no length"),
        pytest.param(b"get %b\r\n", b"END\r\nEND\r\n", id="an extra END"),
        pytest.param(
            b"get %b\r\n", b"VALUE %b 0 1\r\nv\r\nSTORED\r\n", id="END missing, another reply in its place"
        ),
        pytest.param(b"set %b 0 0 1\r\nv\r\n", b"END\r\n", id="the reply to a get"),
        pytest.param(b"set %b 0 0 1\r\nv\r\n", b"12\r\n", id="a number to a set"),
        pytest.param(b"set %b 0 0 1\r\nv\r\n", b"STORED\r\nSTORED\r\n", id="an extra STORED"),
        pytest.param(b"incr %b 1\r\n", b"-1\r\n", id="a negative number"),
        pytest.param(b"mg %b v\r\n", b"VA 1073741825 \r\n", id="a huge meta value"),
        pytest.param(b"mg %b v\r\n", b"VA x\r\n", id="no number"),
        pytest.param(b"mg %b v\r\n", b"ZZ\r\n", id="an unknown code"),
        pytest.param(b"ms %b 1\r\nv\r\n", b"VA 1\r\nv\r\n", id="a value to ms"),
    ],
)
def test_it_is_given_up_and_the_next_request_is_answered_right(request_line: bytes, reply: bytes) -> None:
    with stage(1, relayed=True) as on, on.client() as wire, back_to_level(on.outrider):
        key = on.key(0)
        request, reply = request_line.replace(b"%b", key), reply.replace(b"%b", key)
        _edit_next(on, lambda _: reply)
        first = wire.ask(request)
        if reply.count(b"\r\n") > 1 and first != BAD_REPLY:
            # Right so far; what was too much has met no request.
            assert reply.startswith(first)
        else:
            assert first == BAD_REPLY
        wait_until(lambda: on.count("backend_bad_replies") == 1, "the rest is seen")
        on.wait_served(0)
        assert wire.ask(b"set %b 0 0 4\r\ntrue\r\n" % key) == b"STORED\r\n"
        assert (
            wire.ask(b"get %b\r\nmn\r\n" % key, b"MN\r\n") == b"VALUE %b 0 4\r\ntrue\r\nEND\r\nMN\r\n" % key
        )


def test_what_is_queued_behind_garbage_fails_too() -> None:
    with stage(1, relayed=True) as on, on.client() as wire:
        _edit_next(on, lambda reply: b"garbage\r\n" + reply)
        key = on.key(0)
        assert wire.ask(b"get %b\r\nset %b 0 0 1\r\nv\r\nget %b\r\nmn\r\n" % (key, key, key), b"MN\r\n") == (
            BAD_REPLY * 3 + b"MN\r\n"
        )


@pytest.mark.parametrize("extra", [b"END\r\n", b"STORED\r\n", b"VALUE k 0 1\r\nv\r\nEND\r\n", b"\0"])
def test_what_comes_unasked_on_an_idle_connection_meets_no_later_request(extra: bytes) -> None:
    with stage(1, relayed=True) as on, on.client() as wire, back_to_level(on.outrider):
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 4\r\ntrue\r\n" % key) == b"STORED\r\n"
        on.relay.send(extra)
        wait_until(lambda: on.count("backend_bad_replies") == 1, "it is noticed")
        on.wait_served(0)
        assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"VALUE %b 0 4\r\ntrue\r\nEND\r\n" % key
        assert on.count("failed_requests") == 0


def test_when_end_is_missing_the_request_times_out_and_the_next_is_right() -> None:
    with stage(1, relayed=True) as on, on.client() as wire, back_to_level(on.outrider):
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 4\r\ntrue\r\n" % key) == b"STORED\r\n"
        _edit_next(on, lambda reply: reply.removesuffix(b"END\r\n"))
        assert wire.ask(b"get %b\r\n" % key) == TIMED_OUT
        on.wait_served(0)
        assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"VALUE %b 0 4\r\ntrue\r\nEND\r\n" % key


@pytest.mark.parametrize("request_line", [b"get %b\r\n", b"get %b x y\r\n", b"mg %b v\r\n"])
def test_nothing_is_allocated_for_a_length_that_is_only_announced(request_line: bytes) -> None:
    with stage(1, relayed=True) as on, on.client() as wire, back_to_level(on.outrider):
        key = on.key(0)
        before = on.outrider.resident()
        forget_peak(on.outrider)
        head = b"VA 1073741824\r\n" if request_line.startswith(b"mg") else b"VALUE %b 0 1073741824\r\n" % key
        _edit_next(on, lambda _: head + b"v" * 1000)
        assert wire.ask(request_line % key) == TIMED_OUT
        assert peak_resident(on.outrider) - before < 8 * _MB


def test_the_error_lines_of_a_backend_are_passed_on_and_the_stream_stays_in_sync() -> None:
    with stage(1, relayed=True) as on, on.client() as wire:
        key = on.key(0)
        for line in (
            b"SERVER_ERROR out of memory storing object\r\n",
            b"CLIENT_ERROR bad data chunk\r\n",
            b"ERROR\r\n",
        ):
            for request in (b"get %b\r\n", b"set %b 0 0 1\r\nv\r\n", b"mg %b v\r\n", b"incr %b 1\r\n"):
                _edit_next(on, lambda _, line=line: line)  # type: ignore[misc]
                assert wire.ask(request % key) == line
        assert wire.ask(b"mn\r\n") == b"MN\r\n"
        assert on.count("backend_bad_replies") == 0


def test_under_load_garbage_meets_nobody() -> None:
    with stage(2, relayed=True) as on, back_to_level(on.outrider):
        passed = 0

        def spoil_some(data: bytes) -> bytes:
            nonlocal passed
            is_probe = data.startswith(b"VERSION ")
            passed += not is_probe
            if is_probe or passed % 40:
                return data
            return (b"garbage\r\n" + data, data + b"\0", b"VALUE stranger 0 1\r\nv\r\n" + data)[
                passed // 40 % 3
            ]

        with CheckingLoad(on.port, on.placement) as load, Canary(on.port, on.key(1)):
            on.relay.replies.edit = spoil_some
            wait_until(lambda: on.count("backend_bad_replies") >= 6, "replies are spoilt", 20)
            on.relay.replies.edit = None
            on.wait_served(0)
            load.wait_rounds(5)
        assert set(load.errors_of(0)) <= {BAD_REPLY, DOWN}
        assert not load.errors_without(0)
