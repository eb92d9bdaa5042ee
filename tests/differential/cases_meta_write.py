"""ms, md, ma: what they change, what they print, what they swallow."""

from typing import Final

from tests.differential.cases_meta_read import BASE64
from tests.differential.table import Table, each

_TOO_LONG: Final = b"k" * 251
_NUMBERS: Final = (
    *(b"0", b"1", b"5", b"10", b"11", b"+1", b"\t1", b"1\t", b"007", b"4294967297", b"18446744073709551615"),
    *(b"18446744073709551616", b"-1", b"-18446744073709551615", b"-9223372036854775808", b"", b"x", b"1x"),
)
_TIMES: Final = (b"0", b"500", b"-1", b"+500", b"2592001", b"2100000000", b"4294967796", b"", b"x", b"5x")
_LENGTHS: Final = (
    *(b"3", b"+3", b"003", b"\t3", b"3\t9", b"4294967299", b"-4294967293", b"-1", b"2147483646"),
    *(b"2147483648", b"4294967296", b"18446744073709551619", b"", b"x", b"3x", b"S3", b"3.0", b"3\x00"),
)
_MODES: Final = (
    b"E",
    b"A",
    b"P",
    b"R",
    b"S",
    b"e",
    b"a",
    b"p",
    b"r",
    b"s",
    b"X",
    b"",
    b"SS",
    b"I",
    b"+",
    b"\xff",
)

META_WRITE: Final[Table] = {
    "ms stores": (
        b"ms b 1\r\nx\r\nget b\r\nms a 2 F9 T500\r\nxy\r\nmg a f t v\r\n",
        b"ms b 0\r\n\r\nmg b v s\r\nms b 3 c k O77\r\nabc\r\nms b 3 O77 k c\r\nabc\r\n",
        b"ms b 3 v f t h s\r\nabc\r\nms b 1 k k\r\nx\r\nget b\r\n",
        b"ms b 300 T500\r\n" + b"v" * 300 + b"\r\nmg b v\r\n",
    ),
    "the modes of ms": (
        *each(b"ms a 1 M%b\r\nx\r\nget a\r\n", *_MODES),
        *each(b"ms b 1 M%b\r\nx\r\nget b\r\n", *_MODES),
        *each(b"ms a 1 M%b q\r\nx\r\nms b 1 M%b q\r\nx\r\nmn\r\nget a b\r\n", *_MODES),
        *each(b"ms a 1 M%b C<cas a> c\r\nx\r\nget a\r\n", *_MODES),
        *each(b"ms a 1 M%b C<cas a-1> c\r\nx\r\nget a\r\n", *_MODES),
        *each(b"ms b 1 M%b C5\r\nx\r\nget b\r\n", *_MODES),
        *each(b"ms a 1 M%b C0\r\nx\r\nget a\r\n", *_MODES),
    ),
    "append and prepend keep client flags and exptime": (
        b"ms c 1 F5 T500\r\nm\r\nms c 1 MA F9 T900 I\r\nz\r\nms c 0 MP\r\n\r\nms c 2 MP\r\naa\r\nmg c v f t s\r\n",
    ),
    "quiet hides what went well": (
        b"ms a 1 q\r\nx\r\nms b 1 q k O1\r\ny\r\nmn\r\nget a b\r\n",
        b"ms a 1 q ME\r\nx\r\nms b 1 MR q\r\nx\r\nms a 1 q C<cas a-1>\r\nx\r\nms b 1 q C5\r\nx\r\nmn\r\n",
        *each(
            b"ms a 1 q %b\r\nx\r\nmn\r\nget a\r\n", b"q", b"!", b"v v", b"MX", b"T", b"b", b"O" + b"x" * 32
        ),
        b"ms a 1 q\r\nxy\r\nmn\r\nget a\r\n",
        b"ms a q\r\nmn\r\nms a x q\r\nmn\r\nms " + _TOO_LONG + b" 1 q\r\nmn\r\n",
    ),
    "the unique of ms is compared, with I also against an older one": (
        *each(b"ms a 1 C%b c\r\nx\r\nmg a v\r\n", *_NUMBERS, b"<cas a>", b"<cas a+1>", b"<cas a-1>"),
        b"md a I T500\r\nms a 1 C<cas a-1> I T900\r\nx\r\nmg a v t\r\nmg a v\r\n",
        b"ms a 1 C<cas a-1> I\r\nx\r\nmg a v t\r\nmg a v\r\n",
        b"ms a 1 C<cas a+1> I\r\nx\r\nmg a v\r\n",
        b"ms a 1 C<cas a> I\r\nx\r\nmg a v\r\nmg a\r\n",
        b"ms a 1 C<cas a-1> I MR\r\nx\r\nms a 1 C1 I MA\r\ny\r\nmg a v\r\nms a 1 I\r\nz\r\nmg a v\r\n",
    ),
    "the numbers of ms": (
        *each(b"ms b 1 T%b\r\nx\r\nmg b t v\r\n", *_TIMES),
        *each(b"ms b 1 F%b\r\nx\r\nmg b f v\r\n", *_NUMBERS),
        *each(b"ms b 1 E%b c\r\nx\r\nmg b v\r\n", b"5", b""),
    ),
    "a length of ms that is no length leaves the data to be read as commands": (
        *each(b"ms b %b\r\nxyz\r\nget b\r\n", *_LENGTHS),
        *each(b"ms b %b q T500\r\nxyz\r\nmn\r\nget b\r\n", *_LENGTHS),
        b"ms\r\nget a\r\n",
        b"ms b\r\nget a\r\nms b \r\nget a\r\n",
        b"ms " + _TOO_LONG + b" 5\r\nget a\r\n",
        b"ms " + _TOO_LONG + b"\r\nget a\r\n",
        b"ms b 5" + b" v" * 17 + b"\r\nget a\r\n",
        b"ms b 5" + b" v" * 40 + b"\r\nget a\r\n",
        b"ms b x" + b" v" * 17 + b"\r\nget a\r\n",
    ),
    "any other refusal of ms swallows the data": (
        *each(
            b"ms b 5 %b\r\nget a\r\nget b\r\n",
            b"!",
            b"v v",
            b"T",
            b"Tx",
            b"N",
            b"R",
            b"Fx",
            b"F",
            b"C",
            b"J",
            b"D",
        ),
        *each(
            b"ms b 5 %b\r\nget a\r\nget b\r\n", b"M", b"MM", b"MX", b"M X", b"b", b"O" + b"x" * 32, b"noreply"
        ),
        *each(
            b"ms b 5 %b\r\nget a\r\nget b\r\n",
            b"MX O" + b"x" * 32,
            b"O" + b"x" * 32 + b" b",
            b"\x7f",
            b"\x80",
        ),
        b"ms b 5 v f s c t h k l u P L I O1 MS F1 C1\r\nget a\r\nget b\r\n",
        b"ms a 1 O" + b"x" * 31 + b"\r\nx\r\n",
        b"ms =a=b= 5 b\r\nget a\r\nget b\r\n",
    ),
    "the flags are looked at before the end of the data": (
        *each(
            b"ms b 3 %b\r\nwxyz\r\nget b\r\n", b"", b"!", b"v v", b"T", b"MX", b"Me", b"b", b"q", b"k c O1"
        ),
        *each(
            b"ms b 3 %b\r\nwxyz\r\nget b\r\n", b"O" + b"x" * 32, b"MX O" + b"x" * 32, b"q MX", b"C5", b"MSS"
        ),
        b"ms a 0\r\nx\r\nget a\r\n",
        b"ms a 3\r\nxyz\nget a\r\n",
    ),
    "ms with a base64 key": (
        b"ms YQ== 1 b\r\nx\r\nget a\r\nmg a k v\r\nmg YQ== b k\r\nms a 1\r\ny\r\nmg YQ== b k\r\n",
        b"ms AAE= 1 b k c\r\nx\r\nmg AAE= b k v\r\nme AAE= b\r\nmd AAE= b k\r\n",
        b"ms YiBj 1 b k\r\nx\r\nmg YiBj b k v\r\nms YiBj 1 b MA\r\ny\r\nmg YiBj b k v\r\nma YiBj b k\r\nmd YiBj b\r\n",
    ),
    "md deletes": (
        *each(
            b"md a%b\r\nget a\r\n",
            b"",
            b" q",
            b" k",
            b" O1",
            b" k O1 q",
            b" v",
            b" c t f s h l u",
            b" MX",
            b" T",
        ),
        *each(b"md b%b\r\n", b"", b" q", b" k", b" O1 k", b" q k O1"),
        *each(b"md a C%b\r\nget a\r\n", *_NUMBERS, b"<cas a>", b"<cas a+1>"),
        *each(b"md a q C%b\r\nmn\r\nget a\r\n", b"1", b"x", b"<cas a>"),
        b"md b C1\r\nmd b q C1\r\nmn\r\n",
        *each(b"md YQ==%b\r\nget a\r\n", b"", b" b", b" b k", b" b q"),
    ),
    "md marks as stale, and the first to see it may recache": (
        b"md a I\r\nmg a v\r\nmg a v\r\nmg a c\r\nset a 0 0 1\r\nx\r\nmg a v\r\n",
        *each(b"md a I T%b\r\nmg a t\r\nmg a t\r\n", *_TIMES),
        b"md a I T500\r\nget a\r\nmg a\r\nmd a I\r\nmg a t\r\nmd a q I\r\nmg a\r\nmd a\r\nmg a\r\n",
        b"md a T500\r\nmd b I\r\nmd n I C<cas n> c\r\nmg n\r\nmd n I C1\r\nmg n c\r\n",
        b"md a I\r\nms a 1 MA\r\nz\r\nmg a v\r\nmd n I\r\nincr n 1\r\nmg n v\r\nmg n v\r\n",
        b"md a I\r\ntouch a 500\r\nmg a t\r\nmg a t\r\nmd a I\r\nms a 1 ME\r\nx\r\nmg a\r\n",
    ),
    "what md refuses": (
        *each(
            b"md a %b\r\nget a\r\n",
            b"!",
            b"v v",
            b"T",
            b"Tx",
            b"b",
            b"q q",
            b"q !",
            b"O" + b"x" * 31,
            b"M",
            b"C",
        ),
        *each(b"md a %b\r\nmn\r\nget a\r\n", b"O" + b"x" * 32, b"q O" + b"x" * 32, b"q b", b"q T"),
        *each(b"md b %b\r\nmn\r\n", b"O" + b"x" * 32, b"q O" + b"x" * 32, b"!", b"b"),
        *each(b"md%b\r\nmn\r\n", b"", b" ", b" a" + b" v" * 17, b" a" + b" v" * 18, b" a" + b" v" * 40),
        *each(b"md %b\r\nmn\r\n", _TOO_LONG, _TOO_LONG + b" q", _TOO_LONG + b" v" * 18),
    ),
    "ma counts": (
        *each(
            b"ma n%b\r\nget n\r\n",
            b"",
            b" v",
            b" t",
            b" c",
            b" k",
            b" O1",
            b" q",
            b" v q",
            b" k O1 v t c",
            b" s f h",
        ),
        *each(
            b"ma n M%b v\r\nget n\r\n", b"I", b"D", b"+", b"-", b"i", b"d", b"X", b"", b"II", b"incr", b"S"
        ),
        *each(b"ma n D%b v\r\nget n\r\n", *_NUMBERS),
        *each(b"ma n MD D%b v\r\nget n\r\n", *_NUMBERS),
        *each(b"ma n C%b v\r\nget n\r\n", *_NUMBERS, b"<cas n>", b"<cas n+1>"),
        *each(b"ma n T%b t v\r\nmg n t\r\n", *_TIMES),
        b"ma a\r\nma a v\r\nma a q\r\nma b\r\nma b q\r\nma b k O1\r\nma b q k\r\nmn\r\n",
        b"ma n D990 v\r\nma n MD D1 v\r\nma n MD D5000 v\r\nget n\r\n",
        b"ma n q\r\nma n q v\r\nma n q C5\r\nma n q C<cas n>\r\nmn\r\nget n\r\n",
        b"ma bg== b k v\r\nma bg== v\r\nma Yg== b k\r\nma n t T500\r\nma n T900 t\r\n",
    ),
    "ma makes what is not there": (
        *each(b"ma b N%b v t c\r\nmg b v t\r\n", *_TIMES),
        *each(b"ma b N0 J%b v\r\nma b v\r\nget b\r\n", *_NUMBERS),
        b"ma b N500 J7 D3 v k O1 t\r\nma b N500 J7 D3 v t\r\nma n N500 J7 v t\r\n",
        (b"ma b N0 T500 t v\r\nmg b t\r\nma c T500 N0 t\r\nmg c t\r\n", b"ma b J5\r\n"),
        b"ma Yg== b N0 J5 v k\r\nmg b v k\r\nmg Yg== b k\r\n",
    ),
    "what ma refuses": (
        *each(
            b"ma n %b\r\nmn\r\nget n\r\n",
            b"!",
            b"v v",
            b"T",
            b"b",
            b"q q",
            b"O" + b"x" * 31,
            b"M",
            b"D",
            b"J",
            b"N",
        ),
        *each(
            b"ma n %b\r\nmn\r\nget n\r\n", b"O" + b"x" * 32, b"q O" + b"x" * 32, b"MX q", b"MX O" + b"x" * 32
        ),
        *each(b"ma b %b\r\nmn\r\nget b\r\n", b"O" + b"x" * 32, b"N0 O" + b"x" * 32, b"q N0 O" + b"x" * 32),
        *each(b"ma%b\r\nmn\r\n", b"", b" ", b" n" + b" v" * 17, b" n" + b" v" * 18, b" n" + b" v" * 40),
        *each(b"ma %b\r\nmn\r\n", _TOO_LONG, _TOO_LONG + b" q", _TOO_LONG + b" v" * 18),
        b"md a I q\r\nma a q\r\nmn\r\n",
    ),
    "a base64 key with a line end in it, which the server may echo decoded": (
        *each(
            b"ms %b 1 b k\r\nx\r\nmg %b b k v\r\nms %b 1 b MA k\r\ny\r\nmg %b b k v\r\nmg %b k b O7\r\nme %b b\r\nmd %b b k\r\n",
            *(
                b"YQ0KSEQ=",
                b"DQo=",
                b"DQpFTg0K",
                b"DQ0KCg==",
                b"YQ0KVkEgMSBr",
                b"a2sNCg==",
                b"IGsNCiBr",
                b"YQpi",
            ),
        ),
        *each(
            b"mg %b b N500 k\r\nmg %b b k v\r\nme %b b\r\nms %b 2 b\r\n10\r\nma %b b k v\r\nma %b b D90 k\r\nmg %b b k v\r\n",
            *(
                b"YQ0KSEQ=",
                b"DQo=",
                b"DQpFTg0K",
                b"DQ0KCg==",
                b"YQ0KVkEgMSBr",
                b"a2sNCg==",
                b"IGsNCiBr",
                b"YQpi",
            ),
        ),
    ),
    "a base64 key names the same item for every command": (
        *each(b"ma %b b k N0 v\r\nmg %b b v\r\nmd %b b\r\n", *BASE64),
        *each(b"md %b b k\r\n", *BASE64),
    ),
}
