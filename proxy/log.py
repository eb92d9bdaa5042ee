"""Logging: JSON lines or a console, and repeated events summarised.

Nothing is logged per request, and nothing waits for a line to be written. What can happen once per connection or per failing backend goes through a
`RepeatFilter`: the first is logged at once, what follows within WINDOW seconds is counted and told in one line.
"""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, TextIO, cast, final

import structlog
import trio

WINDOW: Final = 10.0  # s
_MAX_KINDS: Final = 256  # kinds of events counted at a time; beyond it they are logged as they come

_MAX_LINES: Final = 1000  # waiting to be written
_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


@final
class Threshold:
    """Drops what is below a level that may change while the proxy runs.

    :ivar level: "debug", "info", "warning" or "error"
    """

    __slots__ = ("level",)

    def __init__(self, level: str) -> None:
        self.level = level

    def __call__(self, _: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if _LEVELS[method] < _LEVELS[self.level]:
            raise structlog.DropEvent
        return event


@final
class Writer:
    """Writes lines in a thread of its own, so that nobody who reads the log slowly, or no more, stops the proxy.

    :ivar dropped: lines that did not fit into the queue
    :ivar failed: lines that could not be written, as to a full disk or a closed pipe
    """

    __slots__ = ("__weakref__", "_lines", "_thread", "_write", "dropped", "failed")  # structlog refers weakly

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lines: queue.Queue[bytes | None] = queue.Queue(_MAX_LINES)
        self._thread: threading.Thread | None = None
        self.dropped = 0
        self.failed = 0

    def write(self, text: str) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()
        try:
            self._lines.put_nowait(text.encode(errors="backslashreplace"))
        except queue.Full:
            self.dropped += 1

    def flush(self) -> None:
        """Lines are written as they come."""

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._write(line)
            except OSError:
                self.failed += 1

    def close(self, patience: float) -> None:
        """Write what is queued, waiting at most `patience` seconds for it."""
        thread = self._thread
        self._thread = None
        if thread is not None:
            with contextlib.suppress(queue.Full):
                self._lines.put(None, timeout=patience)
                thread.join(patience)

    def report(self) -> Iterator[tuple[str, object]]:
        yield "log_lines_dropped", self.dropped
        yield "log_lines_failed", self.failed


def write_to_stderr(line: bytes) -> None:
    """All of it, past every buffer: a line half written is half lost when the process ends."""
    while line:
        line = line[os.write(2, line) :]


def configure(threshold: Threshold, style: str, writer: Writer) -> structlog.typing.FilteringBoundLogger:
    """Set up structlog on standard error. `style` is "json" or "console"."""
    renderer: structlog.typing.Processor
    if style == "json":
        renderer = structlog.processors.JSONRenderer()
        exceptions: structlog.typing.Processor = structlog.processors.dict_tracebacks
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        exceptions = structlog.processors.StackInfoRenderer()
    structlog.configure(
        processors=[
            threshold,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            exceptions,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", writer)),
        cache_logger_on_first_use=True,
    )
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return log


class Sink(Protocol):
    """Where lines go: a structlog logger."""

    def warning(self, event: str, **details: Any) -> Any: ...

    def error(self, event: str, **details: Any) -> Any: ...


@final
class RepeatFilter:
    """Tells an event at once, and its repetitions in one line per window."""

    __slots__ = ("_clock", "_log", "_seen")

    def __init__(self, log: Sink, clock: Callable[[], float]) -> None:
        self._log = log
        self._clock = clock
        # (event, backend) -> [time of the line, repetitions since, details of the last]
        self._seen: dict[tuple[str, object], tuple[float, int, dict[str, Any]]] = {}

    def __call__(self, event: str, **details: Any) -> None:
        key = (event, details.get("backend") or details.get("source"))
        now = self._clock()
        seen = self._seen.get(key)
        if seen is not None and now - seen[0] < WINDOW:
            self._seen[key] = (seen[0], seen[1] + 1, details)
            return
        if seen is not None:
            self._tell(key, seen)
        if len(self._seen) < _MAX_KINDS or key in self._seen:
            self._seen[key] = (now, 0, details)
        self._write(event, details)

    def _write(self, event: str, details: dict[str, Any]) -> None:
        if "exc_info" in details:
            self._log.error(event, **details)
        else:
            self._log.warning(event, **details)

    def _tell(self, key: tuple[str, object], seen: tuple[float, int, dict[str, Any]]) -> None:
        if seen[1]:
            self._write(key[0], {**seen[2], "repeated": seen[1]})

    def summarise(self, *, everything: bool = False) -> None:
        """Tell the repetitions of every window that is over, and forget those windows."""
        now = self._clock()
        for key, seen in list(self._seen.items()):
            if everything or now - seen[0] >= WINDOW:
                del self._seen[key]
                self._tell(key, seen)

    @property
    def is_empty(self) -> bool:
        return not self._seen

    async def run(self) -> None:
        """Summarise now and then. Runs until cancelled."""
        while True:
            await trio.sleep(WINDOW)
            self.summarise()
