"""The embedded backend (``memory://name``): a store in this process, asked without a socket."""

import time
from collections.abc import Iterator
from typing import Final, final

from proxy.dataplane.call import Call
from proxy.dataplane.counters import Counters
from proxy.protocol.errors import OUT_OF_MEMORY
from proxy.protocol.reply import END
from proxy.store.executor import Executor
from proxy.store.store import Store

#: Bytes of the values of one multi-get. They are copied out of the store before anything is written.
MAX_REPLY: Final = 32 * 1024 * 1024


@final
class EmbeddedBackend:
    """Answers every call at once, in the pump that brought it.

    :ivar label: ``memory://name``
    """

    __slots__ = ("_counters", "_executor", "_store", "label")

    def __init__(self, label: str, store: Store, counters: Counters) -> None:
        self.label = label
        self._store = store
        self._executor = Executor(store)
        self._counters = counters

    def send(self, call: Call) -> None:
        request = call.request
        now = time.monotonic()
        if request.keys:
            values = self._executor.retrieve(request, now, time.time(), MAX_REPLY)
            if values is None:
                call.finish(OUT_OF_MEMORY)
                return
            call.values = values
            self._counters.get_misses += call.values.count(b"")
            call.finish(END)
            return
        reply = self._executor.execute(request, now, time.time())
        if reply == END:
            self._counters.get_misses += 1
        call.finish(reply)

    def report(self) -> Iterator[tuple[str, object]]:
        yield "state", "live"
        yield from self._store.statistics()._asdict().items()
