"""incr, decr, touch, delete, and the commands without a key."""

from typing import Final

from tests.differential.table import Table, each

_LONGEST: Final = b"k" * 250
_TOO_LONG: Final = b"k" * 251
_DELTAS: Final = (
    *(b"0", b"1", b"5", b"10", b"11", b"90", b"989", b"+1", b"\t1", b"1\t", b"007", b"4294967297"),
    *(b"18446744073709551605", b"18446744073709551606", b"18446744073709551615", b"18446744073709551616"),
    *(b"-1", b"-18446744073709551615", b"-9223372036854775808", b"-9223372036854775809"),
    *(b"", b"x", b"1x", b"1.5", b"0x5", b"+", b"-", b"noreply", b"1\x00"),
)
_EXPTIMES: Final = (
    *(b"0", b"500", b"-1", b"+500", b"\t500", b"2592000", b"2592001", b"2100000000", b"4294967796", b"-0"),
    *(b"", b"x", b"5x", b"9223372036854775808", b"noreply", b"1e3"),
)

KEYED: Final[Table] = {
    "incr and decr count in 64 bits": (
        *each(b"incr n %b\r\nget n\r\n", *_DELTAS),
        *each(b"decr n %b\r\nget n\r\n", *_DELTAS),
    ),
    "counting what is no number, or not there": (
        *each(b"%b 1\r\nget a\r\n", b"incr a", b"decr a", b"incr b", b"decr b"),
        *each(
            b"set b 0 0 %b\r\nincr b 1\r\ndecr b 3\r\nget b\r\n",
            *(b"0\r\n", b"2\r\n 5", b"2\r\n5 ", b"2\r\n5x", b"2\r\n-5", b"2\r\n+5", b"3\r\n5 x"),
            *(b"20\r\n18446744073709551615", b"20\r\n18446744073709551616", b"21\r\n000000000000000000005"),
            *(b"3\r\n5\r\n", b"2\r\n5\0", b"1\r\n5", b"30\r\n" + b"1" * 30, b"5\r\n\t\t7\t\t"),
        ),
    ),
    "a counter grows, and keeps its client flags and exptime": (
        b"set b 77 500 1\r\n9\r\nincr b 1\r\nincr b 990\r\nget b\r\nmg b t f\r\n",
        b"set b 77 500 4\r\n1000\r\ndecr b 999\r\nget b\r\nincr b 5\r\nget b\r\nmg b t f\r\n",
        b"set b 0 0 2\r\n10\r\ndecr b 1\r\ndecr b 1\r\nappend b 0 0 1\r\nx\r\nget b\r\nincr b 1\r\n",
    ),
    "touch sets the exptime": (
        *each(b"touch a %b\r\nmg a t\r\n", *_EXPTIMES),
        *each(b"touch b %b\r\n", *_EXPTIMES),
        *each(b"touch a %b noreply\r\nmg a t\r\n", *_EXPTIMES),
    ),
    "delete, with the zero of old": (
        *each(
            b"delete a%b\r\nget a\r\n", b"", b" 0", b" 0 noreply", b" noreply", b" 1", b" 0 0", b" noreply 0"
        ),
        *each(b"delete a%b\r\nget a\r\n", b" 00", b" 1 noreply", b" 0 noreply x", b" noreply noreply", b" x"),
        *each(b"delete b%b\r\n", b"", b" 0", b" 0 noreply", b" noreply", b" 1", b" "),
    ),
    "too few or too many words": (
        *each(b"%b\r\n", b"incr", b"decr", b"touch", b"delete", b"incr n", b"decr n", b"touch a"),
        *each(b"%b\r\n", b"incr n 1 2 3", b"decr n 1 2 3", b"touch a 1 2 3", b"delete a 0 1 2"),
        *each(b"%b\r\n", b"incr n 1 2", b"decr n 1 2", b"touch a 1 2", b"incr n 1 noreply noreply"),
        *each(b"%b\r\n", b"incr noreply", b"touch noreply", b"delete noreply", b"incr n 1 2 noreply"),
    ),
    "noreply says nothing, whatever the outcome": (
        *each(b"%b noreply\r\nget n a\r\n", b"incr n 1", b"decr n 1", b"incr b 1", b"incr a 1", b"decr a 1"),
        *each(b"%b noreply\r\nget n a\r\n", b"incr n x", b"touch a x", b"touch b 0", b"delete b", b"incr n"),
        *each(b"%b noreply\r\n", *(verb + _TOO_LONG + b" 1" for verb in (b"incr ", b"decr ", b"touch "))),
        b"delete " + _TOO_LONG + b" noreply\r\n",
    ),
    "a key has up to 250 bytes in every command": (
        *each(b"%b\r\n", *(verb + _LONGEST + b" 1" for verb in (b"incr ", b"decr ", b"touch "))),
        *each(b"%b\r\n", *(verb + _TOO_LONG + b" 1" for verb in (b"incr ", b"decr ", b"touch "))),
        *each(b"%b\r\n", *(verb + _TOO_LONG + b" x" for verb in (b"incr ", b"decr ", b"touch "))),
        b"delete " + _TOO_LONG + b"\r\ndelete " + _TOO_LONG + b" 1\r\n",
    ),
    "spaces, a bare newline and a NUL": (
        b"incr  n   1  \r\n decr n 1\r\ntouch a  0 \r\ndelete  a \r\n",
        b"incr n 1\ndecr n 1\ntouch a 0\ndelete a\n",
        b"incr n 1\0 junk\r\ndecr n\0 1\r\ndelete a\0 0 0\r\n",
        b"incr n\t 1\r\nincr\tn 1\r\ndelete a\r\r\nincr n 1\r\r\n",
    ),
    "flush_all hides everything before it": (
        b"flush_all\r\nget a n\r\nset b 0 0 1\r\nx\r\nget b\r\n",
        b"set b 0 0 1\r\nx\r\nflush_all 0\r\nget a b n\r\n",
        *each(
            b"%b\r\nget a\r\n", b"flush_all noreply", b"flush_all 0 noreply", b"flush_all -1", b"flush_all "
        ),
        *each(
            b"flush_all %b\r\nget a\r\n", b"x", b"x noreply", b"0 1", b"0 x", b"0 1 noreply", b"x y", b"+0"
        ),
        *each(
            b"flush_all %b\r\nget a\r\n", b"1 2 3", b"noreply 0", b"noreply noreply", b"4294967296", b"\t0"
        ),
        b"flush_all\0 500\r\nget a\r\n",
    ),
    "flush_all with a delay leaves everything until then": (
        b"flush_all 500\r\nget a n\r\nset b 0 0 1\r\nx\r\nget b\r\n",
        b"flush_all 500 noreply\r\nget a n\r\n",
        b"flush_all 500\r\nflush_all\r\nget a n\r\n",
        b"flush_all 500 x\r\nget a n\r\n",
    ),
    "mn marks the end of a batch": (b"mn\r\n", b"mn x y\r\n", b"mn \r\nmn\nmnx\r\nmn noreply\r\n"),
    "verbosity is acknowledged": each(
        b"verbosity%b\r\n", *(b" 0", b"", b" x", b" 0 noreply", b" noreply", b" 0 0", b" 0 0 0", b" -1", b" ")
    ),
    "shutdown is not enabled": each(
        b"shutdown%b\r\nmn\r\n", b"", b" graceful", b" now", b" noreply", b" a b c"
    ),
    "a line that is no command is an ERROR": (
        *each(b"%b\r\n", b"", b" ", b"x", b"xx", b"bogus a b c", b"\0", b"\0get a", b"m", b"mx a", b"mgg a"),
        *each(
            b"%b\n", b"", b" ", b"x", b"\r\r", b"\r x", b"\xff\xfe", b"{}", b"quitx", b"\tget a", b"noreply"
        ),
        *each(b"%b a\r\n", b"sett", b"SET", b"incrr", b"deleted", b"touchh", b"flush_alll", b"versionn"),
        *each(b"%b\r\n", b"se HTTP/1.1", b"g HTTP/1.1", b"mz HTTP/1.1", b"inc HTTP/1.1", b"getx HTTP/1.1"),
        b"bogus" + b" x" * 30 + b" HTTP/1.1\r\n",
    ),
}
