"""What the generator reaches: a comparison shows nothing about replies that never come."""

import re
from typing import Final

from tests.differential.exceptions import MEMCACHED
from tests.differential.generator import Generator
from tests.differential.sides import DETERMINISTIC, Conversation
from tests.servers import Memcached

_VERBS: Final = {
    *(
        b"get",
        b"gets",
        b"gat",
        b"gats",
        b"set",
        b"add",
        b"replace",
        b"append",
        b"prepend",
        b"cas",
        b"incr",
        b"decr",
    ),
    *(b"touch", b"delete", b"mg", b"ms", b"md", b"ma", b"me", b"mn", b"flush_all", b"verbosity", b"shutdown"),
}
_REPLIES: Final = {
    *(
        b"STORED",
        b"NOT_STORED",
        b"EXISTS",
        b"NOT_FOUND",
        b"DELETED",
        b"TOUCHED",
        b"END",
        b"OK",
        b"MN",
        b"ERROR",
    ),
    *(b"VALUE", b"VA", b"HD", b"EN", b"NF", b"NS", b"EX", b"ME", b"7", b"CLIENT_ERROR", b"ERROR:"),
}
_ERRORS: Final = {
    *(
        b"bad command line format",
        b"bad data chunk",
        b"invalid exptime argument",
        b"invalid numeric delta argument",
    ),
    *(b"cannot increment or decrement non-numeric value", b"duplicate flag", b"invalid flag"),
    *(b"invalid or duplicate flag", b"error decoding key", b"bad token in command line format"),
    *(b"incorrect length for M token", b"invalid mode for ms M token", b"invalid mode for ma M token"),
    *(b"opaque token too long", b"options flags are too long", b"options flags too long"),
    b"bad command line format.  Usage: delete <key> [noreply]",
}
_FLAGS: Final = {b"W", b"X", b"Z", b"t-1", b"h0", b"h1", b"b", b"O7"}


def test_the_same_seed_generates_the_same_streams() -> None:
    one, other = Generator("seed", MEMCACHED), Generator("seed", MEMCACHED)
    assert [one.segment() for _ in range(50)] == [other.segment() for _ in range(50)]


def test_another_seed_generates_others() -> None:
    one, other = Generator("seed", MEMCACHED), Generator("another", MEMCACHED)
    assert [one.segment() for _ in range(50)] != [other.segment() for _ in range(50)]


def test_every_command_and_every_reply_of_a_server_is_reached() -> None:
    generator = Generator("reach", MEMCACHED)
    sent = b""
    said = b""
    with Memcached(*DETERMINISTIC) as server, Conversation(server.port) as oracle:
        for _ in range(800):
            segment = generator.segment()
            sent += b"".join(segment.requests)
            said += oracle.ask(segment.stream)
    words = {line.split(b" ")[0] for line in said.split(b"\r\n")}
    assert {line.split(b" ")[0].strip() for line in sent.split(b"\n")} >= _VERBS
    assert words >= _REPLIES, _REPLIES - words
    errors = set(re.findall(rb"CLIENT_ERROR (.*)\r\n", said))
    assert errors >= _ERRORS, _ERRORS - errors
    flags = {
        flag
        for line in re.findall(rb"^(?:HD|VA) .*", said, re.MULTILINE)
        for flag in line.strip().split(b" ")
    }
    assert flags >= _FLAGS, _FLAGS - flags
    for ending in (b"noreply\r\n", b"noreply \r\n", b" q\r\n", b" \r\n"):
        assert ending in sent
