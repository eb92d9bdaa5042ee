"""mg, me, mn: what they print, in which order, and what they refuse."""

from typing import Final

from tests.differential.table import Table, each

_LONGEST: Final = b"k" * 250
_TOO_LONG: Final = b"k" * 251
_TIMES: Final = (
    *(b"0", b"500", b"-1", b"+500", b"\t500", b"2592000", b"2592001", b"2100000000", b"4294967796"),
    *(b"", b"x", b"5x", b"9223372036854775808", b"-9223372036854775809", b"1e3", b"500\t"),
)
#: Texts of a key in base64; what a strict decoder would refuse included.
BASE64: Final = (
    *(b"YQ==", b"Zm9v", b"Zm9vYg==", b"Zm9vYmE=", b"Zm9vYmFy", b"AAAA", b"////", b"++++", b"AP8=", b"IA=="),
    *(
        b"Y",
        b"YQ",
        b"YQ=",
        b"YQ===",
        b"=",
        b"==",
        b"===",
        b"====",
        b"=Q==",
        b"Y=Q=",
        b"YQ=A",
        b"Y===",
        b"=YQ=",
    ),
    *(
        b"YR==",
        b"YQ==YQ==",
        b"YQ==!",
        b"Y!Q==",
        b"Y-Q=",
        b"Zm-9v",
        b"Zm_9v",
        b"Zm9v\t",
        b"\xffZm9v",
        b"Z.m.9.v",
    ),
    *(
        b"YQ=\x00=",
        b"!!!!",
        b"YQ==YQ",
        b"YQ==Z",
        b"Zm9v" * 62 + b"YQ",
        b"Zm9v" * 62,
        b"=AAA",
        b"==AA",
        b"A=A=",
    ),
)

META_READ: Final[Table] = {
    "mg prints what it is asked for, in the order asked": (
        *each(
            b"mg a%b\r\n", b"", b" v", b" s", b" f", b" c", b" t", b" h", b" k", b" l", b" O123", b" q", b" u"
        ),
        *each(b"mg b%b\r\n", b"", b" v", b" s", b" f", b" c", b" t", b" h", b" k", b" l", b" O123", b" u"),
        b"mg a k f s c t h v O77\r\n",
        b"mg a O77 v h t c s f k\r\n",
        b"mg a v\r\nmg a\r\nmg b v\r\nmg n v s\r\n",
        b"mg a s v l h u\r\nmg a h\r\nmg a h\r\n",
        b"mg b k O1\r\nmg b O1 k\r\nmg b k q O1\r\n",
    ),
    "quiet hides the miss alone": (
        b"mg a q\r\nmg b q\r\nmg a v q\r\nmg b v q\r\nmg b q k O5\r\nmn\r\n",
        b"mg a q v\r\nmg n q v k\r\nmg b q\r\nmg c q\r\nmn\r\n",
        b"mg a quiet\r\nmg b quiet\r\nmn\r\n",
        b"mg a qk\r\nmg a kq\r\nmg b qk\r\nmn\r\n",
    ),
    "quiet hides no error": (
        *each(b"mg %b\r\nmn\r\n", b"a q q", b"b q q", b"a q v v", b"b q !", b"a q T", b"b q N", b"a q b"),
        *each(b"mg %b\r\nmn\r\n", b"a q O" + b"x" * 32, b"b q O" + b"x" * 32, _TOO_LONG + b" q"),
    ),
    "flags that stores use are read, and ignored": each(
        b"mg a %b v\r\n",
        b"I",
        b"M",
        b"MS",
        b"MX",
        b"MSS",
        b"F5",
        b"F",
        b"Fx",
        b"C5",
        b"Cx",
        b"J5",
        b"Jx",
        b"D5",
        b"Dx",
    ),
    "a flag may have letters behind it, only the first counts": each(
        b"mg a %b\r\n", b"vv", b"vk", b"size", b"key", b"ttl", b"cas", b"f0", b"hit", b"u5", b"x1"
    ),
    "unknown and repeated flags": (
        *each(
            b"mg a %b\r\n",
            b"!",
            b"z",
            b"1",
            b"A",
            b"\x7f",
            b"\x80",
            b"\xff",
            b"\x01",
            b"\t",
            b"noreply",
            b"E5",
        ),
        *each(
            b"mg a %b\r\n", b"v v", b"k v k", b"O1 O2", b"T0 T0", b"! !", b"! v v", b"v v !", b"T N", b"T v v"
        ),
        *each(b"mg b %b\r\n", b"v v", b"!", b"x", b"P L", b"Pproxy Llimit", b"P P"),
    ),
    "the last error of several is reported": each(
        b"mg a %b\r\n",
        b"T b",
        b"b T",
        b"M T",
        b"T M",
        b"J D",
        b"D J",
        b"F T",
        b"T F",
        b"Fx",
        b"C J",
        b"J Cx",
        b"Fx !",
    ),
    "an opaque has up to 31 characters": (
        *each(b"mg a %b k\r\n", b"O", b"O" + b"x" * 30, b"O" + b"x" * 31, b"O" + b"x" * 32, b"O\x01\xff\t"),
        *each(b"mg b %b k\r\n", b"O", b"O" + b"x" * 30, b"O" + b"x" * 31, b"O" + b"x" * 32, b"O\r"),
        b"mg a T500 O" + b"x" * 32 + b"\r\nmg b N500 O" + b"x" * 32 + b"\r\nmg b N500 t\r\n",
        b"mg b O" + b"x" * 32 + b" N500\r\nmg b t h\r\n",
    ),
    "up to eighteen words behind the verb": (
        b"mg a b c d e f g h i j k l m n o p q r\r\n",
        b"mg a v f s c t h k l u P L I O1 MS F1 C1 J1\r\n",
        b"mg a v f s c t h k l u P L I O1 MS F1 C1 J1 D1\r\n",
        b"mg a" + b" v" * 17 + b"\r\n",
        b"mg a" + b" v" * 18 + b"\r\n",
        b"mg a" + b" v" * 30 + b"\r\nmg " + _TOO_LONG + b" v" * 30 + b"\r\n",
    ),
    "T sets the exptime": each(b"mg a T%b t\r\nmg a t\r\nget a\r\n", *_TIMES),
    "t shows the life before a T behind it": (
        b"mg a t T500\r\nmg a T900 t\r\nmg a T0 t\r\nmg a T-1 t v\r\nmg a\r\n",
    ),
    "N makes what is not there, and gives the right to fill it": (
        *each(b"mg b N%b t v c h s\r\nmg b t v c h\r\n", *_TIMES),
        b"mg b N500\r\nmg b\r\nmg b N500 v\r\nset b 0 0 1\r\nx\r\nmg b v N500\r\n",
        b"mg b N500 q\r\nmg c q\r\nmg b N500 q k\r\nmn\r\n",
        b"mg b T900 N500 t\r\nmg b t\r\n",
        b"mg b N500 T900 t\r\nmg b t\r\n",
        b"mg b t N500\r\nmg c N500 R600 t\r\nmg c R600 t\r\n",
        b"mg a N500 t\r\nmg a t\r\n",
    ),
    "R gives the right to recache once": (
        *each(b"set b 0 400 1\r\nx\r\nmg b R%b t\r\nmg b R%b\r\nmg b\r\n", *_TIMES),
        b"set b 0 500 1\r\nx\r\nmg b R100 t\r\nmg b R600\r\nmg b R600 t v\r\nmg b\r\nset b 0 500 1\r\ny\r\nmg b R600\r\n",
        b"mg a R600 t\r\nmg b R600\r\n",
        b"set b 0 500 1\r\nx\r\nmg b T900 R600 t\r\nmg b R600 T900 t\r\nmg b t\r\n",
    ),
    "u reads without trace": (
        b"mg a u h\r\nmg a u h v\r\nmg a h\r\nmg a h\r\nmg a u h t\r\n",
        b"mg a u\r\nget a\r\nmg a h\r\n",
        b"md a I\r\nmg a u\r\nmg a u\r\nmg a\r\n",
    ),
    "a base64 key is another way to write a key": (
        b"mg YQ== b k v\r\nmg a k b\r\nmg b b\r\nmg bg== b v k O9\r\n",
        b"mg a v b\r\nmg YQ== v k s b\r\nmg YQ== k\r\nmg Yg== k b\r\nmg Yg== b k q\r\nmn\r\n",
        b"mg YQ== b5 k\r\nmg YQ== base64 k v\r\n",
    ),
    "a base64 key is decoded as the server decodes it": (
        *each(b"mg %b b k O1\r\nme %b b\r\n", *BASE64),
        *each(b"ms %b 1 b k\r\nx\r\nmg %b k v b\r\nme %b b\r\nmd %b b k\r\n", *BASE64),
    ),
    "a key has up to 250 bytes, before it is decoded": (
        b"mg " + _LONGEST + b" k v\r\n",
        b"mg " + _TOO_LONG + b" k v\r\n",
        b"mg " + _TOO_LONG + b" b q\r\nmn\r\n",
        b"me " + _LONGEST + b"\r\n",
        b"me " + _TOO_LONG + b"\r\nme " + _TOO_LONG + b" b\r\n",
    ),
    "no key is an ERROR": each(b"%b\r\nmn\r\n", b"mg", b"mg ", b"me", b"me ", b"mg \0a", b"me \0a"),
    "me shows the item": (
        b"me a\r\nme b\r\nme n\r\nget a\r\nme a\r\n",
        *each(b"me a%b\r\n", b" b", b" x", b" b x", b" bb", b" v v v", b" " + b"x " * 30, b" q"),
        *each(b"me YQ==%b\r\n", b" b", b" x", b" b x", b" bb", b" x b"),
        b"set b 0 500 1\r\nx\r\nme b\r\nset b 9 500 1\r\nx\r\nme b\r\ngat -1 b\r\nme b\r\n",
    ),
    "spaces, a bare newline, a NUL and a carriage return": (
        b"mg  a   v  k \r\n mg a v\r\nmg a v\nmg b\nme  a \nme a\n",
        b"mg a\0 v\r\nmg a v\0 k\r\nmg a \0v\r\nme a\0 b\r\n",
        b"mg a v\r\r\nmg a\r v k\r\nmg a\r\r\nmg a O\r k\r\nmg a k O\r\r\n",
        b"mg a\tv\r\nmg\ta v\r\nmg a v\tk\r\n",
    ),
}
