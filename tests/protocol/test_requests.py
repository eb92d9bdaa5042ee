"""The request parser: whatever its input is cut into, the same requests come out."""

import pytest

from proxy.protocol.parser import LineMemo
from proxy.protocol.request import BINARY
from tests.protocol.feeding import End, Seen, answer, closed, divisions, feed, forward, local
from tests.protocol.requests_classic import CLASSIC, GET_A
from tests.protocol.requests_meta import META

OPEN = End(is_midway=False, is_closed=False, held=0)
CLOSED = End(is_midway=False, is_closed=True, held=0)


def assert_reads(stream: bytes, requests: list[Seen], end: End = OPEN) -> None:
    for pieces in divisions(stream):
        assert feed(pieces) == (requests, end), pieces


@pytest.mark.parametrize(("stream", "requests"), CLASSIC.values(), ids=CLASSIC)
def test_classic_commands_are_read_alike_however_they_arrive(stream: bytes, requests: list[Seen]) -> None:
    assert_reads(stream, requests)


@pytest.mark.parametrize(("stream", "requests"), META.values(), ids=META)
def test_meta_commands_are_read_alike_however_they_arrive(stream: bytes, requests: list[Seen]) -> None:
    assert_reads(stream, requests)


def test_all_tables_in_one_stream_are_read_alike_by_one_parser() -> None:
    rows = [*CLASSIC.values(), *META.values()]
    stream = b"".join(stream for stream, _ in rows)
    requests = [request for _, expected in rows for request in expected]
    for size in (len(stream), 1, 2, 3, 5, 7, 64, 1000, 4096):
        pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert feed(pieces) == (requests, OPEN)


@pytest.mark.parametrize(
    "stream", [row[0] for row in (*CLASSIC.values(), *META.values())], ids=[*CLASSIC, *META]
)
def test_a_line_seen_before_means_what_it_meant(stream: bytes) -> None:
    memo = LineMemo()
    first = feed([stream], memo)
    assert feed([stream], memo) == first
    assert feed([stream[:5], stream[5:]], memo) == first


def test_the_memo_of_lines_is_bounded_and_forgets_nothing_that_matters() -> None:
    memo = LineMemo(limit=10)
    for number in range(95):
        line = b"get key%d\r\n" % number
        assert feed([line * 2], memo)[0] == [forward(line), forward(line)]
        assert len(memo.lines) <= 10


def test_equal_lines_share_one_request_and_only_reads_of_one_key_are_kept() -> None:
    memo = LineMemo()
    feed(
        [
            b"get a\r\nget a b\r\nmg a v\r\nmg a q\r\nincr a 1\r\nset a 0 0 1\r\nx\r\nget "
            + b"k" * 251
            + b"\r\n"
        ],
        memo,
    )
    assert sorted(memo.lines) == [b"get a\r\n", b"mg a q\r\n", b"mg a v\r\n"]


@pytest.mark.parametrize("line", [b"quit\r\n", b"quit\n", b"quit now\r\n", b" quit \r\n"])
def test_nothing_is_read_behind_quit(line: bytes) -> None:
    requests = [GET_A, local(b" ".join(line.split()) + b"\r\n")]
    assert_reads(b"get a\r\n" + line, requests, CLOSED)
    assert_reads(b"get a\r\n" + line + b"get a\r\nset a 0 0 3\r\n", requests, CLOSED)


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1",
        b"POST / HTTP/1.0",
        b"HTTP/1.1 HTTP/",
        b"HTTP/",
        b"bogus" + b" x" * 21 + b" HTTP/1 y z",
    ],
)
def test_an_http_request_closes(line: bytes) -> None:
    behind = b"\r\nHost: a\r\nget a\r\n"
    assert_reads(b"get a\r\n" + line + behind, [GET_A, closed(b"HTTP request")], CLOSED)


@pytest.mark.parametrize("line", [b"bogus HTTP", b"bogus http/1.1", b"bogus HTTP/1.1 x", b"sets HTTP/1.1"])
def test_what_only_resembles_an_http_request_is_an_error(line: bytes) -> None:
    assert_reads(line + b"\r\nget a\r\n", [answer(b"ERROR\r\n"), GET_A])


def test_the_first_byte_tells_the_binary_protocol() -> None:
    assert_reads(b"\x80\x0b" + bytes(22), [closed(BINARY)], CLOSED)
    assert_reads(b"\x80get a\r\n", [closed(BINARY)], CLOSED)


def test_the_byte_of_the_binary_protocol_means_nothing_later() -> None:
    assert_reads(b"get a\r\n\x80\x0b\r\nget a\r\n", [GET_A, answer(b"ERROR\r\n"), GET_A])


@pytest.mark.parametrize(
    ("stream", "requests"),
    [
        (b"get", []),
        (b"get a\r", []),
        (b"get a\r\nget", [GET_A]),
        (b"set a 0 0 3\r\n", []),
        (b"set a 0 0 3\r\nxyz", []),
        (b"set a 0 0 3\r\nxyz\r", []),
        (b"ms a 3 q\r\nxyz\r", []),
    ],
)
def test_an_incomplete_request_is_held(stream: bytes, requests: list[Seen]) -> None:
    held = len(stream) - (len(b"get a\r\n") if requests else 0)
    assert_reads(stream, requests, End(is_midway=True, is_closed=False, held=held))


def test_a_refused_block_that_is_still_to_come_leaves_the_parser_midway_and_holds_nothing() -> None:
    stream = b"add a 0 0 2000000000\r\n" + b"v" * 500
    refused = [answer(b"SERVER_ERROR object too large for cache\r\n")]
    assert_reads(stream, refused, End(is_midway=True, is_closed=False, held=0))
