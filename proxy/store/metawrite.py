"""The meta commands that write: ms, md and ma.

Newer than 1.6.18 are ``E``, the cas unique an item is given instead of the next one (1.6.27), and ``N`` with
an append or a prepend, which then creates what is missing with that exptime (1.6.20). 1.6.18 answers E with
an error and takes no notice of that N.
"""

from typing import Final

from proxy.protocol import errors, meta
from proxy.protocol.meta import MetaFlags
from proxy.protocol.request import Request
from proxy.store import echo
from proxy.store.classic import COUNT_ERRORS, OUT_OF_MEMORY
from proxy.store.item import KEY_BINARY, Item
from proxy.store.store import (
    ADD,
    APPEND,
    APPEND_OR_CREATE,
    CAS_MISMATCH,
    COMPARE,
    EXISTS,
    NOT_FOUND,
    NOT_STORED,
    PREPEND,
    PREPEND_OR_CREATE,
    REPLACE,
    SET,
    STORED,
    TOO_LARGE,
    Store,
)
from proxy.store.ticks import deadline, remaining, tick_at

_NO_ROOM_FOR_NEW: Final = b"SERVER_ERROR Out of memory allocating new item\r\n"

_STORAGE_MODES: Final = {0: SET, 0x53: SET, 0x45: ADD, 0x41: APPEND, 0x50: PREPEND, 0x52: REPLACE}
_CREATING: Final = {APPEND: APPEND_OR_CREATE, PREPEND: PREPEND_OR_CREATE}
_COMPARING: Final = {SET: COMPARE, REPLACE: COMPARE}
_STORAGE_CODES: Final = {STORED: b"HD", NOT_STORED: b"NS", EXISTS: b"EX", NOT_FOUND: b"NF"}
#: Whether a mode of ma counts up.
_COUNTING_MODES: Final = {0: True, 0x49: True, 0x2B: True, 0x44: False, 0x2D: False}


def meta_set(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    tokens = echo.tokens_of(request)
    flags = meta.parse_storage(tokens)
    if isinstance(flags, bytes):
        return flags
    mode = _STORAGE_MODES[flags.mode]
    exptime = flags.exptime
    if flags.vivify is not None and mode in _CREATING:
        mode = _CREATING[mode]
        exptime = flags.vivify
    if flags.cas is not None:
        mode = _COMPARING.get(mode, mode)
    is_binary = flags.has(b"b")
    tick = tick_at(now)
    outcome = store.put(
        mode,
        flags.key,
        request.wire[request.head : -2],
        flags.client_flags,
        deadline(exptime or 0, now, unix_now),
        tick,
        flags.cas or 0,
        KEY_BINARY if is_binary else 0,
        flags.has(b"I"),
        flags.explicit_cas or None,  # E0 is no cas unique here, though it is one to md and ma
    )
    if outcome >= TOO_LARGE:
        # As with set, but in every mode: no old value outlives a write that failed for its size.
        store.delete(flags.key, tick)
        return errors.TOO_LARGE if outcome == TOO_LARGE else OUT_OF_MEMORY
    parts = [_STORAGE_CODES[outcome]]
    for token in flags.order:
        letter = token[0]
        if letter == 0x4F:  # O
            parts.append(token)
        elif letter == 0x6B:  # k
            parts.append(echo.key(flags.key, is_binary))
        elif letter == 0x63:  # c
            parts.append(b"c%d" % (store.written_cas if outcome == STORED else 0))
    return b" ".join(parts) + b"\r\n"


def meta_delete(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    """Answer md. With ``x`` (1.6.27) the value goes and the item stays, with new client flags and exptime."""
    tokens = echo.tokens_of(request)
    flags = meta.parse(tokens[1], tokens[2:])
    if isinstance(flags, bytes):
        return meta.INVALID_OR_DUPLICATE
    if meta.has_long_opaque(flags.order):
        return meta.OPAQUE_TOO_LONG
    code = _deleted(store, flags, now, unix_now)
    return echo.line(code, flags) or meta.OPAQUE_TOO_LONG


def _deleted(store: Store, flags: MetaFlags, now: float, unix_now: float) -> bytes:
    tick = tick_at(now)
    item = store.peek(flags.key, tick)
    if item is None:
        return b"NF"
    if flags.cas is not None and flags.cas != item.cas:
        return b"EX"
    is_hollowed = flags.has(b"x")
    if is_hollowed:
        exptime = deadline(flags.exptime or 0, now, unix_now)
        store.hollow(item, flags.client_flags, exptime, tick, flags.explicit_cas)
    if flags.has(b"I"):
        if flags.exptime is not None:
            item.exptime = deadline(flags.exptime, now, unix_now)
        store.invalidate(item, flags.explicit_cas)
    elif not is_hollowed:
        store.remove(item)
    return b"HD"


def meta_arithmetic(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    tokens = echo.tokens_of(request)
    flags = meta.parse(tokens[1], tokens[2:])
    if isinstance(flags, bytes):
        return meta.INVALID_OR_DUPLICATE
    increases = _COUNTING_MODES.get(flags.mode)
    if increases is None:
        return meta.BAD_ARITHMETIC_MODE
    tick = tick_at(now)
    item = store.peek(flags.key, tick)
    if item is None:
        if flags.vivify is None:
            return echo.line(b"NF", flags) or meta.OPAQUE_TOO_LONG
        number = flags.initial
        item = store.create(flags.key, b"%d" % number, tick, flags.explicit_cas)
        if item is None:
            return _NO_ROOM_FOR_NEW
        return _counted(item, number, True, flags, now, unix_now)
    number = store.count(item, flags.delta, increases, flags.cas or 0, tick, flags.explicit_cas)
    if number == CAS_MISMATCH:
        return echo.line(b"EX", flags) or meta.OPAQUE_TOO_LONG
    if number < 0:
        return COUNT_ERRORS[number]
    return _counted(item, number, False, flags, now, unix_now)


def _counted(
    item: Item, number: int, is_created: bool, flags: MetaFlags, now: float, unix_now: float
) -> bytes:
    """The reply of ma; T and N take effect in the order of the flags, so that t shows either state.

    1.6.18 sets T on the old item when a number grew into a new one, so that it is lost; here it is kept.
    """
    digits = b"%d" % number
    shows_value = flags.has(b"v")
    parts = [b"VA %d" % len(digits) if shows_value else b"HD"]
    for token in flags.order:
        letter = token[0]
        if letter == 0x63:  # c
            parts.append(b"c%d" % item.cas)
        elif letter == 0x74:  # t
            parts.append(remaining(item.exptime, tick_at(now)))
        elif letter == 0x54:  # T
            item.exptime = deadline(flags.exptime or 0, now, unix_now)
        elif letter == 0x4E and is_created:  # N
            item.exptime = deadline(flags.vivify or 0, now, unix_now)
        elif letter == 0x4F:  # O
            if echo.is_long_opaque(token):
                return meta.OPAQUE_TOO_LONG
            parts.append(token)
        elif letter == 0x6B:  # k
            parts.append(echo.key(flags.key, flags.has(b"b")))
    reply = b" ".join(parts) + b"\r\n"
    return b"%b%b\r\n" % (reply, digits) if shows_value else reply
