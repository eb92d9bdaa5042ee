"""Feeds a reply parser as a link does: a queue of requests, pieces of bytes, and maybe nobody who listens."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from proxy.protocol.parser import LineMemo, RequestParser
from proxy.protocol.reply import ReplyParser
from proxy.protocol.request import Request


def requests_of(stream: bytes) -> list[Request]:
    """Requests that a backend is sent, as the request parser makes them: new ones, that remember no reply."""
    return RequestParser(LineMemo(), 1 << 20).receive(stream)


class Reply(NamedTuple):
    """The reply to one request; `values` are those of a multi-get."""

    line: bytes
    values: tuple[bytes, ...] = ()


class Outcome(NamedTuple):
    """What came of it.

    :ivar rest: whether bytes are left that no request wanted
    :ivar most_held: the most the parser held at a time between two pieces
    """

    replies: list[Reply]
    rest: bool
    most_held: int


#: Where `drive` takes a client to be gone from.
NEVER: Final = 1 << 60


def drive(requests: Sequence[Request], pieces: Iterable[bytes], gone_from: int = NEVER) -> Outcome:
    """Read the replies to `requests` out of `pieces`. Raises `BadReplyError` as the parser does.

    :param gone_from: the piece from which on nobody listens any more
    """
    parser = ReplyParser()
    fifo = deque(requests)
    replies: list[Reply] = []
    is_held = False
    most_held = 0
    for number, piece in enumerate(pieces):
        parser.receive(piece, discard=is_held and number >= gone_from)
        is_held = False
        while fifo:
            request = fifo[0]
            reply = parser.next_reply(request)
            if reply is None:
                is_held = parser.held > 0
                most_held = max(most_held, parser.held)
                break
            fifo.popleft()
            values: tuple[bytes, ...] = ()
            if request.keys and reply == b"END\r\n":
                values = tuple(parser.values)
                parser.values = []
                assert len(values) == len(request.keys)
            replies.append(Reply(reply, values))
        else:
            if parser.has_rest:
                return Outcome(replies, True, most_held)
    if not fifo:
        assert parser.is_idle
    return Outcome(replies, parser.has_rest, most_held)
