"""What the parser makes of classic commands: bytes in, requests out."""

from typing import Final

from tests.protocol.feeding import SILENCE, Seen, answer, forward, local, noreply, replaced

ERROR: Final = answer(b"ERROR\r\n")
BAD_FORMAT: Final = answer(b"CLIENT_ERROR bad command line format\r\n")
BAD_CHUNK: Final = answer(b"CLIENT_ERROR bad data chunk\r\n")
BAD_EXPTIME: Final = answer(b"CLIENT_ERROR invalid exptime argument\r\n")
BAD_DELTA: Final = answer(b"CLIENT_ERROR invalid numeric delta argument\r\n")
BAD_DELETE: Final = answer(b"CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n")
TOO_LARGE: Final = b"SERVER_ERROR object too large for cache\r\n"
LONGEST: Final = b"k" * 250
TOO_LONG: Final = b"k" * 251

GET_A: Final = forward(b"get a\r\n")
STORE: Final = forward(b"set a 0 0 3\r\nxyz\r\n")
LARGE: Final = b"v" * 101 + b"\r\n"

Row = tuple[bytes, list[Seen]]

CLASSIC: Final[dict[str, Row]] = {
    "a get": (b"get a\r\n", [GET_A]),
    "a bare newline ends a line too": (b"get a\nget b\n", [GET_A, forward(b"get b\r\n")]),
    "gets": (b"gets a\r\n", [forward(b"gets a\r\n")]),
    "a multi-get keeps order and duplicates": (
        b"get a b a\r\n",
        [forward(b"get a b a\r\n", b"a", b"b", b"a")],
    ),
    "the keys of gat stand behind the exptime": (
        b"gat 10 a\r\ngats 10 a b\r\n",
        [forward(b"gat 10 a\r\n", b"a"), forward(b"gats 10 a b\r\n", b"a", b"b")],
    ),
    "spaces are dropped": (b"  get   a  \r\n", [GET_A]),
    "a NUL ends the line": (b"get a\0b c\r\nget a \0b\r\nget a\r\n", [GET_A, GET_A, GET_A]),
    "a key may hold any other control character": (
        b"get \x01\t\r\x7f\xff\r\n",
        [forward(b"get \x01\t\r\x7f\xff\r\n", b"\x01\t\r\x7f\xff")],
    ),
    "one carriage return belongs to the line end, the others to the key": (
        b"get a\r\r\n",
        [forward(b"get a\r\r\n", b"a\r")],
    ),
    "get without a key": (b"get\r\ngets \r\ngat\r\ngats \r\n", [ERROR] * 4),
    "gat without a key has found nothing": (b"gat 0\r\ngats 0\r\n", [answer(b"END\r\n")] * 2),
    "gat without an exptime": (b"gat a\r\ngat x " + TOO_LONG + b"\r\n", [BAD_EXPTIME] * 2),
    "a key of 250 bytes": (b"get " + LONGEST + b"\r\n", [forward(b"get " + LONGEST + b"\r\n")]),
    "a key of 251 bytes": (
        b"get " + TOO_LONG + b"\r\nget a " + TOO_LONG + b"\r\ngat 0 " + TOO_LONG + b"\r\n",
        [BAD_FORMAT] * 3,
    ),
    "noreply behind get is a key": (
        b"get a noreply\r\n",
        [forward(b"get a noreply\r\n", b"a", b"noreply")],
    ),
    "an HTTP version behind get is a key": (
        b"get a HTTP/1.1\r\n",
        [forward(b"get a HTTP/1.1\r\n", b"a", b"HTTP/1.1")],
    ),
    # -- storage --
    "a set": (b"set a 0 0 3\r\nxyz\r\n", [STORE]),
    "each verb of storage": (
        b"add a 1 2 1\r\nx\r\nreplace a 1 -2 1\r\nx\r\nappend a 1 2 1\r\nx\r\nprepend a 1 2 1\r\nx\r\n",
        [
            forward(b"add a 1 2 1\r\nx\r\n"),
            forward(b"replace a 1 -2 1\r\nx\r\n"),
            forward(b"append a 1 2 1\r\nx\r\n"),
            forward(b"prepend a 1 2 1\r\nx\r\n"),
        ],
    ),
    "cas": (
        b"cas a 0 0 1 77\r\nx\r\ncas a 0 0 1 77 noreply\r\nx\r\ncas a 0 0 1 +77 x\r\nx\r\n",
        [
            forward(b"cas a 0 0 1 77\r\nx\r\n"),
            noreply(b"cas a 0 0 1 77\r\nx\r\n"),
            forward(b"cas a 0 0 1 +77\r\nx\r\n"),
        ],
    ),
    "noreply is not forwarded": (
        b"set a 0 0 3 noreply\r\nxyz\r\nset  a 0 0 3  noreply \nxyz\r\n",
        [noreply(b"set a 0 0 3\r\nxyz\r\n"), noreply(b"set a 0 0 3\r\nxyz\r\n")],
    ),
    "another word behind the length is dropped": (b"set a 0 0 3 never\r\nxyz\r\n", [STORE]),
    "an empty data block": (b"set a 0 0 0\r\n\r\nget a\r\n", [forward(b"set a 0 0 0\r\n\r\n"), GET_A]),
    "a data block may hold lines": (
        b"set a 0 0 16\r\nget a\r\nEND\r\n\r\n\r\n\r\nget a\r\n",
        [forward(b"set a 0 0 16\r\nget a\r\nEND\r\n\r\n\r\n\r\n"), GET_A],
    ),
    "a data block may hold every byte": (
        b"set a 0 0 100\r\n" + bytes(range(100)) + b"\r\nget a\r\n",
        [forward(b"set a 0 0 100\r\n" + bytes(range(100)) + b"\r\n"), GET_A],
    ),
    "a length is forwarded as the server understands it": (
        b"set a 0 0 4294967299\r\nxyz\r\nset a 0 0 \t3\t9\r\nxyz\r\nset a 0 0 -4294967293\r\nxyz\r\nset a 0 0 +03\nxyz\r\n",
        [STORE, STORE, STORE, STORE],
    ),
    "client flags and exptime are forwarded as they are": (
        b"set a +5 \t7 3\r\nxyz\r\nset a 4294967296 99999999999 3\r\nxyz\r\n",
        [forward(b"set a +5 \t7 3\r\nxyz\r\n"), forward(b"set a 4294967296 99999999999 3\r\nxyz\r\n")],
    ),
    "a length that is none swallows nothing": (
        b"set a 0 0 -1\r\nget a\r\nset a 0 0 x\r\nget a\r\nset a 0 0 2147483646\r\nget a\r\n",
        [BAD_FORMAT, GET_A] * 3,
    ),
    "a bad number or key swallows nothing": (
        b"set a x 0 3\r\nget a\r\nset a 0 x 3\r\nget a\r\ncas a 0 0 3 x\r\nget a\r\nset "
        + TOO_LONG
        + b" 0 0 3\r\nget a\r\n",
        [BAD_FORMAT, GET_A] * 4,
    ),
    "the same with noreply is silent": (
        b"set a 0 0 -1 noreply\r\nget a\r\nset a x 0 3 noreply\r\nget a\r\nset a 0 0 noreply\r\nget a\r\n",
        [SILENCE, GET_A] * 3,
    ),
    "a wrong number of words is an ERROR even with noreply": (
        b"set a 0 0\r\nset a 0 0 3 4 5\r\nset a 0 noreply\r\nset a 0 0 3 4 noreply\r\ncas a 0 0 3\r\nset\r\nget a\r\n",
        [ERROR] * 6 + [GET_A],
    ),
    "a data block without CRLF behind it": (
        b"set a 0 0 3\r\nvwxyz\r\nget a\r\n",
        [BAD_CHUNK, ERROR, GET_A],
    ),
    "a data block without CRLF behind it, silent with noreply": (
        b"set a 0 0 3 noreply\r\nvwxyz\r\nget a\r\n",
        [SILENCE, ERROR, GET_A],
    ),
    "a data block that is too short takes the next line's head": (
        b"set a 0 0 9\r\nxyz\r\nget a\r\nget a\r\n",
        [BAD_CHUNK, ERROR, GET_A],
    ),
    "a value above max_value deletes the old one": (
        b"set a 0 0 101\r\n" + LARGE + b"get a\r\n",
        [replaced(b"delete a\r\n", TOO_LARGE), GET_A],
    ),
    "a value above max_value, with noreply": (
        b"set a 0 0 101 noreply\r\n" + LARGE + b"get a\r\n",
        [replaced(b"delete a\r\n", TOO_LARGE, 1), GET_A],
    ),
    "only set deletes the old value": (
        b"".join(verb + b" a 0 0 101\r\n" + LARGE for verb in (b"add", b"replace", b"append", b"prepend"))
        + b"cas a 0 0 101 7\r\n"
        + LARGE
        + b"add a 0 0 101 noreply\r\n"
        + LARGE
        + b"get a\r\n",
        [answer(TOO_LARGE)] * 5 + [SILENCE, GET_A],
    ),
    "the block of a value above max_value is swallowed whatever its end": (
        b"set a 0 0 101\r\n" + b"v" * 103 + b"get a\r\n",
        [replaced(b"delete a\r\n", TOO_LARGE), GET_A],
    ),
    # -- keyed --
    "incr and decr": (
        b"incr n 5\r\ndecr n 5 noreply\r\nincr n 5 x\r\n",
        [forward(b"incr n 5\r\n"), noreply(b"decr n 5\r\n"), forward(b"incr n 5\r\n")],
    ),
    "a delta that is none": (
        b"incr n x\r\ndecr n -1\r\nincr n 18446744073709551616\r\nincr n noreply\r\n",
        [BAD_DELTA, BAD_DELTA, BAD_DELTA, SILENCE],
    ),
    "touch": (
        b"touch a 5\r\ntouch a -1 noreply\r\ntouch a x\r\ntouch a noreply\r\n",
        [forward(b"touch a 5\r\n"), noreply(b"touch a -1\r\n"), BAD_EXPTIME, SILENCE],
    ),
    "delete": (
        b"delete a\r\ndelete a 0\r\ndelete a noreply\r\ndelete a 0 noreply\r\n",
        [forward(b"delete a\r\n")] * 2 + [noreply(b"delete a\r\n")] * 2,
    ),
    "delete with another time": (
        b"delete a 5\r\ndelete a 0 0\r\ndelete a 5 noreply\r\n",
        [BAD_DELETE, BAD_DELETE, SILENCE],
    ),
    "too few or too many words": (
        b"incr n\r\ntouch a\r\ndelete\r\nincr n 1 2 3\r\ndelete a 0 1 2\r\n",
        [ERROR] * 5,
    ),
    "a key that is too long": (
        b"incr " + TOO_LONG + b" 1\r\ndelete " + TOO_LONG + b"\r\ntouch " + TOO_LONG + b" x noreply\r\n",
        [BAD_FORMAT, BAD_FORMAT, SILENCE],
    ),
    # -- without a key --
    "flush_all": (
        b"flush_all\r\nflush_all 5\r\nflush_all noreply\r\nflush_all 5 noreply\r\nflush_all +5 x\r\n",
        [
            local(b"flush_all\r\n"),
            local(b"flush_all 5\r\n"),
            local(b"flush_all\r\n", 1),
            local(b"flush_all 5\r\n", 1),
            local(b"flush_all 5\r\n"),
        ],
    ),
    "flush_all with what is no delay": (
        b"flush_all x\r\nflush_all x noreply\r\nflush_all 1 2 3\r\n",
        [BAD_EXPTIME, SILENCE, ERROR],
    ),
    "version and stats are left to the proxy": (
        b"version\r\nversion x\r\nstats\r\nstats  items\r\n",
        [local(b"version\r\n"), local(b"version x\r\n"), local(b"stats\r\n"), local(b"stats items\r\n")],
    ),
    "what needs no proxy": (
        b"mn\r\nmn x\r\nverbosity 1\r\nverbosity 1 noreply\r\nverbosity x\r\nverbosity\r\nshutdown\r\n",
        [
            *(answer(b"MN\r\n"), answer(b"MN\r\n"), answer(b"OK\r\n"), SILENCE, BAD_FORMAT, ERROR),
            answer(b"ERROR: shutdown not enabled\r\n"),
        ],
    ),
    "a line that is no command": (
        b"\r\n\n \r\nx\r\nbogus\r\nGET a\r\n\0\r\nmx\r\ngetx HTTP/1.1\r\nmx HTTP/1.1\r\nwatch\r\nslabs x\r\n",
        [ERROR] * 12,
    ),
    "requests in a row": (
        b"get a\r\nset a 0 0 3\r\nxyz\r\nget a\r\nbogus\r\nset a 0 0 3\r\nxyz\r\n",
        [GET_A, STORE, GET_A, ERROR, STORE],
    ),
}
