"""The words that generated requests are made of, good and bad."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Items:
    """The items that requests are about: few, so that requests meet.

    :ivar base64: texts of keys, and the keys
    """

    keys: tuple[bytes, ...]
    counters: tuple[bytes, ...]
    base64: Mapping[bytes, bytes]

    def text_of(self, key: bytes) -> bytes | None:
        """Another way to write it."""
        return next((text for text, its_key in self.base64.items() if its_key == key), None)


ITEMS: Final = Items(
    (b"a", b"b", b"c", b"d", b"a-rather-long-key-with-some-more-letters", b"n1", b"n2"),
    (b"n1", b"n2", b"n3"),
    {b"bjE=": b"n1", b"YQ==": b"a", b"AAE=": b"\0\1", b"YiBj": b"b c", b"/w==": b"\xff"},
)


def items_of(client: int) -> Items:
    """Items that no other client has. None has two keys: in a pool each would have a server of its own."""
    keys = tuple([b"%d-%b" % (client, key) for key in ITEMS.keys])
    counters = tuple([b"%d-%b" % (client, key) for key in ITEMS.counters])
    binary = b"%d \0\xff" % client
    return Items(keys, counters, {base64.b64encode(binary): binary})


#: None of them runs out, or comes into reach of another, while a stream runs.
EXPTIMES: Final = (b"0", b"0", b"0", b"300", b"300", b"900", b"-1")
#: For the flag R: never just the life that an item has left, which is a matter of a tick.
RECACHES: Final = (b"0", b"150", b"600", b"5000", b"-1", b"2100000000")
#: The same, but no length of a data block that anybody could mistake them for would be worth a megabyte.
FAR_EXPTIMES: Final = (b"2100000000", b"2592001", b"2592000", b"4294967596")

#: A counter stays below 2**63.
DELTAS: Final = (b"0", b"1", b"2", b"9", b"99", b"4294967297", b"4294967297", b"+1", b"-1", b"x", b"")
#: What is no item's unique on any server.
NO_UNIQUES: Final = (b"0", b"18446744073709551615", b"18446744073709551616", b"-1", b"x")
UNIQUES: Final = (*NO_UNIQUES, b"1", b"5")

#: Values; some read like requests or replies, for the case that a length is wrong. None is white space alone.
VALUES: Final = (
    *(b"", b"x", b"xyz", b"7", b"10", b"99", b"9223372036854775", b" 5", b"005", b"5 ", b"12x", b"x\r\n"),
    *(
        b"get a",
        b"get a b\r\nget c",
        b"END\r\n",
        b"STORED",
        b"\r\nEND\r\nVALUE b 0 1\r\nz",
        b"delete d",
        b"\0",
    ),
    *(b"v" * 200, b"set c 0 0 1\r\nq", b"mg a v\r\nmd d", b"noreply", b"x\r", b"\nx", b"HD\r\n", b"EN", b"q"),
)

#: Values with lines in them, some longer than one read of a socket.
LONG_VALUES: Final = tuple([b"a long value\r\n" * (size // 14) + b"x" for size in (3000, 17000, 70000)])

#: What stands where a number should: read by C in its own way, or no number at all. As an exptime, as every
#: number here, it is either over at once or far from over.
NUMBERS: Final = (
    *(
        b"4294967296",
        b"4294967696",
        b"-4294966896",
        b"-1",
        b"+400",
        b"\t400",
        b"400\t2",
        b"2147483648",
        b"-0",
    ),
    *(
        b"18446744073709551616",
        b"99999999999999999999",
        b"4x",
        b"x",
        b"1.0",
        b"0x1",
        b"+",
        b"-",
        b"400\x00",
        b"00",
    ),
)
#: Words that belong nowhere, or elsewhere. No counter: it would be read without the generator's knowledge.
STRAYS: Final = (
    *(
        b"noreply",
        b"q",
        b"b",
        b"k",
        b"v",
        b"0",
        b"1",
        b"5",
        b"!",
        b"\xff",
        b"\x01",
        b"\t",
        b"\r",
        b"\0",
        b"O1",
    ),
    *(b"T0", b"N0", b"I", b"MS", b"a", b"YQ==", b"noreply ", b"*", b"C1", b"F9", b"T", b"O" + b"o" * 32),
)
#: Bytes that may replace one byte of a line. No digit: lengths stay short.
BYTES: Final = b" \n\r\0\t\x01\x7f\xff-+!bqkvOSN "

FLUSHES: Final = (b"flush_all\r\n", b"flush_all 0\r\n", b"flush_all noreply\r\n", b"flush_all -1\r\n")
UNKNOWN: Final = (
    *(b"", b" ", b"x", b"bogus", b"bogus a b", b"gets", b"get", b"set", b"mg", b"ms", b"incr n1", b"touch a"),
    *(
        b"GET a",
        b"mx a",
        b"m a",
        b"verbosity",
        b"verbosity 0",
        b"verbosity 0 noreply",
        b"flush_all x",
        b"shutdown",
    ),
    *(b"delete", b"delete a 1", b"delete a noreply 0", b"gat x a", b"gat 0", b"set a 0 0 noreply"),
)
