"""The reply parser: every shape of a reply, however it is cut, and everything that cannot be the reply."""

from typing import Final

import pytest

from proxy.protocol.reply import MAX_LINE, MAX_VALUE, BadReplyError
from tests.protocol.feeding import divisions
from tests.protocol.replying import Outcome, Reply, drive, requests_of

A: Final = b"VALUE a 0 3\r\nabc\r\n"
B: Final = b"VALUE b 5 0\r\n\r\n"
C: Final = b"VALUE c 4294967295 14 18446744073709551615\r\nEND\r\nVALUE c 0\r\n"
END: Final = b"END\r\n"
ERRORS: Final = (
    b"ERROR\r\n",
    b"ERROR Too many open connections\r\n",
    b"CLIENT_ERROR bad command line format\r\n",
    b"SERVER_ERROR out of memory writing get response\r\n",
)

#: Requests, what the backend sends, the replies.
SHAPES: Final[dict[str, tuple[bytes, bytes, list[Reply]]]] = {
    "a hit": (b"get a\r\n", A + END, [Reply(A + END)]),
    "a miss": (b"get a\r\n", END, [Reply(END)]),
    "an empty value": (b"get b\r\n", B + END, [Reply(B + END)]),
    "a hit with its unique, and a value that looks like replies": (b"gets c\r\n", C + END, [Reply(C + END)]),
    "gat": (b"gat 5 a\r\ngats 5 c\r\n", A + END + C + END, [Reply(A + END), Reply(C + END)]),
    "a multi-get": (b"get a b\r\n", A + B + END, [Reply(END, (A, B))]),
    "a multi-get with misses": (b"get x a y b z\r\n", A + B + END, [Reply(END, (b"", A, b"", B, b""))]),
    "a multi-get that misses all": (b"get x y\r\n", END, [Reply(END, (b"", b""))]),
    "a multi-get with duplicates": (b"get a b a a\r\n", A + B + A + A + END, [Reply(END, (A, B, A, A))]),
    "a duplicate of which one missed": (b"get a b a\r\n", A + B + END, [Reply(END, (A, B, b""))]),
    "words": (
        b"set a 0 0 1\r\nx\r\n" * 4,
        b"STORED\r\nNOT_STORED\r\nEXISTS\r\nNOT_FOUND\r\n",
        [Reply(b"STORED\r\n"), Reply(b"NOT_STORED\r\n"), Reply(b"EXISTS\r\n"), Reply(b"NOT_FOUND\r\n")],
    ),
    "more words": (
        b"delete a\r\ndelete a\r\ntouch a 0\r\ntouch a 0\r\nflush_all\r\n",
        b"DELETED\r\nNOT_FOUND\r\nTOUCHED\r\nNOT_FOUND\r\nOK\r\n",
        [
            *(Reply(b"DELETED\r\n"), Reply(b"NOT_FOUND\r\n"), Reply(b"TOUCHED\r\n"), Reply(b"NOT_FOUND\r\n")),
            Reply(b"OK\r\n"),
        ],
    ),
    "numbers": (
        b"incr a 1\r\ndecr a 1\r\nincr b 1\r\n",
        b"18446744073709551615\r\n0\r\nNOT_FOUND\r\n",
        [Reply(b"18446744073709551615\r\n"), Reply(b"0\r\n"), Reply(b"NOT_FOUND\r\n")],
    ),
    "meta codes": (
        b"mg a\r\nmg a t\r\nmd a\r\nma a\r\nms a 1\r\nx\r\nmg a k O1\r\nme a\r\nme b\r\n",
        b"EN\r\nHD t-1\r\nNF\r\nEX \r\nNS \r\nEN ka O1\r\nME a exp=-1 la=0\r\nEN\r\n",
        [
            *(Reply(b"EN\r\n"), Reply(b"HD t-1\r\n"), Reply(b"NF\r\n"), Reply(b"EX \r\n"), Reply(b"NS \r\n")),
            *(Reply(b"EN ka O1\r\n"), Reply(b"ME a exp=-1 la=0\r\n"), Reply(b"EN\r\n")),
        ],
    ),
    "meta values": (
        b"mg a v\r\nma a v\r\nmg a v\r\n",
        b"VA 4 k\r\nEN\r\n\r\nVA 1\r\n7\r\nVA 0 W\r\n\r\n",
        [Reply(b"VA 4 k\r\nEN\r\n\r\n"), Reply(b"VA 1\r\n7\r\n"), Reply(b"VA 0 W\r\n\r\n")],
    ),
    "a key that ends with a carriage return": (
        b"get a\r\r\nget a\r b\r\nmg a\r k\r\n",
        b"VALUE a\r 0 1\r\n\r\r\nEND\r\nVALUE a\r 0 0\r\n\r\nEND\r\nHD ka\r\r\n",
        [
            Reply(b"VALUE a\r 0 1\r\n\r\r\nEND\r\n"),
            Reply(END, (b"VALUE a\r 0 0\r\n\r\n", b"")),
            Reply(b"HD ka\r\r\n"),
        ],
    ),
    "a base64 key with a line end in it, echoed decoded": (
        b"mg YQ0KSEQ= b k v\r\nmg YQ0KSEQ= b k O1\r\nme YQ0KSEQ= b\r\nmg DQo= k b\r\nmg DQpFTg0K b k\r\nmg a\r\n",
        b"VA 4 ka\r\nHD W\r\nHD\r\n\r\nHD ka\r\nHD O1\r\nME a\r\nHD exp=-1\r\nHD k\r\n\r\nHD k\r\nEN\r\n W\r\nHD\r\n",
        [
            *(Reply(b"VA 4 ka\r\nHD W\r\nHD\r\n\r\n"), Reply(b"HD ka\r\nHD O1\r\n")),
            *(Reply(b"ME a\r\nHD exp=-1\r\n"), Reply(b"HD k\r\n\r\n"), Reply(b"HD k\r\nEN\r\n W\r\n")),
            Reply(b"HD\r\n"),
        ],
    ),
    "a base64 key with a line end in it, echoed as base64": (
        b"mg YQ0KSEQ= b k v\r\nmg YQ0KSEQ= b k\r\nme YQ0KSEQ= b\r\nmg YQ0KSEQ= b\r\nmg YQ0KSEQ= b k\r\n",
        b"VA 1 kYQ0KSEQ= b\r\nx\r\nEN kYQ0KSEQ= b\r\nME YQ0KSEQ= exp=-1\r\nHD\r\nSERVER_ERROR out of memory\r\n",
        [
            *(Reply(b"VA 1 kYQ0KSEQ= b\r\nx\r\n"), Reply(b"EN kYQ0KSEQ= b\r\n")),
            *(Reply(b"ME YQ0KSEQ= exp=-1\r\n"), Reply(b"HD\r\n"), Reply(b"SERVER_ERROR out of memory\r\n")),
        ],
    ),
    "many at once": (
        b"get a\r\nget x\r\nget a b\r\nset a 0 0 1\r\nx\r\nincr a 1\r\nmg a v\r\nget a\r\nget a b\r\n",
        A + END + END + A + END + b"STORED\r\n5\r\nVA 5\r\nEND\r\n\r\n" + A + END + B + END,
        [
            *(Reply(A + END), Reply(END), Reply(END, (A, b"")), Reply(b"STORED\r\n"), Reply(b"5\r\n")),
            *(Reply(b"VA 5\r\nEND\r\n\r\n"), Reply(A + END), Reply(END, (b"", B))),
        ],
    ),
}


@pytest.mark.parametrize(("requests", "stream", "replies"), SHAPES.values(), ids=SHAPES)
def test_replies_are_read_alike_however_they_arrive(
    requests: bytes, stream: bytes, replies: list[Reply]
) -> None:
    for pieces in divisions(stream):
        outcome = drive(requests_of(requests), pieces)
        assert (outcome.replies, outcome.rest) == (replies, False), pieces


@pytest.mark.parametrize(("requests", "stream", "replies"), SHAPES.values(), ids=SHAPES)
def test_bytes_behind_the_last_reply_are_noticed(
    requests: bytes, stream: bytes, replies: list[Reply]
) -> None:
    for extra in (b"\n", b"END\r\n", b"STORED\r\n", b"VALUE a 0 1\r\n"):
        for pieces in divisions(stream):
            outcome = drive(requests_of(requests), [*pieces[:-1], pieces[-1] + extra])
            assert (outcome.replies, outcome.rest) == (replies, True), pieces


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(
    "request_line", [b"get a", b"get a b", b"gat 0 a", b"incr a 1", b"delete a", b"mg a v", b"me a"]
)
def test_an_error_line_is_a_reply_to_every_request(request_line: bytes, error: bytes) -> None:
    for pieces in divisions(error + END):
        outcome = drive(requests_of(request_line + b"\r\nget z\r\n"), pieces)
        assert (outcome.replies, outcome.rest) == ([Reply(error), Reply(END)], False), pieces


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_line_behind_some_values_stands_for_all(error: bytes) -> None:
    for before in (A, A + B, B):
        for pieces in divisions(before + error + A + END):
            outcome = drive(requests_of(b"get a b x\r\nget a x\r\n"), pieces)
            assert (outcome.replies, outcome.rest) == ([Reply(error), Reply(END, (A, b""))], False), pieces
    for pieces in divisions(A + error + END):
        outcome = drive(requests_of(b"get a\r\nget a\r\n"), pieces)
        assert (outcome.replies, outcome.rest) == ([Reply(error), Reply(END)], False), pieces


#: What cannot be the reply to a request, wherever it is cut.
IMPOSSIBLE: Final[dict[str, tuple[bytes, bytes]]] = {
    "another key's value": (b"get a\r\n", B + END),
    "another key's value, for a multi-get": (b"get a b\r\n", C + END),
    "a key that begins alike": (b"get a\r\n", b"VALUE ab 0 1\r\nx\r\n" + END),
    "a value more than asked": (b"get a\r\n", A + A + END),
    "a value more than asked, of another key": (b"get a\r\n", A + B + END),
    "a value more than asked, for a multi-get": (b"get a b\r\n", A + B + B + END),
    "values out of order": (b"get a b\r\n", B + A + END),
    "a value without END": (b"get a\r\n", A + b"STORED\r\n"),
    "a value, then another request's word": (b"get a b\r\n", A + b"EN\r\n"),
    "a value that is longer than announced": (b"get a\r\n", b"VALUE a 0 2\r\nabc\r\n" + END),
    "a value that is shorter than announced": (b"get a\r\n", b"VALUE a 0 4\r\nabc\r\n" + END),
    "the same of a multi-get": (b"get a b\r\n", b"VALUE a 0 4\r\nabc\r\n" + END),
    "the same of mg": (b"mg a v\r\n", b"VA 4\r\nabc\r\nEN\r\n"),
    "a length that is none": (b"get a\r\n", b"VALUE a 0 x\r\n" + END),
    "a negative length": (b"get a\r\n", b"VALUE a 0 -1\r\n" + END),
    "a huge length": (b"get a\r\n", b"VALUE a 0 %d\r\n" % (MAX_VALUE + 1)),
    "a huger length": (b"get a b\r\n", b"VALUE a 0 99999999999999999999\r\n"),
    "a huge length of mg": (b"mg a v\r\n", b"VA %d\r\n" % (MAX_VALUE + 1)),
    "a huger length of mg": (b"mg a v\r\n", b"VA 99999999999999999999\r\n"),
    "no length": (b"get a\r\n", b"VALUE a 0\r\n" + END),
    "no length of mg": (b"mg a v\r\n", b"VA\r\n"),
    "a length of mg that is none": (b"mg a v\r\n", b"VA k\r\n"),
    "words behind the unique": (b"get a b\r\n", b"VALUE a 0 1 2 3\r\nx\r\n" + END),
    "a word for a get": (b"get a\r\n", b"STORED\r\n"),
    "a meta code for a get": (b"get a\r\n", b"EN\r\n"),
    "a miss for a set": (b"set a 0 0 1\r\nx\r\n", b"END\r\n"),
    "another command's word": (b"set a 0 0 1\r\nx\r\n", b"DELETED\r\n"),
    "a number for a set": (b"set a 0 0 1\r\nx\r\n", b"5\r\n"),
    "STORED for a delete": (b"delete a\r\n", b"STORED\r\n"),
    "STORED for a touch": (b"touch a 0\r\n", b"STORED\r\n"),
    "a word for a number": (b"incr a 1\r\n", b"STORED\r\n"),
    "a number with more behind it": (b"incr a 1\r\n", b"5 \r\n"),
    "a negative number": (b"incr a 1\r\n", b"-5\r\n"),
    "an empty line": (b"get a\r\n", b"\r\n"),
    "an empty line for a set": (b"set a 0 0 1\r\nx\r\n", b"\r\n"),
    "an empty line for mg": (b"mg a\r\n", b"\r\n"),
    "another meta command's code": (b"md a\r\n", b"EN\r\n"),
    "a value for md": (b"md a\r\n", b"VA 1\r\nx\r\n"),
    "a meta code with letters behind it": (b"mg a\r\n", b"HDx\r\n"),
    "a classic word for mg": (b"mg a\r\n", b"STORED\r\n"),
    "a key that begins as the one asked for, and its line end": (b"mg YQ0KSEQ= b k\r\n", b"HD ka\r\nEN\r\n"),
    "lower case": (b"set a 0 0 1\r\nx\r\n", b"stored\r\n"),
    "an error without its space": (b"get a\r\n", b"SERVER_ERRORS\r\n"),
    "garbage": (b"get a\r\n", b"\x80\x01\x02\x03\r\n"),
    "a binary packet": (b"get a\r\n", b"\x81" + bytes(MAX_LINE)),
    "a line without end": (b"get a\r\n", b"VALUE a" + b" " * MAX_LINE),
    "a line without end for a word": (b"delete a\r\n", b"DELETED" * (MAX_LINE // 7 + 1)),
    "a line without end for mg": (b"mg a\r\n", b"HD" + b" k" * (MAX_LINE // 2)),
}


def drive_or_refuse(requests: bytes, pieces: list[bytes]) -> Outcome | None:
    """None where the parser gives the connection up."""
    try:
        return drive(requests_of(requests), pieces)
    except BadReplyError:
        return None


@pytest.mark.parametrize(("requests", "stream"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_the_reply_is_noticed_however_it_arrives(requests: bytes, stream: bytes) -> None:
    for pieces in divisions(stream):
        assert drive_or_refuse(requests + b"get z\r\n", pieces) is None, pieces


def test_bytes_before_any_request_are_noticed() -> None:
    assert drive([], [b"END\r\n"]).rest


@pytest.mark.parametrize("request_line", [b"get a\r\n", b"get a b\r\n", b"gets a\r\n"])
def test_a_hit_seen_before_does_not_hide_another_reply(request_line: bytes) -> None:
    # Requests are shared by equal lines and remember the look of their last hit.
    (request,) = requests_of(request_line)
    other = b"VALUE a 0 3\r\nxyz\r\n"
    streams = (
        A + END,
        other + END,
        b"VALUE a 7 3\r\nxyz\r\n" + END,
        b"VALUE a 0 30\r\n" + b"v" * 30 + b"\r\n" + END,
        END,
    )
    for first in streams:
        for second in streams:
            for pieces in divisions(second):
                drive([request], [first])
                replies = drive([request], pieces).replies
                fresh = drive(requests_of(request_line), [second]).replies
                assert replies == fresh, (first, pieces)
    for pieces in divisions(b"VALUE a 0 3\r\nabcd\r\n" + END):
        drive([request], [A + END])
        with pytest.raises(BadReplyError):
            drive([request], pieces)
