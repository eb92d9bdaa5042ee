"""Meta flags as a server reads them, with its errors in its order (``_meta_flag_preparse`` of 1.6.18).

The proxy itself forwards meta flags untouched; it needs their meaning where it stands in for a server: for
the embedded store, and to know which error precedes which when it refuses a data block.
"""

from typing import Final, final

from proxy.protocol import base64key
from proxy.protocol.numbers import int32, uint32, uint64

MAX_OPAQUE: Final = 31  # bytes behind the O

DUPLICATE_FLAG: Final = b"CLIENT_ERROR duplicate flag\r\n"
INVALID_FLAG: Final = b"CLIENT_ERROR invalid flag\r\n"
INVALID_OR_DUPLICATE: Final = b"CLIENT_ERROR invalid or duplicate flag\r\n"
BAD_KEY: Final = b"CLIENT_ERROR error decoding key\r\n"
BAD_TOKEN: Final = b"CLIENT_ERROR bad token in command line format\r\n"
BAD_FORMAT: Final = b"CLIENT_ERROR bad command line format\r\n"
BAD_MODE_LENGTH: Final = b"CLIENT_ERROR incorrect length for M token\r\n"
BAD_INITIAL: Final = b"CLIENT_ERROR invalid numeric initial value\r\n"
BAD_DELTA: Final = b"CLIENT_ERROR invalid numeric delta value\r\n"
BAD_STORAGE_MODE: Final = b"CLIENT_ERROR invalid mode for ms M token\r\n"
BAD_ARITHMETIC_MODE: Final = b"CLIENT_ERROR invalid mode for ma M token\r\n"
OPAQUE_TOO_LONG: Final = b"CLIENT_ERROR opaque token too long\r\n"

_SWITCHES: Final = b"OPLkstcfvhuqlIx"  # known, and nothing to parse behind them
_STORAGE_MODES: Final = b"EAPRS"


@final
class MetaFlags:
    """The flags of one meta command.

    :ivar key: the key itself, decoded where the flag ``b`` says that it is base64
    :ivar present: the first letters of all flags
    :ivar order: the flags in the client's order, whole: replies echo them so
    :ivar mode: the letter of the mode switch, or 0
    :ivar cas: what the item's cas unique is compared with (C), or None
    :ivar explicit_cas: the cas unique the item is given (E), or None
    :ivar exptime: T, as on the wire, or None; `vivify`: N; `recache`: R
    """

    __slots__ = (
        "cas",
        "client_flags",
        "delta",
        "explicit_cas",
        "exptime",
        "initial",
        "key",
        "mode",
        "order",
        "present",
        "recache",
        "vivify",
    )

    def __init__(self, key: bytes, order: list[bytes]) -> None:
        self.key = key
        self.order = order
        self.present = b""
        self.mode = 0
        self.cas: int | None = None
        self.explicit_cas: int | None = None
        self.exptime: int | None = None
        self.vivify: int | None = None
        self.recache: int | None = None
        self.client_flags = 0
        self.delta = 1
        self.initial = 0

    def has(self, letter: bytes) -> bool:
        return letter in self.present


def parse(key: bytes, order: list[bytes]) -> MetaFlags | bytes:
    """Read the flags of a command on `key`; the server's error line where they are wrong.

    A duplicate or unknown flag ends the reading; of the other errors the last one is reported.
    """
    flags = MetaFlags(key, order)
    error: bytes | None = None
    seen = bytearray()
    for token in order:
        letter = token[0]
        if letter >= 127 or letter in seen:
            return DUPLICATE_FLAG
        seen.append(letter)
        rest = token[1:]
        if letter in _SWITCHES:
            continue
        if letter == 0x62:  # b
            decoded = base64key.decode(key)
            if decoded is None:
                error = BAD_KEY
            else:
                flags.key = decoded
        elif letter in b"NTR":
            seconds = int32(rest)
            if seconds is None:
                error = BAD_TOKEN
            elif letter == 0x4E:
                flags.vivify = seconds
            elif letter == 0x54:
                flags.exptime = seconds
            else:
                flags.recache = seconds
        elif letter == 0x46:  # F
            client_flags = uint32(rest)
            if client_flags is None:
                error = error or BAD_FORMAT  # the server sets no message of its own here
            else:
                flags.client_flags = client_flags
        elif letter in b"CE":
            cas = uint64(rest)
            if cas is None:
                error = BAD_TOKEN
            elif letter == 0x43:
                flags.cas = cas
            else:
                flags.explicit_cas = cas
        elif letter == 0x4D:  # M
            if len(token) != 2:
                error = BAD_MODE_LENGTH
            else:
                flags.mode = token[1]
        elif letter == 0x4A:  # J
            initial = uint64(rest)
            if initial is None:
                error = BAD_INITIAL
            else:
                flags.initial = initial
        elif letter == 0x44:  # D
            delta = uint64(rest)
            if delta is None:
                error = BAD_DELTA
            else:
                flags.delta = delta
        else:
            return INVALID_FLAG
    if error is not None:
        return error
    flags.present = bytes(seen)
    return flags


def has_long_opaque(order: list[bytes]) -> bool:
    return any(token[:1] == b"O" and len(token) > MAX_OPAQUE + 1 for token in order)


def parse_storage(tokens: list[bytes]) -> MetaFlags | bytes:
    """The flags of ``ms <key> <bytes> <flags>*``, or the error for which a server swallows the data block."""
    flags = parse(tokens[1], tokens[3:])
    if isinstance(flags, bytes):
        return flags
    if flags.mode and flags.mode not in _STORAGE_MODES:
        return BAD_STORAGE_MODE
    if has_long_opaque(flags.order):
        return OPAQUE_TOO_LONG
    return flags
