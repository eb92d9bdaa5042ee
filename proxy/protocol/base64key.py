"""Base64 keys (meta flag ``b``) as memcached decodes them.

Its decoder skips what is not in the alphabet, wants a multiple of four characters and stops behind the first
padded group, so that several texts name one item.
"""

import binascii
import re
from typing import Final

_FOREIGN: Final = re.compile(rb"[^A-Za-z0-9+/=]")
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def decode(text: bytes) -> bytes | None:
    """The key that `text` stands for; None where memcached answers that it cannot be decoded."""
    text = _FOREIGN.sub(b"", text)
    if not text or len(text) % 4:
        return None
    padded = text.find(b"=")
    if padded < 0:
        return binascii.a2b_base64(text)
    start = padded - padded % 4
    group = text[start : start + 4]
    padding = group.count(b"=")
    if padding > 2:
        return None
    bits = 0
    for letter in group:
        # '=' counts as zero wherever it stands in the group, and shortens the end.
        bits = bits << 6 | max(_ALPHABET.find(letter), 0)
    return binascii.a2b_base64(text[:start]) + bits.to_bytes(3, "big")[: 3 - padding]


def encode(key: bytes) -> bytes:
    """`key` as a server echoes it."""
    return binascii.b2a_base64(key, newline=False)
