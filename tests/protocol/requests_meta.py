"""What the parser makes of meta commands."""

from typing import Final

from tests.protocol.feeding import answer, forward, quiet, replaced
from tests.protocol.requests_classic import (
    BAD_CHUNK,
    BAD_FORMAT,
    ERROR,
    GET_A,
    LARGE,
    TOO_LARGE,
    TOO_LONG,
    Row,
)

_MG_TOO_MANY: Final = answer(b"CLIENT_ERROR options flags are too long\r\n")
_TOO_MANY: Final = answer(b"CLIENT_ERROR options flags too long\r\n")
_DUPLICATE: Final = b"CLIENT_ERROR duplicate flag\r\n"
_INVALID: Final = b"CLIENT_ERROR invalid flag\r\n"
_BAD_MODE: Final = b"CLIENT_ERROR invalid mode for ms M token\r\n"
_BAD_KEY: Final = b"CLIENT_ERROR error decoding key\r\n"
_LONG_OPAQUE: Final = b"CLIENT_ERROR opaque token too long\r\n"

META: Final[dict[str, Row]] = {
    "mg is forwarded with its flags as they are": (
        b"mg a\r\nmg a v k O123 T5 N5 R5\r\nmg a zz v v !\r\n",
        [forward(b"mg a\r\n"), forward(b"mg a v k O123 T5 N5 R5\r\n"), forward(b"mg a zz v v !\r\n")],
    ),
    "the quiet flag is not forwarded": (
        b"mg a q v\r\nmg a v q\r\nmd a q\r\nma a v qq N0\r\nms a 1 q\r\nx\r\n",
        [
            quiet(b"mg a v\r\n"),
            quiet(b"mg a v\r\n"),
            quiet(b"md a\r\n"),
            quiet(b"ma a v N0\r\n"),
            quiet(b"ms a 1\r\nx\r\n"),
        ],
    ),
    "two quiet flags are the server's to refuse": (b"mg a q v q\r\n", [forward(b"mg a q v q\r\n")]),
    "a base64 key stays as it is": (b"mg YQ== b\r\n", [forward(b"mg YQ== b\r\n")]),
    "a key called q": (
        b"mg q\r\nmg q q\r\nms q 1\r\nx\r\n",
        [forward(b"mg q\r\n"), quiet(b"mg q\r\n"), forward(b"ms q 1\r\nx\r\n")],
    ),
    "spaces and NUL": (b" mg  a  v \r\nmg a v\0 k\r\n", [forward(b"mg a v\r\n"), forward(b"mg a v\r\n")]),
    "mg, md, ma without a key": (b"mg\r\nmd \r\nma\r\n", [ERROR] * 3),
    "a key that is too long": (
        b"mg "
        + TOO_LONG
        + b"\r\nmd "
        + TOO_LONG
        + b" q\r\nma "
        + TOO_LONG
        + b" v" * 30
        + b"\r\nme "
        + TOO_LONG
        + b"\r\n",
        [BAD_FORMAT] * 4,
    ),
    "seventeen flags, and eighteen": (
        b"mg a"
        + b" v" * 17
        + b"\r\nmg a"
        + b" v" * 18
        + b"\r\nmd a"
        + b" v" * 18
        + b"\r\nma a"
        + b" v" * 40
        + b"\r\n",
        [forward(b"mg a" + b" v" * 17 + b"\r\n"), _MG_TOO_MANY, _TOO_MANY, _TOO_MANY],
    ),
    "me has one flag": (
        b"me a\r\nme YQ== b\r\nme a x y z\r\nme\r\n",
        [forward(b"me a\r\n"), forward(b"me YQ== b\r\n"), forward(b"me a x\r\n"), BAD_FORMAT],
    ),
    "ms": (
        b"ms a 3\r\nxyz\r\nms a 3 T0 c\r\nxyz\r\nms a 0\r\n\r\n",
        [forward(b"ms a 3\r\nxyz\r\n"), forward(b"ms a 3 T0 c\r\nxyz\r\n"), forward(b"ms a 0\r\n\r\n")],
    ),
    "a length of ms is forwarded as the server understands it": (
        b"ms a 4294967299 T0\r\nxyz\r\nms a \t3\nxyz\r\n",
        [forward(b"ms a 3 T0\r\nxyz\r\n"), forward(b"ms a 3\r\nxyz\r\n")],
    ),
    "a length of ms that is none swallows nothing": (
        b"ms a -1\r\nget a\r\nms a x q\r\nget a\r\nms a\r\nget a\r\nms a 2147483646\r\nget a\r\n",
        [BAD_FORMAT, GET_A] * 4,
    ),
    "ms without a key, with too long a key or too many flags swallows nothing": (
        b"ms\r\nget a\r\nms " + TOO_LONG + b" 5\r\nget a\r\nms a 5" + b" v" * 17 + b"\r\nget a\r\n",
        [ERROR, GET_A, BAD_FORMAT, GET_A, _TOO_MANY, GET_A],
    ),
    "flags of ms are the server's to refuse, with the block": (
        b"ms a 5 v v\r\nget a\r\nms a 5 MX\r\nget a\r\nms a 5 !\r\nget a\r\n",
        [
            forward(b"ms a 5 v v\r\nget a\r\n"),
            forward(b"ms a 5 MX\r\nget a\r\n"),
            forward(b"ms a 5 !\r\nget a\r\n"),
        ],
    ),
    "a block of ms without CRLF behind it": (b"ms a 3\r\nvwxyz\r\nget a\r\n", [BAD_CHUNK, ERROR, GET_A]),
    "a block of ms without CRLF behind it is shown although quiet": (
        b"ms a 3 q\r\nvwxyz\r\nget a\r\n",
        [BAD_CHUNK, ERROR, GET_A],
    ),
    "without CRLF the flags are looked at first": (
        b"ms a 3 v v\r\nvwxyzms a 3 MX\r\nvwxyzms =a 3 b\r\nvwxyzms a 3 ?\r\nvwxyzms a 3 O"
        + b"x" * 32
        + b"\r\nvwxyz",
        [answer(_DUPLICATE), answer(_BAD_MODE), answer(_BAD_KEY), answer(_INVALID), answer(_LONG_OPAQUE)],
    ),
    "a value above max_value deletes the old one, in every mode": (
        b"ms a 101\r\n" + LARGE + b"ms a 101 ME q\r\n" + LARGE + b"ms YQ== 101 b\r\n" + LARGE + b"get a\r\n",
        [
            replaced(b"md a\r\n", TOO_LARGE),
            replaced(b"md a\r\n", TOO_LARGE),
            replaced(b"md YQ== b\r\n", TOO_LARGE),
            GET_A,
        ],
    ),
    "a value above max_value with bad flags deletes nothing": (
        b"ms a 101 v v\r\n" + LARGE + b"ms a 101 MX\r\n" + LARGE + b"ms a 101 T\r\n" + LARGE + b"get a\r\n",
        [
            answer(_DUPLICATE),
            answer(_BAD_MODE),
            answer(b"CLIENT_ERROR bad token in command line format\r\n"),
            GET_A,
        ],
    ),
}
