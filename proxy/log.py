"""Logging: JSON lines or a console, and repeated events summarised.

Nothing is logged per request. What can happen once per connection or per failing backend goes through a
`RepeatFilter`: the first is logged at once, what follows within WINDOW seconds is counted and told in one line.
"""

import sys
from collections.abc import Callable
from typing import Any, Final, Protocol, final

import structlog
import trio

WINDOW: Final = 10.0  # s
_MAX_KINDS: Final = 256  # kinds of events counted at a time; beyond it they are logged as they come

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


def configure(threshold: Threshold, style: str) -> structlog.typing.FilteringBoundLogger:
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
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
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
