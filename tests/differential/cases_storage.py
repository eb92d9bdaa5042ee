"""set, add, replace, append, prepend, cas: what they store, what they refuse, and what they swallow then."""

from typing import Final

from tests.differential.table import Table, each

_VERBS: Final = (b"set", b"add", b"replace", b"append", b"prepend")
_LONGEST: Final = b"k" * 250
_TOO_LONG: Final = b"k" * 251

#: Words where a number belongs that C reads as one, and those it does not.
_NUMBERS: Final = (
    *(b"0", b"1", b"+1", b"-0", b"007", b"\t1", b"\x0b1", b"1\t", b"1\t2", b"1\x0c", b"\r1", b"1\r"),
    *(b"-1", b"-4294967295", b"2147483647", b"2147483648", b"4294967295", b"4294967296", b"4294967297"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551615", b"18446744073709551616"),
    *(b"-9223372036854775807", b"-9223372036854775808", b"-9223372036854775809", b"-18446744073709551615"),
    *(b"", b"x", b"1x", b"0x1", b"1.0", b"1e1", b"--1", b"+-1", b"+", b"-", b"\t", b"1\x001", b"\xb9", b"1-"),
)
#: The same where a length belongs: none of them makes a server wait for more than the test sends.
_LENGTHS: Final = (
    *(b"3", b"+3", b"-0", b"003", b"\t3", b"3\t", b"3\t9", b"4294967299", b"8589934595", b"-4294967293"),
    *(b"-1", b"-3", b"-2147483648", b"2147483646", b"2147483647", b"2147483648", b"4294967295"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551619", b"-9223372036854775809"),
    *(b"", b"x", b"3x", b"0x3", b"3.0", b"+", b"noreply", b"3\x00", b"\x003", b"9" * 400, b"0" * 400 + b"3"),
)

STORAGE: Final[Table] = {
    "each verb stores, or not, where there is an item": each(b"%b a 7 0 4\r\nwxyz\r\n", *_VERBS),
    "each verb stores, or not, where there is none": each(b"%b b 7 0 4\r\nwxyz\r\n", *_VERBS),
    "noreply says nothing, whatever the outcome": (
        *each(b"%b a 7 0 4 noreply\r\nwxyz\r\n", *_VERBS),
        *each(b"%b b 7 0 4 noreply\r\nwxyz\r\n", *_VERBS),
        b"cas a 7 0 4 <cas a> noreply\r\nwxyz\r\ncas b 7 0 4 1 noreply\r\nwxyz\r\ncas n 0 0 1 1 noreply\r\n9\r\n",
    ),
    "cas compares with the item's unique": each(
        b"cas a 7 0 4 %b\r\nwxyz\r\n",
        *(b"<cas a>", b"<cas a+1>", b"<cas a-1>", b"<cas n>", b"0", b"18446744073709551615"),
        *(b"+<cas a>", b"\t<cas a>", b"00<cas a>", b"<cas a>\t", b"18446744073709551616", b"x", b"-1", b""),
        *(b"-18446744073709551615", b"-9223372036854775808", b"-9223372036854775809", b"1.5", b"noreply"),
    ),
    "cas of what is not there": each(b"cas b 0 0 1 %b\r\nx\r\n", b"0", b"1", b"x"),
    "a second cas with the same unique finds the item changed": (
        (b"cas a 0 0 1 <cas a>\r\nx\r\ncas a 0 0 1 <cas a>\r\ny\r\n", b"cas a 0 0 1 <cas a>\r\nz\r\n"),
    ),
    "an empty data block is a value": (
        *each(b"%b a 0 0 0\r\n\r\n", *_VERBS),
        *each(b"%b b 0 0 0\r\n\r\nget b\r\n", *_VERBS),
        b"cas a 0 0 0 <cas a>\r\n\r\ngets a\r\n",
    ),
    "append and prepend keep client flags and exptime": (
        b"set c 9 500 2\r\nmm\r\nappend c 1 0 1\r\nz\r\nprepend c 2 -1 1\r\na\r\nget c\r\nmg c t f v\r\n",
    ),
    "client flags are unsigned 32 bits": each(b"set b %b 0 1\r\nx\r\nget b\r\n", *_NUMBERS),
    "exptime is signed 32 bits, negative is gone at once": each(b"set b 0 %b 1\r\nx\r\nget b\r\n", *_NUMBERS),
    "an absolute exptime": each(
        b"set b 0 %b 1\r\nx\r\nmg b t v\r\n", b"2592000", b"2592001", b"1000000000", b"2100000000"
    ),
    "a length that wraps is the length": each(b"set b 0 0 %b\r\nxyz\r\nget b\r\n", *_LENGTHS),
    "a length that wraps is the length, also with noreply": each(
        b"set b 0 0 %b noreply\r\nxyz\r\nget b\r\n", *_LENGTHS
    ),
    "a length that wraps is the length, also for cas": each(
        b"cas a 0 0 %b <cas a>\r\nxyz\r\nget a\r\n", *_LENGTHS
    ),
    "a key has up to 250 bytes; the data of a longer one is read as commands": (
        *each(b"%b k 0 0 5\r\nget a\r\n".replace(b" k ", b" " + _LONGEST + b" "), *_VERBS),
        *each(b"%b k 0 0 5\r\nget a\r\n".replace(b" k ", b" " + _TOO_LONG + b" "), *_VERBS),
        b"set " + _TOO_LONG + b" 0 0 5 noreply\r\nget a\r\n",
        b"cas " + _TOO_LONG + b" 0 0 5 1\r\nget a\r\n",
        b"set " + _LONGEST + b" 0 0 1\r\nx\r\nget " + _LONGEST + b"\r\ndelete " + _LONGEST + b"\r\n",
    ),
    "too few or too many words are an ERROR, and the data is read as commands": (
        *each(b"%b\r\nget a\r\n", *_VERBS, b"cas"),
        *each(b"%b a\r\nget a\r\n", *_VERBS, b"cas"),
        *each(b"%b a 0\r\nget a\r\n", *_VERBS, b"cas"),
        *each(b"%b a 0 0\r\nget a\r\n", *_VERBS, b"cas"),
        *each(b"%b a 0 0 5 1 2 3\r\nget a\r\n", *_VERBS, b"cas"),
        *each(b"%b a 0 0 5 1 2 noreply\r\nget a\r\n", *_VERBS, b"cas"),
        *each(b"%b a 0 noreply\r\nget a\r\n", *_VERBS, b"cas"),
        *each(b"%b noreply\r\nget a\r\n", *_VERBS, b"cas"),
        b"cas a 0 0 5\r\nget a\r\n",
        b"cas a 0 0 5 noreply\r\nget a\r\n",
        b"set a" + b" 1" * 40 + b" noreply\r\nget a\r\n",
    ),
    "a word behind the length that is not noreply is ignored": (
        b"set b 0 0 1 quietly\r\nx\r\n",
        b"set b 0 0 1 NOREPLY\r\nx\r\n",
        b"set b 0 0 1 noreplyy\r\nx\r\n",
        b"cas a 0 0 1 <cas a> 5\r\nx\r\n",
    ),
    "noreply in the place of another word still silences": (
        b"set a 0 0 noreply\r\nget a\r\n",
        b"set a noreply 0 3 noreply\r\nget a\r\n",
        b"cas a 0 0 3 noreply\r\nget a\r\n",
        b"set noreply 0 0 1\r\nx\r\nget noreply\r\n",
        b"set noreply 0 0 1 noreply\r\nx\r\nget noreply\r\n",
    ),
    "a data block that does not end with CRLF is refused whole": (
        *each(b"%b a 0 0 3\r\nwxyz\r\nget a\r\n", *_VERBS),
        *each(b"%b b 0 0 3\r\nwxyz\r\nget b\r\n", *_VERBS),
        *each(b"%b a 0 0 3 noreply\r\nwxyz\r\nget a\r\n", *_VERBS),
        b"set a 0 0 3\r\nwxyz12\r\nget a\r\n",
        b"set a 0 0 0\r\nx\r\nget a\r\n",
        b"set a 0 0 0\r\nget a\r\nget a\r\n",
        b"set a 0 0 5\r\nwxy\r\nget a\r\nget a\r\n",
        b"set a 0 0 5\r\nwxy\r\n\r\nget a\r\n",
        b"set a 0 0 3\r\nxyz\nget a\r\n\r\nget a\r\n",
        b"set a 0 0 3\nxyz\r\nget a\r\n",
        b"set a 0 0 3\r\nxyz\n\rget a\r\n",
        b"cas a 0 0 3 <cas a>\r\nwxyz\r\nget a\r\n",
        b"cas a 0 0 3 1 noreply\r\nwxyz\r\nget a\r\n",
        b"add a 0 0 3\r\nwxyz\r\n\r\nadd b 0 0 3\r\nwxyz\r\n",
    ),
    "a data block may hold anything": (
        b"set b 0 0 20\r\nget a\r\nset a 0 0 1\r\n\r\nget b\r\n",
        b"set b 0 0 7\r\n\r\nEND\r\n\r\nget b\r\nget b a b\r\n",
        b"set b 0 0 256\r\n" + bytes(range(256)) + b"\r\nget b\r\nmg b v\r\n",
        b"set b 0 0 4\r\n\r\n\r\n\r\nget b\r\n",
        b"set b 0 0 30\r\nVALUE a 0 100\r\nEND\r\nSTORED\r\n\0\r\nget b a\r\n",
    ),
    "spaces between and behind words are ignored": (
        b"set  b  0  0  1 \r\nx\r\nget b\r\n",
        b"  set b 0 0 1  noreply  \r\nx\r\nget b\r\n",
        b"cas   a  0 0 1    <cas a>  \r\nx\r\nget a\r\n",
    ),
    "a NUL ends the line, a tab does not end a word": (
        b"set b 0 0 1\0 junk\r\nx\r\nget b\r\n",
        b"set b\0 0 0 1\r\nget a\r\n",
        b"set b 0 0 1 \0noreply\r\nx\r\nget b\r\n",
        b"set b 0 0 1 noreply\0\r\nx\r\nget b\r\n",
        b"set\tb 0 0 1\r\nget a\r\n",
        b"set b\tc 0 0 1\r\nx\r\nget b\tc\r\ndelete b\tc\r\n",
        b"set \x01\x7f\xff 0 0 1\r\nx\r\nget \x01\x7f\xff\r\ndelete \x01\x7f\xff\r\n",
        b"set b\rc 0 0 1\r\nx\r\nget b\rc\r\ndelete b\rc\r\n",
    ),
    "a wide value comes back whole": (
        (b"set b 0 0 9000\r\n" + b"v" * 9000 + b"\r\n", b"get b a b\r\ndelete b\r\n"),
        (b"set b 0 0 70000\r\n" + b"w" * 70000 + b"\r\n", b"get b a b\r\n", b"mg b v\r\ndelete b\r\n"),
    ),
}
