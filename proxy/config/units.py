"""Durations, sizes and rates as the file writes them. The only place where units are converted."""

import re
from fractions import Fraction
from typing import Final

from msgspec import Struct

from proxy.config.paths import quoted
from proxy.config.problems import RefusedError

_SECONDS: Final = {
    "us": Fraction(1, 1_000_000),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_BYTES: Final = {
    "B": Fraction(1),
    "KB": Fraction(1000),
    "MB": Fraction(1000**2),
    "GB": Fraction(1000**3),
    "TB": Fraction(1000**4),
    "KiB": Fraction(1 << 10),
    "MiB": Fraction(1 << 20),
    "GiB": Fraction(1 << 30),
    "TiB": Fraction(1 << 40),
}
#: Longer than any sensible setting, and far from what a clock or a timer would overflow at.
MAX_SECONDS: Final = 366 * 86400
#: More than any machine has, and still an exact float.
MAX_BYTES: Final = 1 << 50

_QUANTITY: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)([A-Za-z]*)")
_RATE: Final = re.compile(r"([^/]+)/s")
_DURATION_HINT: Final = 'us, ms, s, m or h, as in "250ms"'
_SIZE_HINT: Final = 'B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, as in "64KiB"'


class RateLimit(Struct, frozen=True, kw_only=True):
    """An upper bound per second: exactly one of the two is set, and it is positive."""

    records_per_s: int | None = None
    bytes_per_s: int | None = None


def parse_duration(text: str) -> float:
    """A duration such as ``"1.5s"``, in seconds.

    :raises RefusedError: no duration, without a unit, or longer than a year
    """
    seconds = _quantity(text, _SECONDS, "duration", _DURATION_HINT)
    if seconds > MAX_SECONDS:
        raise RefusedError(f"{quoted(text)} is longer than a year")
    return float(seconds)


def parse_size(text: str) -> int:
    """A size such as ``"64KiB"``, in bytes.

    :raises RefusedError: no size, without a unit, zero, no whole number of bytes, or more than a pebibyte
    """
    size = _quantity(text, _BYTES, "size", _SIZE_HINT)
    if not size:
        raise RefusedError("must be more than zero")
    if size > MAX_BYTES:
        raise RefusedError(f"{quoted(text)} is more than {MAX_BYTES >> 40}TiB")
    if size.denominator != 1:
        raise RefusedError(f"{quoted(text)} is not a whole number of bytes")
    return int(size)


def parse_rate(text: str) -> RateLimit | None:
    """A rate such as ``"20000/s"`` (records) or ``"10MiB/s"``; the empty string is no limit.

    :raises RefusedError: no rate, or zero
    """
    if not text:
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise RefusedError(
            f'{quoted(text)} is not a rate: write records or bytes per second, as "20000/s" or "10MiB/s"'
        )
    is_records = match[1].isdecimal() and match[1].isascii() and len(match[1]) <= 15
    amount = int(match[1]) if is_records else parse_size(match[1])
    if amount == 0:
        raise RefusedError('must be more than zero; "" is no limit')
    return RateLimit(records_per_s=amount) if is_records else RateLimit(bytes_per_s=amount)


def _quantity(text: str, units: dict[str, Fraction], kind: str, hint: str) -> Fraction:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise RefusedError(f"{quoted(text)} is not a {kind}: write a number and one of {hint}")
    number, unit = match.groups()
    if not unit:
        raise RefusedError(f"{quoted(text)} has no unit: write one of {hint}")
    if unit not in units:
        meant = [known for known in units if known.lower() == unit.lower()]
        suggestion = number + meant[0] if meant else None
        raise RefusedError(f"{quoted(unit)} is not a unit of a {kind}: write one of {hint}", suggestion)
    return Fraction(number) * units[unit]


def missing_unit(number: float, *, is_size: bool) -> RefusedError:
    """The refusal of a number that stands where a duration or a size belongs."""
    return RefusedError(
        f"{number} has no unit: write a string with one of {_SIZE_HINT if is_size else _DURATION_HINT}"
    )


def format_duration(seconds: float) -> str:
    """`seconds` in the largest unit that shows them as a whole number; parsing it gives them back."""
    return _formatted(Fraction(seconds).limit_denominator(10**9), _SECONDS)


def format_size(size: int) -> str:
    """`size`, in bytes, in the largest unit that shows it as a whole number; parsing it gives it back."""
    return _formatted(Fraction(size), _BYTES)


def _formatted(amount: Fraction, units: dict[str, Fraction]) -> str:
    smallest, *_ = sorted(units, key=lambda unit: units[unit])
    if not amount:
        smallest = "s" if "s" in units else smallest
    whole = [unit for unit in units if amount and (amount / units[unit]).denominator == 1]
    unit = max(whole, key=lambda unit: units[unit], default=smallest)
    shown = amount / units[unit]
    return f"{shown.numerator if shown.denominator == 1 else float(shown)}{unit}"
