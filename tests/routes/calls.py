"""An owner and sinks for route tests: real ones of the interface's own kind, not stand-ins for others."""

from proxy.dataplane.call import Call
from proxy.protocol.parser import LineMemo, RequestParser
from proxy.protocol.request import Request


class Client:
    """Owns calls and keeps what it is told."""

    def __init__(self) -> None:
        self.is_gone = False
        self.completed: list[Call] = []
        self.held = 0
        self.aborted: list[str] = []

    def complete(self, call: Call) -> None:
        self.completed.append(call)

    def charge(self, amount: int) -> None:
        self.held += amount

    def abort(self, reason: str) -> None:
        self.aborted.append(reason)


class Sink:
    """Keeps the calls it was sent until the test answers them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def send(self, call: Call) -> None:
        self.calls.append(call)

    def flush_all(self, call: Call) -> None:
        self.calls.append(call)

    @property
    def wires(self) -> list[bytes]:
        return [call.request.wire for call in self.calls]


def request(line: bytes) -> Request:
    (parsed,) = RequestParser(LineMemo(), 1 << 20).receive(line)
    return parsed


def value(key: bytes, data: bytes = b"x") -> bytes:
    return b"VALUE %b 0 %d\r\n%b\r\n" % (key, len(data), data)


def answer(call: Call, *values: bytes) -> None:
    """Answer a multi-get with these VALUE blocks (empty: a miss)."""
    call.values = list(values)
    call.finish(b"END\r\n")
