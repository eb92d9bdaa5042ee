"""get, gets, gat, gats: one key, many, and what is none."""

from typing import Final

from tests.differential.table import Table, each

_VERBS: Final = (b"get", b"gets", b"gat 0", b"gats 0")
_LONGEST: Final = b"k" * 250
_TOO_LONG: Final = b"k" * 251

RETRIEVAL: Final[Table] = {
    "a key that is there, and one that is not": (*each(b"%b a\r\n", *_VERBS), *each(b"%b b\r\n", *_VERBS)),
    "many keys, in the order asked, duplicates included": (
        *each(b"%b a b n\r\n", *_VERBS),
        *each(b"%b n a\r\n", *_VERBS),
        *each(b"%b b c\r\n", *_VERBS),
        *each(b"%b a a b a n n\r\n", *_VERBS),
        *each(b"%b" + b" a b" * 60 + b"\r\n", *_VERBS),
        *each(b"%b" + b" b" * 23 + b" a\r\n", *_VERBS),
    ),
    "a line of keys beyond 2048 bytes": (
        b"get" + b" a b n" * 500 + b"\r\n",
        b"gets" + b" c b" * 800 + b" a\r\n",
        b"   get" + b" c b" * 800 + b" a\r\n",
        b"get" + b" b" * 30000 + b" a\r\nget a\r\n",
        b"get a" + b" " * 5000 + b"\r\nget n\r\n",
    ),
    "no key is an ERROR, except behind the exptime of gat": (
        *each(b"%b\r\n", b"get", b"gets", b"gat", b"gats", b"gat 0", b"gats 0", b"gat 0 ", b"gat x", b"get "),
    ),
    "a key has up to 250 bytes": (
        b"get " + _LONGEST + b"\r\n",
        b"gat 0 " + _LONGEST + b"\r\n",
        b"get " + _TOO_LONG + b"\r\n",
        b"gets " + _TOO_LONG + b"\r\n",
        b"gat 0 " + _TOO_LONG + b"\r\n",
        b"gat x " + _TOO_LONG + b"\r\n",
        b"get b " + _TOO_LONG + b"\r\n",
        b"get b" + b" c" * 40 + b" " + _TOO_LONG + b" c\r\n",
    ),
    "gat sets the exptime": each(
        b"gat %b a b n\r\nmg a t\r\nmg n t\r\nget a\r\n",
        *(b"0", b"500", b"-1", b"+5000", b"4294967296", b"\t60", b"100\t", b"2592000", b"2100000000", b"1"),
        *(b"", b"x", b"1x", b"9223372036854775808", b"a", b"0x10", b"noreply"),
    ),
    "gats gives the unique": (b"gats 500 a n b\r\ngats 0 a\r\ngets a\r\n",),
    "noreply is a key": (*each(b"%b a noreply\r\n", *_VERBS),),
    "a word of HTTP is a key": (b"get a HTTP/1.1\r\nget a\r\n", b"gat 0 HTTP/1.1 a\r\n"),
    "spaces, a bare newline and a NUL": (
        *each(b"%b  a   n  \r\n", *_VERBS),
        *each(b" %b a\r\n", *_VERBS),
        *each(b"%b a\nget n\n", *_VERBS),
        *each(b"%b a\0 n\r\n", *_VERBS),
        *each(b"%b a \0n\r\n", *_VERBS),
        *each(b"%b \0a\r\n", *_VERBS),
        *each(b"%b a\r\r\n", *_VERBS),
        *each(b"%b a\tn\r\n", *_VERBS),
        b"get \r\r\nget a \r\r\n",
        b"get a \r\n\r\nget a\r\n",
        b"get" + b" " * 772 + b"a n\r\nget a\r\n",
        b"get a" + b" " * 772 + b"n\r\nget a\r\n",
    ),
    "verbs are lower case and whole": (
        *each(b"%b a\r\n", b"GET", b"Get", b"ge", b"getx", b"getss", b"g", b"gatt 0", b"gatss 0"),
    ),
}
