"""The two sides of the comparison: a memcached asked directly, and an identical one, or a store, behind Outrider.

Both are sent the same bytes. To know where the replies to some bytes end, whatever these were, a request of
our own follows them whose reply cannot be mistaken (`Conversation.ask`).
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from tests.differential.exceptions import MEMORY
from tests.servers import Memcached, Outrider, Process, Wire, pool, running

#: What memcached runs with: every item in the one queue that no background thread moves items out of. In the
#: others such a thread holds a moved item for a moment, and an incr in that moment rewrites it and so
#: forgets that it was fetched or is stale: nothing that two servers could agree on.
DETERMINISTIC: Final = ("-o", "temporary_ttl=-1")

_CAS_OF: Final = re.compile(rb"<cas (\w+)([+-]\d+)?>")
#: s; a machine that runs other tests as well may stand still, and a reply that comes late is still the right one.
_PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Sides:
    """Two running servers. `kind` is what is behind Outrider."""

    oracle: int
    outrider: int
    kind: str


def start(
    kind: str, *options: str, proxy: str = "", memory: str = "", backends: int = 1
) -> tuple[list[Process], Sides]:
    """A fresh pair. `options` are memcached's, on both sides."""
    oracle = Memcached(*DETERMINISTIC, *options)
    if kind == MEMORY:
        outrider = Outrider(pool("memory://m") + f"[memory.m]\n{memory}\n", proxy)
        return [outrider, oracle], Sides(oracle.port, outrider.port, kind)
    pooled = [Memcached(*DETERMINISTIC, *options) for _ in range(backends)]
    # A test machine may stand still for longer than a proxy in service should wait.
    addresses = [backend.address for backend in pooled]
    outrider = Outrider(pool(*addresses, options='timeout = "30s"'), proxy)
    outrider.wait_live()
    return [outrider, *pooled, oracle], Sides(oracle.port, outrider.port, kind)


@contextlib.contextmanager
def pair(kind: str, *options: str, proxy: str = "", memory: str = "") -> Iterator[Sides]:
    processes, sides = start(kind, *options, proxy=proxy, memory=memory)
    with running(*processes):
        yield sides


class Conversation:
    """One connection to one side."""

    def __init__(self, port: int) -> None:
        self._wire = Wire(port, timeout=_PATIENCE)
        self._marks = 0

    def send(self, stream: bytes, cuts: Sequence[int] = ()) -> None:
        """Send, cut at these places, and a mark behind it."""
        self._marks += 1
        stream += b"mg mark k O%d\r\n" % self._marks
        start = 0
        with contextlib.suppress(ConnectionError):  # a side that closes is judged by what it said
            for cut in cuts:
                self._wire.send(stream[start:cut])
                start = cut
            self._wire.send(stream[start:])

    def replies(self) -> bytes:
        """All that was said before the answer to the mark, or until none came: then with a note behind it."""
        end = b"EN kmark O%d\r\n" % self._marks
        try:
            return self._wire.read_until(end)[: -len(end)]
        except (EOFError, TimeoutError, ConnectionError) as trouble:
            return self._wire.unread() + b"<%b>" % type(trouble).__name__.encode()

    def ask(self, stream: bytes) -> bytes:
        self.send(stream)
        return self.replies()

    def ask_last(self, stream: bytes, one_by_one: bool = False) -> bytes:
        """Send something after which this side has to close, and nothing behind it."""
        size = 1 if one_by_one else len(stream)
        with contextlib.suppress(ConnectionError):
            for start in range(0, len(stream), size):
                self._wire.send(stream[start : start + size])
        return self._wire.read_to_end()

    def with_uniques(self, stream: bytes) -> bytes:
        """``<cas KEY>``, also with a number added, is what this side calls the item now."""

        def unique(match: re.Match[bytes]) -> bytes:
            value = int(self.ask(b"mg %b c\r\n" % match[1]).split(b" c")[1])
            return b"%d" % (value + int(match[2] or 0))

        return _CAS_OF.sub(unique, stream)

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
