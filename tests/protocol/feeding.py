"""Feeds a request parser in every way its input may be cut, and shows what came out as plain values."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from proxy.protocol.commands import CLOSE
from proxy.protocol.parser import LineMemo, RequestParser
from proxy.protocol.request import NOREPLY, QUIET, REPLACE, SHOW, Request

#: A small limit, so that the tables can cross it.
MAX_VALUE: Final = 100
#: Beyond this many bytes not every place to cut is tried.
_FEW: Final = 3000


class Seen(NamedTuple):
    """What there is to say about a request."""

    verb: bytes
    keys: tuple[bytes, ...]
    wire: bytes
    quiet: int = SHOW
    answer: bytes | None = None


def forward(wire: bytes, *keys: bytes, quiet: int = SHOW) -> Seen:
    """A request that a backend is sent. Without keys: the one behind the verb."""
    tokens = wire.split()
    return Seen(tokens[0], keys or (tokens[1],), wire, quiet)


def noreply(wire: bytes, *keys: bytes) -> Seen:
    return forward(wire, *keys, quiet=NOREPLY)


def quiet(wire: bytes, *keys: bytes) -> Seen:
    return forward(wire, *keys, quiet=QUIET)


def replaced(wire: bytes, reply: bytes, how: int = REPLACE) -> Seen:
    """A request whose reply the client does not see, but another one."""
    tokens = wire.split()
    return Seen(tokens[0], (tokens[1],), wire, how, reply)


def answer(reply: bytes) -> Seen:
    """Answered by the parser."""
    return Seen(b"", (), b"", SHOW, reply)


#: Refused, and nothing said, for the client asked for that.
SILENCE: Final = Seen(b"", (), b"", NOREPLY, b"")


def local(line: bytes, how: int = SHOW) -> Seen:
    """For the proxy itself, or for all backends."""
    return Seen(line.split()[0], (), line, how)


def closed(reason: bytes, said: bytes | None = None) -> Seen:
    return Seen(b"(close)", (), reason, SHOW, said)


def seen(request: Request) -> Seen:
    verb = b"(close)" if request.command is CLOSE else request.command.verb
    keys = request.keys or ((request.key,) if request.key else ())
    assert request.key == (keys[0] if keys else b"")
    if request.wire and request.command.first_key:
        assert request.wire[request.head - 2 : request.head] == b"\r\n"
        assert request.wire.count(b"\n", 0, request.head) == 1
    return Seen(verb, keys, request.wire, request.quiet, request.answer)


class End(NamedTuple):
    """The state a parser is left in."""

    is_midway: bool
    is_closed: bool
    held: int


def feed(pieces: Iterable[bytes], memo: LineMemo | None = None) -> tuple[list[Seen], End]:
    """What a fresh parser makes of these pieces, one read each."""
    parser = RequestParser(memo or LineMemo(), MAX_VALUE)
    requests: list[Seen] = []
    for piece in pieces:
        requests.extend(map(seen, parser.receive(piece)))
    return requests, End(parser.is_midway, parser.is_closed, parser.held)


def divisions(stream: bytes) -> Iterator[list[bytes]]:
    """The ways to cut `stream`: not at all, everywhere, every seven bytes, and once at every place."""
    yield [stream]
    yield [stream[place : place + 1] for place in range(len(stream))]
    yield [stream[place : place + 7] for place in range(0, len(stream), 7)]
    step = 1 if len(stream) <= _FEW else len(stream) // _FEW + 1
    for place in range(1, len(stream), step):
        yield [stream[:place], stream[place:]]
