"""Ranges: ``cache-{0..2}.cache:11211`` stands for three servers."""

import re
from itertools import product
from math import prod
from typing import Final

from proxy.config.paths import quoted
from proxy.config.problems import RefusedError

#: What one entry may stand for. A mistyped bound would otherwise become a million connections.
MOST: Final = 1024

_RANGE: Final = re.compile(r"\{([0-9]+)\.\.([0-9]+)\}")
_MOST_DIGITS: Final = 9


def has_range(text: str) -> bool:
    return _RANGE.search(text) is not None


def expand_ranges(text: str) -> tuple[str, ...]:
    """Every text that `text` stands for, at most `MOST`; of several ranges the last one counts fastest.

    As in a shell, numbers are padded to the width of the wider bound when one of them begins with a zero:
    ``{08..10}`` is 08, 09, 10.

    :raises RefusedError: the range runs backwards, stands for too many, or makes the same text twice
    """
    parts = _RANGE.split(text)  # what stands between ranges, at 0, 3, 6, …, and both bounds of each
    bounds = list(zip(parts[1::3], parts[2::3], strict=True))
    for first, last in bounds:
        if max(len(first), len(last)) > _MOST_DIGITS:
            raise RefusedError(f"the bounds of a range may have at most {_MOST_DIGITS} digits")
        if int(first) > int(last):
            raise RefusedError(f"{quoted(f'{{{first}..{last}}}')} runs backwards")
    if prod(int(last) - int(first) + 1 for first, last in bounds) > MOST:
        raise RefusedError(f"{quoted(text)} stands for more than {MOST} servers")
    expanded = tuple(_join(parts[0::3], numbers) for numbers in product(*map(_numbers, bounds)))
    if len(set(expanded)) < len(expanded):  # {1..11}{1..11} has two ways to make 111
        twice = next(entry for entry in expanded if expanded.count(entry) > 1)
        raise RefusedError(f"{quoted(text)} makes {quoted(twice)} twice")
    return expanded


def _numbers(bounds: tuple[str, str]) -> list[str]:
    is_padded = any(len(bound) > 1 and bound.startswith("0") for bound in bounds)
    width = max(map(len, bounds)) if is_padded else 0
    return [f"{number:0{width}}" for number in range(int(bounds[0]), int(bounds[1]) + 1)]


def _join(texts: list[str], numbers: tuple[str, ...]) -> str:
    return texts[0] + "".join(number + text for number, text in zip(numbers, texts[1:], strict=True))
