"""What a meta reply repeats of its request: the opaque and the key."""

import re
from typing import Final

from proxy.protocol import base64key
from proxy.protocol.meta import MAX_OPAQUE, MetaFlags
from proxy.protocol.request import Request

_LETTER_O: Final = 0x4F
_LETTER_K: Final = 0x6B
_UNPRINTABLE: Final = re.compile(rb"[\0-\x20\x7f]")


def tokens_of(request: Request) -> list[bytes]:
    return request.wire[: request.head - 2].split(b" ")


def is_long_opaque(token: bytes) -> bool:
    return len(token) > MAX_OPAQUE + 1


def key(name: bytes, is_binary: bool) -> bytes:
    return b"k%b b" % base64key.encode(name) if is_binary else b"k" + name


def is_binary(name: bytes, is_marked: bool, is_asked_binary: bool) -> bool:
    """Whether an item's key is to be shown in base64.

    memcached forgets that a key was binary when it makes a new item of an old one (append, a counter that
    grows, N), and then shows it raw. That is followed, except where the raw key would break the line.
    """
    return is_marked or (is_asked_binary and _UNPRINTABLE.search(name) is not None)


def line(code: bytes, flags: MetaFlags) -> bytes | None:
    """A reply without an item: its code, the opaque and the key as asked. None for an opaque too long."""
    parts = [code]
    for token in flags.order:
        letter = token[0]
        if letter == _LETTER_O:
            if is_long_opaque(token):
                return None
            parts.append(token)
        elif letter == _LETTER_K:
            parts.append(key(flags.key, flags.has(b"b")))
    return b" ".join(parts) + b"\r\n"
