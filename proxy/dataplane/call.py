"""A call: one request in flight, and who waits for its reply."""

from typing import Protocol, final

from proxy.protocol.request import Request

_NO_VALUES: list[bytes] = []  # never written to


class Owner(Protocol):
    """Waits for the replies of its calls: a session, a gather, a policy that made a call of its own."""

    @property
    def is_gone(self) -> bool:
        """Whether nobody reads the replies any more; they are still consumed and reported."""
        ...

    def complete(self, call: "Call") -> None:
        """`call.reply` has been set. Called exactly once for each call."""
        ...

    def charge(self, amount: int) -> None:
        """Account bytes held for the client that this owner works for (negative: released)."""
        ...

    def abort(self, reason: str) -> None:
        """Give the client up after an unexpected exception."""
        ...


@final
class Call:
    """One request in flight. Its whole state is this object.

    :ivar reply: None while unanswered; empty when there is nothing to write
    :ivar values: for a multi-get whose reply is END: the VALUE block of each key asked, in that order
    :ivar deadline: by the reactor's clock; set when it is first handed to a link
    :ivar is_retry: it has been sent once before, on a connection that broke
    """

    __slots__ = ("deadline", "is_retry", "owner", "reply", "request", "values")

    def __init__(self, request: Request, owner: Owner) -> None:
        self.request = request
        self.owner = owner
        self.reply: bytes | None = None
        self.values = _NO_VALUES
        self.deadline = 0.0
        self.is_retry = False

    def finish(self, reply: bytes) -> None:
        self.reply = reply
        self.owner.complete(self)

    def fail(self, reason: bytes, as_miss: bool) -> None:
        """End it with a trouble of the proxy's own; a read may be told a miss instead (``on_error``)."""
        request = self.request
        if as_miss and request.command.miss:
            reason = request.command.miss
            if request.keys:
                self.values = [b""] * len(request.keys)
        self.finish(reason)


@final
class Nobody:
    """Owns the calls that no client waits for."""

    __slots__ = ()

    @property
    def is_gone(self) -> bool:
        return True

    def complete(self, call: Call) -> None:
        pass

    def charge(self, amount: int) -> None:
        pass

    def abort(self, reason: str) -> None:
        pass
