"""Numbers as memcached reads them: C's strtol family, with its white space, signs, overflow and truncation.

memcached parses a 64-bit number and stores it in the width it needs, so that ``4294967297`` is a length of 1.
A proxy that read it otherwise would lose the boundary between two requests.
"""

import re
from typing import Final

# Up to 20 digits: every number of more is out of range, however many zeros stand in front.
_NUMBER: Final = re.compile(rb"[\t-\r ]*([+-]?)(?=[0-9])0*+([0-9]{0,20})(?:[\t-\r ]|\Z)")

_INT64_MIN: Final = -(1 << 63)
_INT64_MAX: Final = (1 << 63) - 1
_UINT64: Final = 1 << 64
_UINT32: Final = 1 << 32
_SHORT: Final = 20


def _parse(token: bytes) -> int | None:
    if len(token) < _SHORT and token.isdigit():
        return int(token)  # nearly every number there is, at a third of the price
    match = _NUMBER.match(token)
    return None if match is None else int(match[1] + b"0" + match[2])


def int32(token: bytes) -> int | None:
    """A signed 32-bit number (``safe_strtol``), wrapped as C wraps it; None when it is no number."""
    value = _parse(token)
    if value is None or not _INT64_MIN <= value <= _INT64_MAX:
        return None
    value &= _UINT32 - 1
    return value - _UINT32 if value >= _UINT32 >> 1 else value


def uint64(token: bytes) -> int | None:
    """An unsigned 64-bit number (``safe_strtoull``); None when it is none, out of range or negative."""
    value = _parse(token)
    if value is None or not -_UINT64 < value < _UINT64:
        return None
    value %= _UINT64
    # strtoull negates a number with a minus sign instead of refusing it; memcached refuses those only
    # whose result has the top bit set.
    if value > _INT64_MAX and b"-" in token:
        return None
    return value


def uint32(token: bytes) -> int | None:
    """An unsigned 32-bit number (``safe_strtoul``): as `uint64`, cut to its low 32 bits."""
    value = uint64(token)
    return None if value is None else value % _UINT32
