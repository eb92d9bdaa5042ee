"""Meta flags: what they mean, and which error is reported of several."""

from typing import Final

import pytest

from proxy.protocol import meta
from proxy.protocol.meta import MetaFlags


def flags_of(words: bytes, key: bytes = b"YQ==") -> MetaFlags:
    flags = meta.parse(key, words.split(b" ") if words else [])
    assert isinstance(flags, MetaFlags), flags
    return flags


def error_of(words: bytes, key: bytes = b"a") -> bytes:
    error = meta.parse(key, words.split(b" "))
    assert isinstance(error, bytes)
    return error


def test_no_flags_mean_the_defaults() -> None:
    flags = flags_of(b"")
    assert (flags.key, flags.order, flags.present, flags.mode) == (b"YQ==", [], b"", 0)
    assert (flags.cas, flags.explicit_cas, flags.exptime, flags.vivify, flags.recache) == (None,) * 5
    assert (flags.client_flags, flags.delta, flags.initial) == (0, 1, 0)


def test_each_flag_with_a_number() -> None:
    flags = flags_of(b"T5 N-6 R7 F8 C9 E10 J11 D12 MS")
    assert (flags.exptime, flags.vivify, flags.recache) == (5, -6, 7)
    assert (flags.client_flags, flags.cas, flags.explicit_cas) == (8, 9, 10)
    assert (flags.initial, flags.delta, flags.mode) == (11, 12, ord("S"))
    assert flags.present == b"TNRFCEJDM"


def test_numbers_wrap_as_in_the_server() -> None:
    flags = flags_of(b"T4294967301 F4294967304 C-18446744073709551607")
    assert (flags.exptime, flags.client_flags, flags.cas) == (5, 8, 9)


def test_switches_need_nothing_behind_them_and_ignore_what_is_there() -> None:
    flags = flags_of(b"O123 P L key s1 t c f v h u l quiet I x")
    assert all(flags.has(bytes([letter])) for letter in b"OPLkstcfvhulqIx")
    assert not flags.has(b"b")
    assert flags.order == [
        b"O123",
        b"P",
        b"L",
        b"key",
        b"s1",
        b"t",
        b"c",
        b"f",
        b"v",
        b"h",
        b"u",
        b"l",
        b"quiet",
        b"I",
        b"x",
    ]


def test_the_key_is_decoded_where_b_says_so_wherever_it_stands() -> None:
    assert [flags_of(words).key for words in (b"b", b"v b", b"b v", b"bee")] == [b"a"] * 4
    assert flags_of(b"v").key == b"YQ=="


TOKEN: Final = b"CLIENT_ERROR bad token in command line format\r\n"
DUPLICATE: Final = b"CLIENT_ERROR duplicate flag\r\n"
INVALID: Final = b"CLIENT_ERROR invalid flag\r\n"
DECODING: Final = b"CLIENT_ERROR error decoding key\r\n"
MODE_LENGTH: Final = b"CLIENT_ERROR incorrect length for M token\r\n"
FORMAT: Final = b"CLIENT_ERROR bad command line format\r\n"
INITIAL: Final = b"CLIENT_ERROR invalid numeric initial value\r\n"
DELTA: Final = b"CLIENT_ERROR invalid numeric delta value\r\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        *((word, TOKEN) for word in (b"T", b"Tx", b"N", b"R1x", b"C", b"C-1", b"E", b"T9223372036854775808")),
        *(
            (word, DUPLICATE)
            for word in (b"v v", b"k key", b"O1 O2", b"\x7f", b"\x80", b"\xff", b"! v !")[:6]
        ),
        *((word, INVALID) for word in (b"!", b"z", b"1", b"\x01", b"noreply", b"A", b"\x7e")),
        *((word, MODE_LENGTH) for word in (b"M", b"MSS")),
        *((word, FORMAT) for word in (b"F", b"Fx", b"F-1x")),
        *((word, INITIAL) for word in (b"J", b"Jx", b"J18446744073709551616")),
        *((word, DELTA) for word in (b"D", b"Dx", b"D-1")),
        (b"b", DECODING),
    ],
)
def test_each_error_has_its_line(words: bytes, error: bytes) -> None:
    assert error_of(words) == error


@pytest.mark.parametrize(
    ("words", "error"),
    [
        # An unknown or repeated flag ends the reading, whatever was wrong before or behind it.
        (b"T v v", DUPLICATE),
        (b"T !", INVALID),
        (b"! v v", INVALID),
        (b"v v !", DUPLICATE),
        # Of the others the last one is reported, except that F has no line of its own.
        (b"T b", DECODING),
        (b"b T", TOKEN),
        (b"T M", MODE_LENGTH),
        (b"M J", INITIAL),
        (b"J D", DELTA),
        (b"T F", TOKEN),
        (b"F T", TOKEN),
    ],
)
def test_of_several_errors_the_servers_is_reported(words: bytes, error: bytes) -> None:
    assert error_of(words) == error


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"ms a 5 MX", b"CLIENT_ERROR invalid mode for ms M token\r\n"),
        (b"ms a 5 Ms", b"CLIENT_ERROR invalid mode for ms M token\r\n"),
        (b"ms a 5 O" + b"x" * 32, b"CLIENT_ERROR opaque token too long\r\n"),
        (b"ms a 5 O" + b"x" * 32 + b" MX", b"CLIENT_ERROR invalid mode for ms M token\r\n"),
        (b"ms a 5 T O" + b"x" * 32, TOKEN),
        (b"ms a 5 b", DECODING),
    ],
)
def test_the_errors_of_a_store(line: bytes, error: bytes) -> None:
    assert meta.parse_storage(line.split()) == error


@pytest.mark.parametrize("mode", [b"E", b"A", b"P", b"R", b"S"])
def test_the_modes_of_a_store(mode: bytes) -> None:
    flags = meta.parse_storage([b"ms", b"a", b"5", b"M" + mode, b"O" + b"x" * 31])
    assert isinstance(flags, MetaFlags)
    assert flags.mode == mode[0]
