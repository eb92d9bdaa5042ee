"""Collects everything that is wrong with one file, so that the user sees it all at once."""

from collections.abc import Iterator
from typing import Final, NamedTuple, final

from proxy.config.paths import Path, render
from proxy.config.positions import line_of, lines_of
from proxy.errors import ConfigError, Problem


class RefusedError(ValueError):
    """A value that cannot be read; the reader that knows its path turns it into a problem."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message: Final = message
        self.suggestion: Final = suggestion


class Finding(NamedTuple):
    path: Path
    message: str
    suggestion: str | None


@final
class Problems:
    """What was found so far, by path; lines are looked up only when there is something to report."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._doubtful: list[Path] = []

    def add(self, path: Path, message: str, suggestion: str | None = None) -> None:
        self._findings.append(Finding(path, message, suggestion))

    def distrust(self, path: Path) -> None:
        """The value at `path` is not what the user wanted: what follows from it would only mislead."""
        self._doubtful.append(path)

    def is_doubtful(self, path: Path) -> bool:
        """Whether a value at, above or below `path` could not be read."""
        return any(path[: len(broken)] == broken[: len(path)] for broken in self._doubtful)

    def __iter__(self) -> Iterator[Finding]:
        """In the order they were found."""
        return iter(self._findings)

    def raise_if_any(self, file: str, text: str) -> None:
        """Raise what was found, in the order of the lines of `text`."""
        if not self._findings:
            return
        lines = lines_of(text)
        problems = [
            Problem(file, line_of(found.path, lines), render(found.path), found.message, found.suggestion)
            for found in self._findings
        ]
        raise ConfigError(sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0))
