"""The file that is converted, and everything in it that cannot be."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Final, final

from proxy.config.address import NAME
from proxy.config.paths import quoted, render
from proxy.config.problems import RefusedError
from proxy.config.reading import nearest
from proxy.convert.given import Given, MisplacedError, Origin
from proxy.errors import ConfigError, Problem


@final
class Source:
    """Collects refusals, so that the user sees them all at once.

    :ivar file: the path as the user gave it
    """

    def __init__(self, file: str) -> None:
        self.file: Final = file
        self._problems: list[Problem] = []

    def refuse(self, origin: Origin, message: str, suggestion: str | None = None) -> None:
        shown = suggestion if suggestion is not None and suggestion.isprintable() else None
        self._problems.append(Problem(self.file, origin.line, render(origin.path), message, shown))

    def trying(self, origin: Origin) -> "Trying":
        """Turn a refusal raised inside into a problem at its own place, else at `origin`."""
        return Trying(self, origin)

    @contextmanager
    def requiring(self, origin: Origin) -> Iterator[None]:
        """The same, for what nothing can go on without: raises all refusals there are."""
        with self.trying(origin):
            yield
        self.raise_if_refused()

    def refuse_unknown(self, keys: Mapping[str, Given], known: Collection[str]) -> None:
        for name, given in keys.items():
            if name not in known:
                self.refuse(given.origin, "unknown key", nearest(name, tuple(known)))

    def raise_if_refused(self) -> None:
        """:raises ConfigError: with all refusals, in the order of the file's lines where they are known"""
        if self._problems:
            raise ConfigError(sorted(dict.fromkeys(self._problems), key=lambda problem: problem.line or 0))

    def broken(self, message: str, line: int | None = None) -> ConfigError:
        """The error of a file that cannot be read at all."""
        return ConfigError([Problem(self.file, line, "", message)])


def choose(given: Given, options: Collection[str]) -> str:
    """The one of `options` that `given` is."""
    text = given.text()
    if text not in options:
        raise given.refused(
            f"{quoted(text)} is not one of {', '.join(options)}", nearest(text, tuple(options))
        )
    return text


def refuse_bad_name(name: str, pool: Given) -> None:
    """Names become labels of metrics and parts of log lines."""
    if not NAME.fullmatch(name):
        raise pool.refused(f"{quoted(name)} is not a name here: 1 to 128 ASCII letters, digits, _ . -")


@final
class Trying:
    """The block of `Source.trying`."""

    def __init__(self, source: Source, origin: Origin) -> None:
        self._source = source
        self._origin = origin

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, RefusedError):
            return False
        origin = error.origin if isinstance(error, MisplacedError) else self._origin
        self._source.refuse(origin, error.message, error.suggestion)
        return True
