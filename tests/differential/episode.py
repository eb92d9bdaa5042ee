"""One run of generated segments against a fresh pair of servers, and the search for the request at fault."""

import re
from dataclasses import dataclass
from typing import Final, Self

from tests.differential.comparison import difference
from tests.differential.generator import PADDING, Generator, Segment
from tests.differential.sides import Conversation, Sides, pair

_UNIQUES: Final = re.compile(rb"(?:VALUE [^ ]+ \d+ \d+|^[A-Z]{2}.* c) ?(\d+)", re.MULTILINE)
_REMEMBERED: Final = 8
_SHOWN: Final = 200  # bytes of the replies printed in front of the difference, and behind it


@dataclass(frozen=True)
class Mismatch:
    """The first segment whose replies differ."""

    history: list[Segment]
    expected: bytes
    got: bytes
    place: int


class Pair:
    """A conversation with each side."""

    def __init__(self, sides: Sides) -> None:
        self._kind = sides.kind
        self._oracle = Conversation(sides.oracle)
        self._outrider = Conversation(sides.outrider)

    def exchange(self, stream: bytes, cuts: tuple[int, ...] = ()) -> tuple[bytes, bytes, int | None]:
        """What both said, and where it differs. Both are at it at the same time."""
        self._outrider.send(stream, cuts)
        self._oracle.send(stream)
        expected = self._oracle.replies()
        got = self._outrider.replies()
        return expected, got, difference(expected, got, self._kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._oracle.close()
        self._outrider.close()


def run(kind: str, seed: str, requests: int) -> tuple[int, Mismatch | None]:
    """Generate until `requests` are through; how many there were, and what went wrong."""
    generator = Generator(seed, kind)
    history: list[Segment] = []
    count = 0
    with pair(kind) as sides, Pair(sides) as both:
        while count < requests:
            segment = generator.segment()
            history.append(segment)
            count += len(segment.requests)
            expected, got, place = both.exchange(segment.stream, segment.cuts)
            if place is not None:
                return count, Mismatch(history, expected, got, place)
            found = _UNIQUES.findall(expected)
            if found:
                generator.uniques = (generator.uniques + found)[-_REMEMBERED:]
    return count, None


def explain(kind: str, mismatch: Mismatch) -> str:
    """Say everything again to a fresh pair, the last segment request by request, until one differs."""
    *before, last = mismatch.history
    with pair(kind) as sides, Pair(sides) as both:
        for number, segment in enumerate(before):
            expected, got, place = both.exchange(segment.stream, segment.cuts)
            if place is not None:
                return f"on repetition segment {number} differed already, so chance is involved:\n" + _report(
                    segment.stream, expected, got, place
                )
        for number, request in enumerate(last.requests):
            stream = request + (PADDING if last.is_broken else b"")
            expected, got, place = both.exchange(stream)
            if place is not None:
                said = b"".join(last.requests[:number])
                return f"request {number} of its segment, behind {said!r}:\n" + _report(
                    request, expected, got, place
                )
    return "no single request of the segment differs when the replies to each are waited for:\n" + _report(
        b"".join(last.requests), mismatch.expected, mismatch.got, mismatch.place
    )


def _report(stream: bytes, expected: bytes, got: bytes, place: int) -> str:
    start = max(place - _SHOWN, 0)
    return (
        f"  sent     {stream!r}\n  differs at byte {place} of the replies, from byte {start} on:\n"
        f"  oracle   {expected[start : place + _SHOWN]!r}\n  outrider {got[start : place + _SHOWN]!r}"
    )
