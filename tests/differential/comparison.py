"""Whether two streams of replies are the same, but for what `exceptions.TOLERANCES` lets pass."""

import re
from typing import Final

from tests.differential.exceptions import TOLERANCES

#: Uniques, of which one server gives out as many as it stores items, and a pool or a shared server others.
_UNIQUE: Final = re.compile(rb"(?<= c)\d+|(?<= cas=)\d+|(?<=^VALUE )(\S+ \d+ \d+) \d+", re.MULTILINE)


def difference(expected: bytes, got: bytes, kind: str, with_uniques: bool = True) -> int | None:
    """Where `got` first departs from what the oracle said; None where they agree."""
    if expected == got:
        return None
    if not with_uniques:
        expected = _UNIQUE.sub(rb"\1 ?", expected)
        got = _UNIQUE.sub(rb"\1 ?", got)
    for tolerance in TOLERANCES:
        if kind in tolerance.kinds:
            got = _brought_closer(got, expected, tolerance.number, tolerance.by)
    if expected == got:
        return None
    for place, (one, other) in enumerate(zip(expected, got, strict=False)):
        if one != other:
            return place
    return min(len(expected), len(got))


def _brought_closer(got: bytes, expected: bytes, pattern: re.Pattern[bytes], by: int) -> bytes:
    """`got` with the numbers of `expected` wherever they are close enough."""
    numbers = pattern.findall(expected)
    if len(numbers) != len(pattern.findall(got)):
        return got
    left = iter(numbers)

    def closer(match: re.Match[bytes]) -> bytes:
        number: bytes = next(left)
        return number if abs(int(number) - int(match[0])) <= by else match[0]

    return pattern.sub(closer, got)
