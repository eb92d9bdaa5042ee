"""The meta commands that read: mg and me."""

from collections.abc import Callable
from typing import Final

from proxy.protocol import base64key, errors, meta
from proxy.protocol.request import Request
from proxy.store import echo
from proxy.store.item import FETCHED, KEY_BINARY, STALE, TOKEN_SENT, Item
from proxy.store.store import Store
from proxy.store.ticks import deadline, remaining, tick_at

_HELD_BACK: Final = b"NTRlh"  # with one of these a server counts the hit after it has made the reply


def _size(item: Item, tick: int) -> bytes:
    del tick
    return b"s%d" % len(item.value)


def _ttl(item: Item, tick: int) -> bytes:
    return remaining(item.exptime, tick)


def _cas(item: Item, tick: int) -> bytes:
    del tick
    return b"c%d" % item.cas


def _client_flags(item: Item, tick: int) -> bytes:
    del tick
    return b"f%d" % item.client_flags


def _last_access(item: Item, tick: int) -> bytes:
    return b"l%d" % (tick - item.time)


def _was_hit(item: Item, tick: int) -> bytes:
    del tick
    return b"h1" if item.marks & FETCHED else b"h0"


#: What a flag shows of an item.
_SHOWN: Final[dict[int, Callable[[Item, int], bytes]]] = {
    0x73: _size,
    0x74: _ttl,
    0x63: _cas,
    0x66: _client_flags,
    0x6C: _last_access,
    0x68: _was_hit,
}


def meta_get(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    """Answer mg.

    Newer than 1.6.18 are two of its flags: ``C`` holds the value back when the item still has that cas unique
    (1.6.40), and ``E`` is the cas unique of an item made by ``N`` (1.6.27; only there: on an item that exists
    it changes nothing, up to 1.6.45 at least, whatever the protocol's text promises).
    """
    tokens = echo.tokens_of(request)
    flags = meta.parse(tokens[1], tokens[2:])
    if isinstance(flags, bytes):
        return flags
    tick = tick_at(now)
    item = store.peek(flags.key, tick)
    is_created = False
    if item is None:
        if flags.vivify is not None:
            item = store.create(flags.key, b"", tick, flags.explicit_cas)
        if item is None:
            store.missed()
            return echo.line(b"EN", flags) or meta.OPAQUE_TOO_LONG
        is_created = True
    is_counted = not flags.has(b"u")
    is_held_back = False
    for letter in _HELD_BACK:
        if letter in flags.present:
            is_held_back = True
    if is_counted and not is_held_back:
        store.fetched(item, tick)
    shows_value = flags.has(b"v") and not (flags.cas is not None and flags.cas == item.cas)
    parts = [b"VA %d" % len(item.value) if shows_value else b"HD"]
    is_won = False
    for token in flags.order:
        letter = token[0]
        show = _SHOWN.get(letter)
        if show is not None:
            parts.append(show(item, tick))
        elif letter == 0x4F:  # O
            if echo.is_long_opaque(token):
                return meta.OPAQUE_TOO_LONG
            parts.append(token)
        elif letter == 0x6B:  # k
            is_marked = item.marks & KEY_BINARY != 0
            parts.append(echo.key(item.key, echo.is_binary(item.key, is_marked, flags.has(b"b"))))
        elif letter == 0x54:  # T
            item.exptime = deadline(flags.exptime or 0, now, unix_now)
        elif letter == 0x4E and is_created:  # N
            item.exptime = deadline(flags.vivify or 0, now, unix_now)
            is_won = True
        elif letter == 0x52 and not is_created and not item.marks & TOKEN_SENT:  # R
            is_won = is_won or 0 < item.exptime < deadline(flags.recache or 0, now, unix_now)
    if item.marks & TOKEN_SENT:
        parts.append(b"Z")
    if item.marks & STALE:
        parts.append(b"X")
        is_won = is_won or not item.marks & TOKEN_SENT
    if is_won:
        parts.append(b"W")
        item.marks |= TOKEN_SENT
    if is_counted and is_held_back:
        store.fetched(item, tick)
    reply = b" ".join(parts) + b"\r\n"
    return b"%b%b\r\n" % (reply, item.value) if shows_value else reply


def meta_debug(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    """Answer me.

    ``exp`` and ``la`` are in seconds, ``exp`` counting up to 0. ``cls`` is always 1 and ``size`` the
    allocator's account, where a server shows its slab class and the size in its own layout.
    """
    del unix_now
    tokens = echo.tokens_of(request)
    name = tokens[1]
    is_asked_binary = len(tokens) > 2 and tokens[2] == b"b"
    if is_asked_binary:
        decoded = base64key.decode(name)
        if decoded is None:
            return errors.BAD_FORMAT
        name = decoded
    tick = tick_at(now)
    item = store.peek(name, tick)
    if item is None:
        return b"EN\r\n"
    if echo.is_binary(name, item.marks & KEY_BINARY != 0, is_asked_binary):
        name = base64key.encode(name)
    return b"ME %b exp=%d la=%d cas=%d fetch=%b cls=1 size=%d\r\n" % (
        name,
        tick - item.exptime if item.exptime else -1,
        tick - item.time,
        item.cas,
        b"yes" if item.marks & FETCHED else b"no",
        store.item_bytes(item),
    )
