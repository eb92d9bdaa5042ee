"""Replies for a client that is gone: counted off, not kept, and the next client's reply is found behind them."""

import tracemalloc
from collections.abc import Iterator
from typing import Final

import pytest

from proxy.protocol.reply import BadReplyError, ReplyParser
from tests.protocol.feeding import divisions
from tests.protocol.replying import Reply, drive, requests_of

END: Final = b"END\r\n"
WIDE: Final = b"v" * 60


def value(key: bytes, data: bytes = WIDE) -> bytes:
    return b"VALUE %b 0 %d\r\n%b\r\n" % (key, len(data), data)


#: What is asked for a client that leaves, and the reply.
GONE: Final[dict[str, tuple[bytes, bytes]]] = {
    "a value": (b"get a\r\n", value(b"a") + END),
    "a value with its unique": (b"gets a\r\n", b"VALUE a 0 60 5\r\n" + WIDE + b"\r\n" + END),
    "a multi-get": (b"get a b c\r\n", value(b"a") + value(b"b") + value(b"c") + END),
    "a multi-get with misses": (b"get x a y b z\r\n", value(b"a") + value(b"b") + END),
    "a multi-get of one key thrice": (b"get a a a\r\n", value(b"a") * 3 + END),
    "a multi-get whose values look like replies": (
        b"get a b\r\n",
        value(b"a", b"\r\nEND\r\nVALUE b 0 3\r\n") + value(b"b", END) + END,
    ),
    "a meta value": (b"mg a v\r\n", b"VA 60 k\r\n" + WIDE + b"\r\n"),
    "a meta value that looks like replies": (
        b"mg a v\r\n",
        b"VA 21\r\n\r\nEN\r\nHD\r\nVA 1\r\nx\r\n\r\n\r\n",
    ),
    "a counter": (b"ma a v\r\n", b"VA 20\r\n18446744073709551615\r\n"),
    "a word": (b"set a 0 0 1\r\nx\r\n", b"STORED\r\n"),
    "an error behind values": (b"get a b\r\n", value(b"a") + b"SERVER_ERROR out of memory\r\n"),
}

#: What the next client on the connection asks, and the reply.
NEXT: Final[dict[str, tuple[bytes, bytes, Reply]]] = {
    "a hit": (b"get n\r\n", value(b"n", b"next") + END, Reply(value(b"n", b"next") + END)),
    "a miss": (b"get n\r\n", END, Reply(END)),
    "a multi-get": (b"get n m\r\n", value(b"m", b"x") + END, Reply(END, (b"", value(b"m", b"x")))),
    "a word": (b"set n 0 0 1\r\nx\r\n", b"STORED\r\n", Reply(b"STORED\r\n")),
    "a meta value": (b"mg n v\r\n", b"VA 4\r\nnext\r\n", Reply(b"VA 4\r\nnext\r\n")),
    "a meta code": (b"mg n\r\n", b"HD\r\n", Reply(b"HD\r\n")),
    "a number": (b"incr n 1\r\n", b"7\r\n", Reply(b"7\r\n")),
}


def departures(stream: bytes) -> Iterator[tuple[list[bytes], int]]:
    """Ways to cut `stream`, with the piece from which on the client is gone."""
    for pieces in divisions(stream):
        for gone_from in {1, len(pieces) // 2, len(pieces) - 1}:
            yield pieces, gone_from
    for place in range(1, len(stream) - 1):
        for width in (1, 5):
            yield [stream[:place], stream[place : place + width], stream[place + width :]], 1


@pytest.mark.parametrize("asked_next", NEXT)
@pytest.mark.parametrize("gone", GONE)
def test_the_next_reply_is_found_behind_a_discarded_one(gone: str, asked_next: str) -> None:
    request, reply = GONE[gone]
    next_request, next_stream, next_reply = NEXT[asked_next]
    for pieces, gone_from in departures(reply + next_stream):
        # Only the reply under way when the client left is discarded: from the next one on somebody listens.
        outcome = drive_until_next(request, next_request, len(reply), pieces, gone_from)
        assert outcome == next_reply, (pieces, gone_from)


def drive_until_next(
    request: bytes, behind: bytes, length: int, pieces: list[bytes], gone_from: int
) -> Reply:
    """The reply to `behind`, where the pieces that begin within the first `length` bytes may be discarded."""
    within = 0
    start = 0
    for piece in pieces:
        if start >= length:
            break
        within += 1
        start += len(piece)
    parser = ReplyParser()
    fifo = [*requests_of(request), *requests_of(behind)]
    found: list[Reply] = []
    for number, piece in enumerate(pieces):
        parser.receive(piece, discard=gone_from <= number < within and len(fifo) == 2 and parser.held > 0)
        while fifo:
            reply = parser.next_reply(fifo[0])
            if reply is None:
                break
            values = tuple(parser.values) if fifo[0].keys and reply == END else ()
            parser.values = []
            found.append(Reply(reply, values))
            del fifo[0]
    assert parser.is_idle
    assert not fifo
    return found[1]


@pytest.mark.parametrize("gone", GONE)
def test_a_client_that_never_listened_costs_nothing_but_alignment(gone: str) -> None:
    request, reply = GONE[gone]
    for pieces, gone_from in departures(reply):
        outcome = drive(requests_of(request), pieces, gone_from)
        assert (len(outcome.replies), outcome.rest) == (1, False), (pieces, gone_from)


@pytest.mark.parametrize(
    ("request_line", "head"),
    [
        (b"get a", b"VALUE a 0 1000000\r\n"),
        (b"get a b", b"VALUE b 0 1000000\r\n"),
        (b"mg a v", b"VA 1000000\r\n"),
    ],
)
def test_nothing_of_a_long_value_is_kept_once_the_client_is_gone(request_line: bytes, head: bytes) -> None:
    parser = ReplyParser()
    (request,) = requests_of(request_line + b"\r\n")
    parser.receive(head + b"v" * 100_000)
    assert parser.next_reply(request) is None
    assert parser.held > 100_000
    tracemalloc.start()
    replies: list[bytes | None] = []
    for _ in range(9):
        parser.receive(b"v" * 100_000, discard=True)
        if not replies or replies[-1] is None:
            replies.append(parser.next_reply(request))
        assert parser.held == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 250_000
    assert not parser.is_idle


def test_a_discarded_value_whose_end_is_wrong_is_still_followed_by_what_follows() -> None:
    # The bytes in the place of its CRLF are not looked at: the length alone decides where the next reply begins.
    (request, behind) = requests_of(b"get a\r\nget n\r\n")
    with pytest.raises(BadReplyError):
        drive([request, behind], [value(b"a")[:30], value(b"a")[30:-2] + b"xx", b"garbage\r\n"], gone_from=1)
