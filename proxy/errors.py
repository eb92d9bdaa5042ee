"""The errors that leave Outrider: each names the guilty, and none is raised for ordinary flow."""

from collections.abc import Iterable
from dataclasses import dataclass


class OutriderError(Exception):
    """Everything that Outrider raises for others to see."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a configuration file.

    :ivar file: the file's path as the user gave it
    :ivar line: counted from 1; None where the fault is in no line, such as a table that is missing
    :ivar key: the key's path, as `pools.main.servers[1].weight`; empty when the file as a whole is at fault
    :ivar suggestion: what was probably meant in place of the last part of `key`, or of its value
    """

    file: str
    line: int | None
    key: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = f"{self.key}: " if self.key else ""
        hint = "" if self.suggestion is None else f' (did you mean "{self.suggestion}"?)'
        return f"{place}: {key}{self.message}{hint}"


class ConfigError(OutriderError):
    """A configuration that cannot be used, with everything that is wrong with it.

    :ivar problems: at least one, in the order of the file's lines
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class StartupError(OutriderError):
    """The environment does not let the proxy start: a port in use, a directory that cannot be written."""
