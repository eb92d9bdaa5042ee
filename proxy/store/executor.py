"""Answers requests out of a store, byte for byte as memcached 1.6.18 would.

What the parser takes off a request stays its caller's business: a reply is always given, and hiding it
(noreply, the quiet flag) or putting another in its place (`Request.answer`) is up to the session.

Where 1.6.18 is not followed
----------------------------
- What it does by accident of timing. A counter is written in place only while no reply and no background
  thread holds its item, and T on ``ma`` is lost when it is not; flushed items return when a delayed flush
  replaces the one that hid them, unless somebody looked; from 2^63 on a counter is a number only if no minus
  sign stands in the memory behind it. Here a number that fits is always written in place, T always holds, a
  flush is final, and 64 bits are 64 bits.
- A base64 key that would break the reply's line is never shown raw (`echo.is_binary`).
- A write over an old value needs memory for the difference only, and a refusal for its meaning (NOT_STORED,
  EXISTS, NOT_FOUND) comes before one for lack of memory.
- The time of last access moves with every reading but the first; there it stands still from the third on,
  until a background thread has been by. Dates (exptimes above 30 days) are never overstayed, there by a
  second or two.
- Meta flags of later servers are accepted: ``E``, ``C`` with mg, ``x``, ``N`` with an append (`metaget`,
  `metawrite`). ``s`` with ms stays without an answer, as on 1.6.18.
- ``me`` shows another slab class and another size.
"""

from collections.abc import Callable
from typing import Final, final

from proxy.protocol.commands import COMMANDS, Command
from proxy.protocol.request import Request
from proxy.store import classic, metaget, metawrite
from proxy.store.store import Store

_TABLE: Final[dict[Command, Callable[[Store, Request, float, float], bytes]]] = {
    COMMANDS[b"get"]: classic.get,
    COMMANDS[b"gets"]: classic.get_more,
    COMMANDS[b"gat"]: classic.get_more,
    COMMANDS[b"gats"]: classic.get_more,
    COMMANDS[b"set"]: classic.storage,
    COMMANDS[b"add"]: classic.storage,
    COMMANDS[b"replace"]: classic.storage,
    COMMANDS[b"append"]: classic.storage,
    COMMANDS[b"prepend"]: classic.storage,
    COMMANDS[b"cas"]: classic.storage,
    COMMANDS[b"incr"]: classic.count,
    COMMANDS[b"decr"]: classic.count,
    COMMANDS[b"touch"]: classic.touch,
    COMMANDS[b"delete"]: classic.delete,
    COMMANDS[b"flush_all"]: classic.flush_all,
    COMMANDS[b"mg"]: metaget.meta_get,
    COMMANDS[b"me"]: metaget.meta_debug,
    COMMANDS[b"ms"]: metawrite.meta_set,
    COMMANDS[b"md"]: metawrite.meta_delete,
    COMMANDS[b"ma"]: metawrite.meta_arithmetic,
}


@final
class Executor:
    """Executes the requests of any number of clients against one store.

    `now` is in seconds of a clock that never runs backwards and never was negative, `unix_now` in seconds of
    Unix time; both may have fractions.
    """

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def execute(self, request: Request, now: float, unix_now: float) -> bytes:
        """The reply to a request with a key, or to flush_all.

        :raises KeyError: the command is the proxy's own business
        """
        return _TABLE[request.command](self._store, request, now, unix_now)

    def retrieve(self, request: Request, now: float, unix_now: float, limit: int) -> list[bytes] | None:
        """The VALUE block of each key of a retrieval, in order and without END; empty for a miss.

        None when they have more than `limit` bytes together: one line may ask for a value many times.
        """
        return classic.values(self._store, request, now, unix_now, limit)
