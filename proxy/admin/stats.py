"""The ``stats`` and ``version`` commands, in memcached's shape: ``STAT name value`` lines, then ``END``.

``stats`` has the names that client libraries and dashboards look for; what only Outrider has stands in
``stats proxy`` and ``stats backends``. ``stats items`` and ``stats slabs`` are empty: a proxy holds no items.
"""

import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, final

from proxy import __version__
from proxy.admin.metrics import DATA_PLANE
from proxy.dataplane.counters import Counters
from proxy.protocol.commands import COMMANDS, VERSION
from proxy.protocol.errors import ERROR
from proxy.protocol.request import Request

#: Clients parse the number to decide what a server can do: the one whose commands the proxy knows. With nothing
#: behind it: some clients look for it at the end of the line, some break at a space.
COMPATIBLE_VERSION: Final = "1.6.18"

Pairs = Iterable[tuple[str, object]]


@final
class Stats:
    """Answers ``stats`` and ``version``. What it shows of others they add themselves."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._started = time.monotonic()
        self._sections: dict[bytes, list[Callable[[], Pairs]]] = {
            b"": [self._general],
            b"settings": [],
            b"items": [],
            b"slabs": [lambda: (("active_slabs", 0), ("total_malloced", 0))],
            b"sizes": [],
            b"conns": [],
            b"proxy": [self._proxy],
            b"backends": [],
        }

    def add(self, section: bytes, report: Callable[[], Pairs]) -> None:
        """Show these names and values too, asked anew each time."""
        self._sections[section].append(report)

    def answer(self, request: Request) -> bytes:
        """The reply to ``version`` or ``stats [section]``."""
        if request.command is VERSION:
            return f"VERSION {COMPATIBLE_VERSION}\r\n".encode()
        words = request.wire.split()
        section = words[1] if len(words) > 1 else b""
        if section == b"reset":
            self._counters.reset()
            return b"RESET\r\n"
        reports = self._sections.get(section)
        if reports is None:
            return ERROR
        lines = [f"STAT {name} {value}\r\n" for report in reports for name, value in report()]
        return ("".join(lines) + "END\r\n").encode()

    def _count(self, *verbs: bytes) -> int:
        return sum(self._counters.requests[COMMANDS[verb].index] for verb in verbs)

    def _general(self) -> Iterator[tuple[str, object]]:
        counters = self._counters
        usage = resource.getrusage(resource.RUSAGE_SELF)
        gets = self._count(b"get", b"gets", b"gat", b"gats")
        yield "pid", os.getpid()
        yield "uptime", int(time.monotonic() - self._started)
        yield "time", int(time.time())
        yield "version", COMPATIBLE_VERSION
        yield "pointer_size", 64
        yield "rusage_user", f"{usage.ru_utime:.6f}"
        yield "rusage_system", f"{usage.ru_stime:.6f}"
        yield "curr_connections", counters.clients_open
        yield "total_connections", counters.clients_accepted
        yield "rejected_connections", counters.clients_refused
        yield "cmd_get", gets
        yield "cmd_set", self._count(b"set", b"add", b"replace", b"append", b"prepend", b"cas")
        yield "cmd_flush", self._count(b"flush_all")
        yield "cmd_touch", self._count(b"touch", b"gat", b"gats")
        yield "cmd_meta", self._count(b"mg", b"ms", b"md", b"ma", b"me")
        yield "get_hits", max(gets - counters.get_misses - counters.get_failures, 0)
        yield "get_misses", counters.get_misses
        yield "bytes_read", counters.bytes_read
        yield "bytes_written", counters.bytes_written
        yield "threads", 1
        # A proxy stores nothing: what tools divide by or subtract is there, and nought.
        for name in ("curr_items", "total_items", "bytes", "limit_maxbytes", "evictions", "reclaimed"):
            yield name, 0

    def _proxy(self) -> Iterator[tuple[str, object]]:
        yield "version", __version__
        for verb, command in COMMANDS.items():
            yield f"requests_{verb.decode()}", self._counters.requests[command.index]
        for metric in DATA_PLANE:
            yield metric.name, metric.read(self._counters)
