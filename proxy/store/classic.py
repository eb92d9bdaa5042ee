"""The classic commands: get, set and their kin, one function each.

Each takes a store, a request as the parser gives it and the time, and returns memcached's reply. What the
parser has checked is not checked again: tokens, numbers and lengths are sound here.
"""

from typing import Final

from proxy.protocol import errors
from proxy.protocol.commands import COMMANDS
from proxy.protocol.numbers import int32, uint32, uint64
from proxy.protocol.request import Request
from proxy.store.item import Item
from proxy.store.store import (
    ADD,
    APPEND,
    COMPARE,
    EXISTS,
    NO_COUNTER_MEMORY,
    NO_MEMORY,
    NOT_FOUND,
    NOT_NUMERIC,
    NOT_STORED,
    PREPEND,
    REPLACE,
    SET,
    STORED,
    TOO_LARGE,
    Store,
)
from proxy.store.ticks import deadline, tick_at

OUT_OF_MEMORY: Final = b"SERVER_ERROR out of memory storing object\r\n"
_NO_COUNTER_MEMORY: Final = b"SERVER_ERROR out of memory\r\n"
_NOT_NUMERIC: Final = b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
_NOT_FOUND: Final = b"NOT_FOUND\r\n"
_END: Final = b"END\r\n"

_GETS: Final = COMMANDS[b"gets"]
_GAT: Final = COMMANDS[b"gat"]
_GATS: Final = COMMANDS[b"gats"]
_INCR: Final = COMMANDS[b"incr"]

_MODES: Final = {
    COMMANDS[b"set"]: SET,
    COMMANDS[b"add"]: ADD,
    COMMANDS[b"replace"]: REPLACE,
    COMMANDS[b"append"]: APPEND,
    COMMANDS[b"prepend"]: PREPEND,
    COMMANDS[b"cas"]: COMPARE,
}
_STORAGE_ANSWERS: Final = {
    STORED: b"STORED\r\n",
    NOT_STORED: b"NOT_STORED\r\n",
    EXISTS: b"EXISTS\r\n",
    NOT_FOUND: _NOT_FOUND,
    TOO_LARGE: errors.TOO_LARGE,
    NO_MEMORY: OUT_OF_MEMORY,
}
#: What `Store.count` cannot do, for ma as well.
COUNT_ERRORS: Final = {NOT_NUMERIC: _NOT_NUMERIC, NO_COUNTER_MEMORY: _NO_COUNTER_MEMORY}
_NO_LIMIT: Final = 1 << 62  # one value is never too many


def get(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    if request.keys:
        return b"".join(values(store, request, now, unix_now, _NO_LIMIT) or ()) + _END
    item = store.get(request.key, tick_at(now))
    if item is None:
        return _END
    value = item.value
    return b"VALUE %b %d %d\r\n%b\r\nEND\r\n" % (item.key, item.client_flags, len(value), value)


def get_more(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    """The other retrievals: gets, gat and gats."""
    return b"".join(values(store, request, now, unix_now, _NO_LIMIT) or ()) + _END


def values(store: Store, request: Request, now: float, unix_now: float, limit: int) -> list[bytes] | None:
    """The VALUE block of each key of a retrieval, in order; empty for a miss. None for more than `limit` bytes."""
    tick = tick_at(now)
    command = request.command
    shows_cas = command is _GETS or command is _GATS
    keys = request.keys or (request.key,)
    touches = command is _GAT or command is _GATS
    exptime = deadline(_signed(request.wire.split(b" ", 2)[1]), now, unix_now) if touches else 0
    blocks: list[bytes] = []
    size = 0
    for key in keys:
        item = store.touch(key, exptime, tick) if touches else store.get(key, tick)
        block = _block(item, shows_cas)
        size += len(block)
        if size > limit:
            return None
        blocks.append(block)
    return blocks


def _block(item: Item | None, shows_cas: bool) -> bytes:
    if item is None:
        return b""
    value = item.value
    if shows_cas:
        return b"VALUE %b %d %d %d\r\n%b\r\n" % (item.key, item.client_flags, len(value), item.cas, value)
    return b"VALUE %b %d %d\r\n%b\r\n" % (item.key, item.client_flags, len(value), value)


def storage(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    wire = request.wire
    head = request.head
    tokens = wire[: head - 2].split(b" ")
    mode = _MODES[request.command]
    outcome = store.put(
        mode,
        request.key,
        wire[head:-2],
        0 if tokens[2] == b"0" else uint32(tokens[2]) or 0,
        deadline(_signed(tokens[3]), now, unix_now),
        tick_at(now),
        (uint64(tokens[5]) or 0) if mode == COMPARE else 0,
        0,
        False,
        None,
    )
    if outcome >= TOO_LARGE and mode == SET:
        # A set that fails must not leave the old value to be read as if it had never been overwritten.
        store.delete(request.key, tick_at(now))
    return _STORAGE_ANSWERS[outcome]


def count(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    """Both incr and decr."""
    del unix_now
    tick = tick_at(now)
    item = store.peek(request.key, tick)
    if item is None:
        return _NOT_FOUND
    delta = uint64(_argument(request)) or 0
    number = store.count(item, delta, request.command is _INCR, 0, tick, None)
    if number >= 0:
        return b"%d\r\n" % number
    return COUNT_ERRORS[number]


def touch(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    exptime = deadline(_signed(_argument(request)), now, unix_now)
    return _NOT_FOUND if store.touch(request.key, exptime, tick_at(now)) is None else b"TOUCHED\r\n"


def delete(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    del unix_now
    return b"DELETED\r\n" if store.delete(request.key, tick_at(now)) else _NOT_FOUND


def flush_all(store: Store, request: Request, now: float, unix_now: float) -> bytes:
    tick = tick_at(now)
    tokens = request.wire[:-2].split(b" ")
    delay = _signed(tokens[1]) if len(tokens) > 1 else 0
    store.flush(deadline(delay, now, unix_now) if delay > 0 else tick, tick)
    return b"OK\r\n"


def _argument(request: Request) -> bytes:
    return request.wire[:-2].split(b" ")[2]


def _signed(token: bytes) -> int:
    """An exptime that the parser has found to be one."""
    return 0 if token == b"0" else int32(token) or 0
