"""Every difference from memcached 1.6.18 that is meant, with its reason. There is no other place for one.

`EXCEPTIONS` are whole requests: each row carries streams that show it, and the test of this table fails when a
row no longer differs: what has become equal has to leave. The generator makes nothing that a row concerns.
`TOLERANCES` are numbers in replies that are alike without being equal.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from proxy.protocol import base64key
from tests.differential.table import Stream

#: What is behind Outrider: a memcached like the oracle, or the store in its own process.
MEMCACHED: Final = "memcached"
MEMORY: Final = "memory"
KINDS: Final = (MEMCACHED, MEMORY)

_TOO_LONG: Final = b"k" * 251


@dataclass(frozen=True)
class Deliberate:
    """One difference.

    :ivar concerns: whether a request line is one that may be answered differently
    :ivar shown_by: streams after which the replies differ; none where chance decides whether they do
    :ivar kinds: what must be behind Outrider
    """

    what: str
    reason: str
    concerns: Callable[[bytes], object]
    shown_by: tuple[Stream, ...]
    kinds: tuple[str, ...] = KINDS


def _shows_an_unprintable_key(line: bytes) -> bool:
    words = line.split()
    if len(words) < 3 or words[0] not in (b"mg", b"me") or not any(word[:1] == b"b" for word in words[2:]):
        return False
    key = base64key.decode(words[1])
    return key is not None and re.search(rb"[\0-\x20\x7f]", key) is not None


def _no_line(line: bytes) -> bool:  # noqa: ARG001 - it depends on more than the line
    return False


EXCEPTIONS: Final = (
    Deliberate(
        "version",
        "the proxy's own: 1.6.18, which clients parse, and then its own name and version",
        re.compile(rb" *version").match,
        (b"version\r\n",),
    ),
    Deliberate(
        "stats",
        "the proxy's own numbers",
        re.compile(rb" *stats").match,
        (b"stats\r\n", b"stats settings\r\n", b"stats detail on\r\n"),
    ),
    Deliberate(
        "commands of a server's operator",
        "they would act on one backend of many, or on none: refused with ERROR",
        re.compile(rb" *(?:watch|lru_crawler|lru|slabs|cache_memlimit|extstore)\b").match,
        (
            b"lru_crawler disable\r\n",
            b"lru mode segmented\r\n",
            b"slabs automove 0\r\n",
            b"cache_memlimit 64\r\n",
        ),
    ),
    Deliberate(
        "bget",
        "a get that no documentation names; no client is known to send it",
        re.compile(rb" *bget").match,
        (b"bget a\r\n",),
    ),
    Deliberate(
        "a retrieval with a key that is too long",
        "memcached has fetched, and for gat touched, the keys in front of it before it refuses; and it throws "
        "away what it has not yet sent of earlier replies. Outrider answers the same line and does neither",
        re.compile(rb" *ga?e?ts? .*[^ ]{251}").match,
        (
            (b"get a " + _TOO_LONG + b"\r\n", b"mg a h\r\n"),
            (b"gat 500 a " + _TOO_LONG + b"\r\n", b"mg a t\r\n"),
            b"delete b\r\nget a " + _TOO_LONG + b"\r\n",
        ),
    ),
    Deliberate(
        "a line beyond the limits of a get",
        "4 MiB, or 65536 keys: memcached keeps what it is sent, and grows by several hundred MB",
        re.compile(rb" *gets? .{100000}").match,
        (b"get" + b" b" * 70_000 + b"\r\n",),
    ),
    Deliberate(
        "ma with autovivification and quiet",
        "memcached prints the HD or VA of an item it made although quiet; asked without quiet, as Outrider asks, "
        "it prints the same for an item that was there, so that the two cannot be told apart",
        re.compile(rb" *ma .* (?:N.* q|q.* N)").match,
        (b"ma b N0 q\r\n", b"ma b q v N500 J5\r\n"),
    ),
    Deliberate(
        "a counter behind its own readings",
        "memcached counts in place unless a reply that it has not sent yet, or a background thread, holds the "
        "item; else it makes a new one, without spaces behind a shorter number, and without its marks",
        _no_line,
        (),
    ),
    Deliberate(
        "counting a value of white space alone, or of 2**63 and more",
        "memcached reads on behind the end of the value, into what was in that memory before: for digits, or for "
        "a minus sign",
        _no_line,
        (),
    ),
    Deliberate(
        "flags of later servers on an ms that Outrider refuses itself",
        "to name the error that comes first Outrider reads the flags as a server of today: E and x are known",
        re.compile(rb" *ms .* [Ex]").match,
        (b"ms b 1 E5\r\nxyz\r\n", b"ms b 1 x\r\nxyz\r\n", b"ms b 1 EN\r\nxyz\r\n"),
    ),
    Deliberate(
        "a data block with a bad end, longer than a backend takes and not longer than max_value",
        "the end is looked at before the value is forwarded, and what the backend would take is not known: "
        "bad data chunk instead of too large, and the old item stays (test_large_values.py)",
        _no_line,
        (),
    ),
    # ---- of the store alone ----
    Deliberate(
        "flags of later servers",
        "the store knows them: E, x, C on mg, N on an ms that appends",
        re.compile(rb" *(?:m[gsda] .* [Ex]|mg .* C|ms .* (?:M[AP].* N|N.* M[AP]))").match,
        (
            b"mg a E5\r\n",
            b"md a x\r\n",
            b"ms b 1 E5\r\ny\r\n",
            b"mg a v C<cas a>\r\n",
            b"ms b 1 MA N0\r\ny\r\n",
        ),
        (MEMORY,),
    ),
    Deliberate(
        "a base64 key that memcached has forgotten to be one",
        "the store never shows white space and control characters of a key: memcached does once the item was "
        "appended to, or made by N, and so breaks the line",
        _shows_an_unprintable_key,
        (b"mg YiBj b N500 k\r\n", b"ms YQ0KYg== 1 b\r\nx\r\nms YQ0KYg== 1 b MA\r\nx\r\nme YQ0KYg== b\r\n"),
        (MEMORY,),
    ),
    Deliberate(
        "T on a counter that grows",
        "memcached sets the exptime of the item that it has just replaced",
        re.compile(rb" *ma .* T").match,
        (b"ma n D90 T500\r\nmg n t\r\n",),
        (MEMORY,),
    ),
    Deliberate(
        "a delayed flush_all behind another",
        "in memcached it replaces the other one, and what nobody has asked for since is there again",
        re.compile(rb" *flush_all +[^ ]*[1-9]").match,
        (b"flush_all\r\nflush_all 500\r\nget a\r\n",),
        (MEMORY,),
    ),
)


@dataclass(frozen=True)
class Tolerance:
    """Numbers that may differ.

    :ivar number: finds them; what a lookbehind asserts in front of them has to be equal
    :ivar by: how far they may be apart
    """

    what: str
    reason: str
    number: re.Pattern[bytes]
    by: int
    kinds: tuple[str, ...] = KINDS


_ANY: Final = 1 << 64

TOLERANCES: Final = (
    Tolerance(
        "the life that an item has left",
        "two processes do not begin their seconds at the same moment",
        re.compile(rb"(?<= t)\d{1,9}\b|(?<= exp=)-?\d+"),
        2,
    ),
    Tolerance(
        "the life of an item that is gone",
        "counted from the start of the server",
        re.compile(rb"(?<= t)42949\d{5}\b"),
        100_000,
    ),
    Tolerance(
        "the age of an item",
        "the same; and memcached moves the time of access only until the item counts as active",
        re.compile(rb"(?<= l)\d+|(?<= la=)\d+"),
        60,
    ),
    Tolerance(
        "slab class and size of me",
        "the store has no classes, and accounts what an item costs in Python",
        re.compile(rb"(?<= cls=)\d+|(?<= size=)\d+"),
        _ANY,
        (MEMORY,),
    ),
)


def is_deliberate(line: bytes, kind: str) -> bool:
    """Whether a row of the table concerns this request line."""
    return any(kind in row.kinds and row.concerns(line) for row in EXCEPTIONS)
