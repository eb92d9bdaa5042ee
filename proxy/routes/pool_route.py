"""The route to a pool: each key to the backend that the ring names.

============ ==================================================================================
one key      to the link of its backend, untouched
multi-get    one sub-request per backend, in the client's order; untouched if they all share one.
             Of gat and gats, whose lines a server limits, as many as it takes
flush_all    to every backend of the pool; OK when all said OK, else the first trouble
============ ==================================================================================
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, final

from proxy.dataplane.call import Call
from proxy.dataplane.troubles import BACKEND_DOWN
from proxy.routes.gather import FanOut, Gather

#: Of the greatest length: a gat of so many keys stays below the 2048 bytes in which a server wants a line's end.
_KEYS_PER_SHORT_LINE: Final = 7


class Sink(Protocol):
    """Where a call ends: a link to a memcached, or the store in this process."""

    def send(self, call: Call) -> None:
        """Take a call over; its owner hears of it exactly once."""
        ...


@final
class NoServers:
    """Stands for the backends of a pool whose servers have not been discovered yet."""

    __slots__ = ("_as_miss",)

    def __init__(self, as_miss: bool) -> None:
        self._as_miss = as_miss

    def send(self, call: Call) -> None:
        call.fail(BACKEND_DOWN, self._as_miss)


@final
class PoolRoute:
    """Spreads keys over the backends of one pool."""

    __slots__ = ("_find", "_sinks")

    def __init__(self, find: Callable[[bytes], Sink], sinks: Sequence[Sink]) -> None:
        self.use(find, sinks)

    def use(self, find: Callable[[bytes], Sink], sinks: Sequence[Sink]) -> None:
        """Spread them so from now on. Calls that were sent stay where they are.

        :param find: the sink of a key
        :param sinks: one for each backend, for what goes to all of them
        """
        self._find = find
        self._sinks = tuple(sinks)

    def send(self, call: Call) -> None:
        request = call.request
        if request.keys:
            self._send_many(call)
        else:
            self._find(request.key).send(call)

    def _send_many(self, call: Call) -> None:
        find = self._find
        request = call.request
        positions: dict[Sink, list[int]] = {}
        for position, key in enumerate(request.keys):
            sink = find(key)
            its_positions = positions.get(sink)
            if its_positions is None:
                positions[sink] = [position]
            else:
                its_positions.append(position)
        limit = len(request.keys) if request.command.any_length else _KEYS_PER_SHORT_LINE
        groups = [
            (sink, its_positions[start : start + limit])
            for sink, its_positions in positions.items()
            for start in range(0, len(its_positions), limit)
        ]
        if len(groups) == 1:
            groups[0][0].send(call)
            return
        gather = Gather(call)
        parts = [(sink, gather.part(its_positions)) for sink, its_positions in groups]
        for sink, part in parts:
            sink.send(part)

    def flush_all(self, call: Call) -> None:
        fan_out = FanOut(call, len(self._sinks))
        for sink in self._sinks:
            sink.send(fan_out.part())
