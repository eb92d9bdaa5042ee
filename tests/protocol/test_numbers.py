"""Numbers, held against the C library's own strtol family with memcached's three lines of checks around it."""

import ctypes
import random
from typing import Final

import pytest

from proxy.protocol.numbers import int32, uint32, uint64

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_LIBC.strtol.restype = ctypes.c_long
_LIBC.strtoull.restype = ctypes.c_ulonglong
_ERANGE: Final = 34
_SPACES: Final = b" \t\n\v\f\r"

NUMBERS: Final = (
    *(
        b"",
        b"0",
        b"1",
        b"9",
        b"00",
        b"007",
        b"-0",
        b"+0",
        b"-1",
        b"+1",
        b"--1",
        b"+-1",
        b"-+1",
        b"+",
        b"-",
        b" ",
    ),
    *(
        b"\t1",
        b"\n1",
        b"\v1",
        b"\f1",
        b"\r1",
        b"\x001",
        b"1\t",
        b"1\n",
        b"1\v",
        b"1\f",
        b"1\r",
        b"1 ",
        b"1\x1c",
    ),
    *(
        b"1\t2",
        b"1-",
        b"1+",
        b"1x",
        b"1.0",
        b"1e3",
        b"0x10",
        b"0b1",
        b"1_000",
        b"x",
        b"\xb2",
        b"\xd9\xa1",
        b"\x85",
    ),
    *(
        b"2147483647",
        b"2147483648",
        b"4294967295",
        b"4294967296",
        b"4294967297",
        b"-2147483648",
        b"-2147483649",
    ),
    *(
        b"-4294967295",
        b"-4294967296",
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775808",
    ),
    *(b"-9223372036854775809", b"18446744073709551615", b"18446744073709551616", b"-18446744073709551615"),
    *(
        b"-18446744073709551616",
        b"99999999999999999999",
        b"1" + b"0" * 300,
        b"0" * 300 + b"5",
        b"\t" * 50 + b"5",
    ),
    *(
        b"-1\t-",
        b"9223372036854775808\t-",
        b"5\t-",
        b"18446744073709551615\r-1",
        b"1" * 5000,
        b"0" * 6000 + b"5",
    ),
)


def strtol(token: bytes) -> int | None:
    """``safe_strtol``: what fits 64 bits, cut to 32."""
    value, is_number = _convert(_LIBC.strtol, token)
    return ctypes.c_int32(value).value if is_number else None


def strtoull(token: bytes) -> int | None:
    """``safe_strtoull``."""
    value, is_number = _convert(_LIBC.strtoull, token)
    if not is_number or (value >> 63 and b"-" in token):
        return None
    return value


def strtoul(token: bytes) -> int | None:
    """``safe_strtoul``."""
    value = strtoull(token)
    return None if value is None else value & 0xFFFFFFFF


def _convert(function: "ctypes._NamedFuncPointer", token: bytes) -> tuple[int, bool]:
    text = ctypes.create_string_buffer(token)
    end = ctypes.c_void_p()
    ctypes.set_errno(0)
    value: int = function(text, ctypes.byref(end), 10)
    read = (end.value or 0) - ctypes.addressof(text)
    is_number = ctypes.get_errno() != _ERANGE and read > 0
    return value, is_number and (read == len(token) or token[read : read + 1] in _SPACES)


def disagreements(tokens: list[bytes]) -> list[tuple[bytes, str]]:
    # A token is a C string: it ends with its first NUL, and the parser has cut the line there.
    found: list[tuple[bytes, str]] = []
    for token in tokens:
        text = token.partition(b"\0")[0]
        for ours, theirs in ((int32, strtol), (uint32, strtoul), (uint64, strtoull)):
            if ours(text) != theirs(text):
                found.append((text, f"{ours.__name__}: {ours(text)}, not {theirs(text)}"))
    return found


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: repr(number)[:40])
def test_a_number_is_what_the_c_library_reads(number: bytes) -> None:
    assert disagreements([number]) == []


@pytest.mark.parametrize("seed", range(4))
def test_random_texts_are_the_numbers_that_the_c_library_reads(seed: int) -> None:
    rng = random.Random(seed)
    alphabet = b"0123456789" * 4 + b"+- \t\n\v\f\rx.e\x7f\xff"
    tokens = [bytes(rng.choices(alphabet, k=rng.randrange(24))) for _ in range(20_000)]
    tokens += [
        rng.choice((b"", b"+", b"-", b"\t", b"00"))
        + b"%d" % (2 ** rng.choice((31, 32, 33, 63, 64, 65)) + rng.randrange(-3, 4))
        for _ in range(2_000)
    ]
    assert disagreements(tokens) == []
