"""Values that are numbers, as memcached reads and writes them in place."""

from typing import Final

from proxy.protocol.numbers import uint64

_MODULUS: Final = 1 << 64
_SHORT: Final = 20  # digits below which a number surely fits into 64 bits


def parse(value: bytes) -> int:
    """The number that `value` begins with, as ``strtoull`` reads it; -1 when it is none.

    White space around it is allowed, and anything behind that: ``"9 "`` is what a decr leaves, but ``"5 abc"``
    is a number too.
    """
    if len(value) < _SHORT and value.isdigit():
        return int(value)
    end = value.find(b"\0")  # a C string ends here
    number = uint64(value if end < 0 else value[:end])
    return -1 if number is None else number


def changed(number: int, delta: int, increases: bool) -> int:
    """`number` counted up, around at 2^64, or down, no further than 0."""
    if increases:
        return (number + delta) % _MODULUS
    return max(number - delta, 0)
