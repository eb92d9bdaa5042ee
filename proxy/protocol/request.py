"""A request: what the parser makes of a client's bytes, and all that the rest of the proxy sees of them."""

from typing import Final, final

from proxy.protocol import base64key
from proxy.protocol.commands import ANSWERED, DELETE, META, META_DELETE, META_STORAGE, VALUES, Command

#: The reason in the `CLOSE` request for a client that speaks the binary protocol.
BINARY: Final = b"binary protocol"

# What of its reply a client sees.
SHOW: Final = 0
NOREPLY: Final = 1  # nothing at all
QUIET: Final = 2  # the nominal codes of a meta command (`Command.hidden`) are hidden
REPLACE: Final = 3  # `Request.answer` instead

# Who answers it.
ONE_KEY: Final = 0  # the backend of its key
MANY_KEYS: Final = 1  # a multi-get: the backends of its keys
NO_KEY: Final = 2  # the parser has (`Request.answer`), or the proxy does


@final
class Request:
    """One complete request. It does not change: equal lines share one object.

    :ivar command: its row in the table
    :ivar key: the key as on the wire (base64 keys are not decoded); the first one of several; empty if none
    :ivar keys: all keys of a multi-get, in the client's order, duplicates kept; empty for a single key
    :ivar wire: what a backend is sent: never with noreply or a quiet flag
    :ivar head: where in `wire` the data block starts: the length of the line
    :ivar kind: ONE_KEY, MANY_KEYS or NO_KEY
    :ivar quiet: SHOW, NOREPLY, QUIET or REPLACE
    :ivar answer: the reply, where the parser knows it; for `CLOSE` what is said before closing
    :ivar raw_key: a base64 key decoded, if there is a CRLF in it: some replies echo it so; else empty
    :ivar expect: how the VALUE line of a hit must begin
    :ivar hit: a memo of the reply parser's: the whole VALUE line of the last hit, and `hit_size` of that reply
    """

    __slots__ = (
        "answer",
        "command",
        "expect",
        "head",
        "hit",
        "hit_size",
        "key",
        "keys",
        "kind",
        "quiet",
        "raw_key",
        "wire",
    )

    def __init__(
        self,
        command: Command,
        key: bytes,
        wire: bytes,
        head: int,
        quiet: int = SHOW,
        answer: bytes | None = None,
        keys: tuple[bytes, ...] = (),
    ) -> None:
        self.command = command
        self.key = key
        self.wire = wire
        self.head = head
        self.quiet = quiet
        self.answer = answer
        self.keys = keys
        self.raw_key = b""
        self.kind = MANY_KEYS if keys else ONE_KEY if key else NO_KEY
        # Nothing a server sends begins with NUL: no match until there is something to match.
        self.hit = b"\0"
        if command.shape == VALUES:
            self.expect = b"VALUE %b " % key
            self.hit_size = 0

    def __repr__(self) -> str:
        return f"<Request {self.wire[: self.head]!r} {self.command!r}>"

    def item_key(self) -> bytes:
        """The key of the item itself: two ways to write it are one item."""
        if (self.command.grammar == META or self.command.grammar == META_STORAGE) and b" b" in self.wire:
            flags = self.wire[: self.head - 2].split(b" ")[2:]
            if any(flag[:1] == b"b" for flag in flags):
                return base64key.decode(self.key) or self.key
        return self.key

    def removal(self) -> "Request":
        """The request that deletes the item this one is about, whichever way its key is written."""
        if self.command.grammar == META or self.command.grammar == META_STORAGE:
            flags = self.wire[: self.head - 2].split(b" ")[2:]
            wire = b"md %b%b\r\n" % (self.key, b" b" if any(flag[:1] == b"b" for flag in flags) else b"")
            return Request(META_DELETE, self.key, wire, len(wire))
        wire = b"delete %b\r\n" % self.key
        return Request(DELETE, self.key, wire, len(wire))

    def subset(self, keys: tuple[bytes, ...]) -> "Request":
        """The same retrieval for fewer keys, as one backend is asked; MANY_KEYS even if it is but one."""
        prefix = b" ".join(self.wire.split(b" ", self.command.first_key)[: self.command.first_key])
        wire = b"%b %b\r\n" % (prefix, b" ".join(keys))
        return Request(self.command, keys[0], wire, len(wire), keys=keys)


def answered(reply: bytes, quiet: int = SHOW) -> Request:
    """A request whose reply is known already; noreply hides it."""
    return Request(ANSWERED, b"", b"", 0, quiet, b"" if quiet == NOREPLY else reply)
