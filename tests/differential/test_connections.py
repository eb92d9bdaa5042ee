"""Long pipelines, and connections that are closed from one side: what is said until the end."""

import socket
from collections.abc import Iterator
from typing import Final

import pytest

from tests.differential.comparison import difference
from tests.differential.exceptions import KINDS
from tests.differential.sides import Conversation, Sides, pair
from tests.differential.table import BEFORE, BEHIND
from tests.servers import Wire

#: More requests than are taken up at a time (`proxy.max_in_flight`), in one go.
_MANY: Final = 5000

PIPELINES: Final = {
    "gets": b"get a\r\nget b\r\nget a b n\r\n",
    "counters": b"incr n 1\r\nincr n 2 noreply\r\ndecr n 1\r\n",
    "stores": b"set b 0 0 1\r\nx\r\nappend b 0 0 1\r\ny\r\nadd b 0 0 1\r\nz\r\n",
    "silence": b"set b 0 0 1 noreply\r\nx\r\nmg c q\r\nms b 1 q\r\ny\r\n",
    "errors": b"bogus\r\nset b 0 0 x\r\nmg a v v\r\n",
    "own answers between others": b"get a\r\nmn\r\nmg a v\r\nverbosity 0\r\n",
}


@pytest.fixture(scope="module", params=KINDS)
def sides(request: pytest.FixtureRequest) -> Iterator[Sides]:
    with pair(request.param) as running:
        yield running


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_long_pipeline_is_answered_whole_and_in_order(sides: Sides, pipeline: str) -> None:
    stream = PIPELINES[pipeline] * (_MANY // 3)
    with Conversation(sides.oracle) as oracle, Conversation(sides.outrider) as outrider:
        for part in (BEFORE, stream, BEHIND):
            outrider.send(part)
            oracle.send(part)
            assert difference(oracle.replies(), outrider.replies(), sides.kind) is None


@pytest.mark.parametrize("count", [1, 7, 3000])
@pytest.mark.parametrize(
    "last", [b"get a\r\n", b"set b 0 0 1\r\nx\r\n", b"mg b q\r\n", b"set b 0 0 1 noreply\r\nx\r\n"]
)
def test_a_client_that_sends_no_more_is_answered_to_the_end(sides: Sides, last: bytes, count: int) -> None:
    stream = b"get a\r\nincr n 1\r\nmg a v\r\n" * (count // 3) + last
    said: list[bytes] = []
    for port in (sides.oracle, sides.outrider):
        with Conversation(port) as one:
            one.ask(BEFORE)
        with Wire(port) as wire:
            wire.send(stream)
            wire.sock.shutdown(socket.SHUT_WR)
            said.append(wire.read_to_end())
    assert difference(said[0], said[1], sides.kind) is None


def test_quit_behind_a_long_pipeline_comes_last(sides: Sides) -> None:
    stream = b"get a\r\nincr n 1\r\n" * _MANY + b"quit\r\nget a\r\n"
    said: list[bytes] = []
    for port in (sides.oracle, sides.outrider):
        with Conversation(port) as one:
            one.ask(BEFORE)
            said.append(one.ask_last(stream))
    assert difference(said[0], said[1], sides.kind) is None


@pytest.mark.parametrize("number", [0, 1, 1023, 1024, 3000])
def test_nothing_behind_an_http_request_is_executed_wherever_it_stands(sides: Sides, number: int) -> None:
    # The guard against requests that a browser was made to send: their body may hold commands.
    stream = b"get c\r\n" * number + b"POST / HTTP/1.1\r\n" + b"set b 0 0 1\r\nx\r\n" * 2000
    with Conversation(sides.outrider) as outrider:
        outrider.ask(BEFORE)
        said = outrider.ask_last(stream)
        # Closing with bytes unread resets the connection, which may cost the client the last replies.
        assert (b"END\r\n" * number).startswith(said)
    with Conversation(sides.outrider) as outrider:
        assert outrider.ask(b"get b\r\n") == b"END\r\n"
