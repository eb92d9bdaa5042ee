"""One request answered by several: multi-gets over many backends, and flush_all over all of them."""

from typing import final

from proxy.dataplane.call import Call
from proxy.protocol.reply import END


@final
class Gather:
    """Puts the parts of a multi-get together again, in the client's order, duplicates included.

    Nothing is handed on before all parts are in: a failed one makes the whole reply one error line, and a line
    that follows VALUE blocks already printed would desync the client.
    """

    __slots__ = ("_call", "_held", "_missing", "_positions", "_trouble", "_values")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._positions: dict[Call, list[int]] = {}
        self._values = [b""] * len(call.request.keys)
        self._trouble: bytes | None = None
        self._missing = 0
        self._held = 0

    def part(self, positions: list[int]) -> Call:
        """A call for the keys at these positions. All parts are made before the first one is sent."""
        keys = self._call.request.keys
        part = Call(self._call.request.subset(tuple([keys[position] for position in positions])), self)
        self._positions[part] = positions
        self._missing += 1
        return part

    @property
    def is_gone(self) -> bool:
        return self._call.owner.is_gone

    def complete(self, call: Call) -> None:
        self._missing -= 1
        positions = self._positions.pop(call)
        if call.reply == END:
            size = 0
            for position, value in zip(positions, call.values, strict=True):
                self._values[position] = value
                size += len(value)
            if self._missing and size:
                self._held += size
                self._call.owner.charge(size)
        elif self._trouble is None:
            self._trouble = call.reply
        if not self._missing:
            whole = self._call
            if self._held:
                whole.owner.charge(-self._held)
            if self._trouble is not None:
                whole.finish(self._trouble)
            else:
                whole.values = self._values
                whole.finish(END)

    def charge(self, amount: int) -> None:
        self._call.owner.charge(amount)

    def abort(self, reason: str) -> None:
        self._call.owner.abort(reason)


@final
class FanOut:
    """Sends one request to many and answers with the first trouble, or else with what they all said."""

    __slots__ = ("_call", "_missing", "_trouble")

    def __init__(self, call: Call, parts: int) -> None:
        self._call = call
        self._missing = parts
        self._trouble: bytes | None = None

    def part(self) -> Call:
        return Call(self._call.request, self)

    @property
    def is_gone(self) -> bool:
        return self._call.owner.is_gone

    def complete(self, call: Call) -> None:
        self._missing -= 1
        reply = call.reply or b""
        if self._trouble is None and reply[:-2] not in call.request.command.words:
            self._trouble = reply
        if not self._missing:
            self._call.finish(reply if self._trouble is None else self._trouble)

    def charge(self, amount: int) -> None:
        self._call.owner.charge(amount)

    def abort(self, reason: str) -> None:
        self._call.owner.abort(reason)
