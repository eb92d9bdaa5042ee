"""The requests of the checking load: each knows its bytes and reads its own reply to the last byte."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tests.faults.item import Item, Value, WrongReplyError
from tests.servers import Wire

NoteError = Callable[[Sequence[bytes], bytes], None]
"""Told of the keys that were asked for and the error line that came."""


class Operation(Protocol):
    """One request in a pipeline."""

    wire: bytes

    def check(self, wire: Wire, note_error: NoteError) -> None:
        """Read the reply. Raises `WrongReplyError`."""
        ...


def is_error(line: bytes) -> bool:
    """Whether it is a failure that a proxy may report in place of any reply."""
    return line.startswith(b"SERVER_ERROR ")


def read_values(wire: Wire) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """A reply to a retrieval: keys with their values, and the line that ended it."""
    found = []
    while (line := wire.read_until(b"\r\n")).startswith(b"VALUE "):
        fields = line.split()
        block = wire.read_exactly(int(fields[3]) + 2)
        if not block.endswith(b"\r\n"):
            raise WrongReplyError(f"the block behind {line!r} has another length")
        found.append((fields[1], block[:-2]))
    return found, line


class Get:
    """``get`` or ``gets``, of several keys at a time."""

    def __init__(self, items: Sequence[Item], verb: bytes = b"get") -> None:
        self._items = items
        self.wire = b"%b %b\r\n" % (verb, b" ".join(item.key for item in items))

    def check(self, wire: Wire, note_error: NoteError) -> None:
        found, end = read_values(wire)
        keys = [item.key for item in self._items]
        if is_error(end):
            if found:
                raise WrongReplyError(f"{end!r} behind values: the client takes it for the next reply")
            note_error(keys, end)
            return
        if end != b"END\r\n":
            raise WrongReplyError(f"{end!r} in reply to {self.wire!r}")
        if [key for key, _ in found] != [key for key in keys if key in dict(found)]:
            raise WrongReplyError(f"{found!r:.200} in reply to {self.wire!r}")
        values = dict(found)
        for item in self._items:
            item.saw(values.get(item.key))


class Set:
    """``set``, also with noreply."""

    def __init__(self, item: Item, value: bytes, *, noreply: bool = False) -> None:
        self._item = item
        self._noreply = noreply
        item.start_write(value)
        end = b" noreply" if noreply else b""
        self.wire = b"set %b 0 0 %d%b\r\n%b\r\n" % (item.key, len(value), end, value)

    def check(self, wire: Wire, note_error: NoteError) -> None:
        if self._noreply:
            self._item.end_write(
                b"", succeeded=False
            )  # unknown; that nothing was printed the next reply shows
            return
        line = wire.read_until(b"\r\n")
        if is_error(line):
            note_error([self._item.key], line)
        elif line != b"STORED\r\n":
            raise WrongReplyError(f"{line!r} in reply to a set of {self._item.key!r}")
        self._item.end_write(line, succeeded=line == b"STORED\r\n")


class Delete:
    def __init__(self, item: Item) -> None:
        self._item = item
        item.start_write(None)
        self.wire = b"delete %b\r\n" % item.key

    def check(self, wire: Wire, note_error: NoteError) -> None:
        line = wire.read_until(b"\r\n")
        if is_error(line):
            note_error([self._item.key], line)
            self._item.end_write(line, succeeded=False)
        elif line in (b"DELETED\r\n", b"NOT_FOUND\r\n"):
            self._item.end_delete(found=line == b"DELETED\r\n")
        else:
            raise WrongReplyError(f"{line!r} in reply to a delete of {self._item.key!r}")


class MetaGet:
    """``mg``; the opaque shows that the reply is the one to this very request."""

    def __init__(self, item: Item, opaque: int) -> None:
        self._item = item
        self._echo = [b"k" + item.key, b"O%d" % opaque]
        self.wire = b"mg %b v %b\r\n" % (item.key, b" ".join((b"k", self._echo[1])))

    def check(self, wire: Wire, note_error: NoteError) -> None:
        line = wire.read_until(b"\r\n")
        if is_error(line):
            note_error([self._item.key], line)
            return
        value: Value = None
        fields = line.split()
        if fields[0] == b"VA":
            if fields[2:] != self._echo:
                raise WrongReplyError(f"{line!r} in reply to {self.wire!r}")
            value = wire.read_exactly(int(fields[1]) + 2)[:-2]
        elif fields[0] != b"EN":
            raise WrongReplyError(f"{line!r} in reply to {self.wire!r}")
        self._item.saw(value)


class MetaSet:
    def __init__(self, item: Item, value: bytes, opaque: int) -> None:
        self._item = item
        self._expected = b"HD O%d\r\n" % opaque
        item.start_write(value)
        self.wire = b"ms %b %d O%d\r\n%b\r\n" % (item.key, len(value), opaque, value)

    def check(self, wire: Wire, note_error: NoteError) -> None:
        line = wire.read_until(b"\r\n")
        if is_error(line):
            note_error([self._item.key], line)
        elif line != self._expected:
            raise WrongReplyError(f"{line!r} in reply to {self.wire[:60]!r}")
        self._item.end_write(line, succeeded=line == self._expected)


class Fixed:
    """A request that always has the same reply."""

    def __init__(self, wire: bytes, reply: bytes) -> None:
        self.wire = wire
        self._reply = reply

    def check(self, wire: Wire, note_error: NoteError) -> None:  # noqa: ARG002 - no backend, no failure
        line = wire.read_until(b"\r\n")
        if line != self._reply:
            raise WrongReplyError(f"{line!r} in reply to {self.wire!r}")
