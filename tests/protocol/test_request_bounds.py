"""What the request parser holds, and how much work it does, for input that never comes to an end."""

import tracemalloc
from itertools import count
from typing import Final

import pytest

from proxy.protocol.errors import LINE_TOO_LONG, TOO_LARGE
from proxy.protocol.parser import MAX_GET_LINE, MAX_KEYS, MAX_LINE, LineMemo, RequestParser
from proxy.protocol.request import Request
from tests.protocol.feeding import Seen, closed, forward, seen

MIB: Final = 1 << 20
ENDLESS: Final = closed(b"no line end in 2048 bytes")


def parser(max_value: int = MIB) -> RequestParser:
    return RequestParser(LineMemo(), max_value)


def feed_all(one: RequestParser, data: bytes, size: int) -> list[Seen]:
    """Feed `data` in pieces of `size` bytes."""
    requests: list[Seen] = []
    for start in range(0, len(data), size):
        requests += map(seen, one.receive(data[start : start + size]))
    return requests


# ---- lines without an end ----


@pytest.mark.parametrize("start", [b"", b"set a ", b"gat 0 a ", b"mg a ", b"getx ", b"GET ", b"\0", b"get\0"])
@pytest.mark.parametrize("size", [1, 7, 1000, 16384])
def test_a_line_that_is_no_get_closes_behind_2048_bytes(start: bytes, size: int) -> None:
    one = parser()
    line = start + b"x" * (MAX_LINE - len(start))
    assert feed_all(one, line, size) == []
    assert one.held == MAX_LINE
    assert feed_all(one, b"x", size) == [ENDLESS]
    assert (one.held, one.is_closed, one.is_midway) == (0, True, False)
    assert feed_all(one, b"\r\nget a\r\n", size) == []


@pytest.mark.parametrize("size", [1, 7, 16384])
def test_a_get_behind_more_than_a_hundred_spaces_is_none(size: int) -> None:
    assert feed_all(parser(), b" " * 101 + b"get" + b" k" * 1100, size) == [ENDLESS]
    assert feed_all(parser(), b" " * 100 + b"get" + b" k" * 1100, size) == []


def test_spaces_alone_are_no_get() -> None:
    assert feed_all(parser(), b" " * (MAX_LINE + 1), 1) == [ENDLESS]


@pytest.mark.parametrize("verb", [b"get", b"gets"])
@pytest.mark.parametrize("size", [61, 4096, 16384])
def test_a_get_of_ten_thousand_keys_is_read_whole(verb: bytes, size: int) -> None:
    keys = [b"%0250d" % number for number in range(10000)]
    line = verb + b" " + b" ".join(keys) + b"\r\n"
    (request,) = feed_all(parser(), line, size)
    assert request == forward(line, *keys)


@pytest.mark.parametrize("size", [1013, 16384])
def test_an_endless_get_closes_behind_4_mib_and_holds_no_more(size: int) -> None:
    one = parser()
    piece = (b"get" + b" k" * size)[:size]
    requests: list[Seen] = []
    for number in count():
        requests += map(seen, one.receive(piece if number == 0 else b"k" * size))
        if requests:
            break
        assert one.held <= MAX_GET_LINE
    assert requests == [closed(b"get line too long", LINE_TOO_LONG)]
    assert number == MAX_GET_LINE // size
    assert one.held == 0


def test_more_keys_than_anybody_asks_for_close() -> None:
    one = parser()
    assert feed_all(one, b"get" + b" k" * (MAX_KEYS + 1) + b"\r\nget a\r\n", 16384) == [
        closed(b"too many keys", LINE_TOO_LONG)
    ]
    assert feed_all(parser(), b"get" + b" k" * MAX_KEYS + b"\r\n", 16384)[0].keys == (b"k",) * MAX_KEYS


def test_a_long_line_that_is_there_at_once_is_read_as_any_other() -> None:
    spaces = b" " * 5000
    assert feed_all(parser(), b"set a 0 0 1" + spaces + b"\r\nx\r\n", 16384) == [
        forward(b"set a 0 0 1\r\nx\r\n")
    ]
    assert feed_all(parser(), b"incr a " + b"0" * 5000 + b"7\r\n", 16384)[0].verb == b"incr"
    assert feed_all(parser(), b"bogus" + spaces + b"\r\nget a\r\n", 16384)[1:] == [forward(b"get a\r\n")]


@pytest.mark.parametrize(
    "line", [b"mg a%b\r\n", b"md a%b\r\n", b"ma a%b\r\n", b"me a%b\r\n", b"ms a 1%b\r\nx\r\n"]
)
def test_a_long_meta_line_is_never_forwarded(line: bytes) -> None:
    # Its flags are forwarded as they are; a server that reads it in two pieces closes the connection of all.
    flag = b" O" + b"x" * MAX_LINE
    assert feed_all(parser(), line.replace(b"%b", flag) + b"get a\r\n", 16384) == [ENDLESS]


# ---- values ----


@pytest.mark.parametrize("size", [1, 7, 16384])
def test_a_value_of_the_greatest_length_is_held_and_no_byte_more(size: int) -> None:
    one = parser(max_value=50_000)
    request = b"set a 0 0 50000\r\n" + b"v" * 50_000 + b"\r\n"
    most = 0
    for start in range(0, len(request) - size, size):
        assert one.receive(request[start : start + size]) == []
        most = max(most, one.held)
    assert most <= len(request)
    (whole,) = map(seen, one.receive(request[len(request) - (len(request) - 1) % size - 1 :]))
    assert whole == forward(request)
    assert (one.held, one.is_midway) == (0, False)


@pytest.mark.parametrize("announced", [101, 2**20 + 1, 2**31 - 3])
@pytest.mark.parametrize("line", [b"add a 0 0 %d\r\n", b"add a 0 0 +%d\r\n", b"cas a 0 0 %d 5\r\n"])
def test_nothing_is_held_of_a_value_that_is_refused(line: bytes, announced: int) -> None:
    one = parser(max_value=100)
    tracemalloc.start()
    requests = feed_all(one, line % announced + b"v" * 100_000, 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert requests[0].answer == TOO_LARGE
    assert one.held == 0
    assert peak < 250_000


def test_a_refused_value_is_counted_off_to_its_last_byte() -> None:
    one = parser(max_value=100)
    assert len(feed_all(one, b"add a 0 0 1000000\r\n" + b"v" * 1_000_000 + b"\r", 16384)) == 1
    assert one.is_midway
    assert feed_all(one, b"\nget a\r\n", 3) == [forward(b"get a\r\n")]
    assert not one.is_midway


@pytest.mark.parametrize("size", [7, 100])
def test_memory_for_a_value_in_small_pieces_is_a_small_multiple_of_it(size: int) -> None:
    one = parser()
    request = b"set a 0 0 1000000\r\n" + b"v" * 1_000_000 + b"\r\n"
    pieces = [request[start : start + size] for start in range(0, len(request), size)]
    tracemalloc.start()
    for piece in pieces[:-1]:
        one.receive(bytes(bytearray(piece)))  # as from a socket: an object of its own
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert one.held >= 1_000_000
    assert peak < 16 * len(request)


# ---- work ----


class Looks(dict[bytes, Request]):
    """Lines seen before, and how often the parser asked for one: each time it looks at what it has."""

    count = 0

    def get(self, line: bytes, default: None = None) -> Request | None:  # type: ignore[override]
        self.count += 1
        return super().get(line, default)


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize(
    "request_bytes",
    [
        b"set a 0 0 %d\r\n" % MIB + b"v" * MIB + b"\r\n",
        b"set a  0 0 %d\r\n" % MIB + b"\n" * MIB + b"\r\n",
        b"ms a %d T0\r\n" % MIB + b"\r\n" * (MIB // 2) + b"\r\n",
        b"get" + b" k" * 60_000 + b"\r\n",
    ],
    ids=["set", "set of line ends", "ms of line ends", "get"],
)
def test_the_work_for_a_request_does_not_grow_with_the_number_of_its_pieces(
    request_bytes: bytes, size: int
) -> None:
    # Looking again at all there is for each piece would copy 78 GB for a value of 1 MiB in pieces of 7 bytes.
    memo = LineMemo()
    looks = Looks()
    memo.lines = looks
    assert len(feed_all(RequestParser(memo, MIB), request_bytes, size)) == 1
    assert looks.count <= 2


def test_the_work_for_a_refused_value_does_not_grow_with_the_number_of_its_pieces() -> None:
    memo = LineMemo()
    looks = Looks()
    memo.lines = looks
    assert len(feed_all(RequestParser(memo, 100), b"ms a %d\r\n" % MIB + b"\n" * MIB + b"\r\n", 7)) == 1
    assert looks.count == 1
