"""Readers: each turns one kind of TOML value into a frozen value, or says what is wrong with it and where.

A reader hangs on the type of a field (`schema.py`), so that a key, its type, its unit, its bounds and its
default stand in one line.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, final

from proxy.config.environment import expand
from proxy.config.paths import Path, quoted
from proxy.config.problems import Problems, RefusedError

#: TOML's numbers are signed and have 64 bits; of longer ones tomllib makes what Python may refuse to print.
_WIDEST: Final = 63


@final
class Invalid:
    """Stands for a value that could not be read and has been reported."""


INVALID: Final = Invalid()


@final
class Reading:
    """What the readers of one document share.

    :ivar tables_of_key: where in the schema a key exists, for one that was put into the wrong table
    """

    __slots__ = ("environ", "problems", "tables_of_key")

    def __init__(
        self, environ: Mapping[str, str], problems: Problems, tables_of_key: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.environ = environ
        self.problems = problems
        self.tables_of_key = tables_of_key

    def refuse(self, path: Path, message: str, suggestion: str | None = None) -> Invalid:
        self.problems.add(path, message, suggestion)
        self.problems.distrust(path)
        return INVALID


class Reader(ABC):
    """Reads the value at one path. Reports and returns `INVALID` instead of raising."""

    @abstractmethod
    def read(self, value: object, path: Path, reading: Reading) -> object: ...


class Scalar(Reader):
    """A value without parts."""

    def read(self, value: object, path: Path, reading: Reading) -> object:
        if isinstance(value, int) and value.bit_length() > _WIDEST:
            return reading.refuse(path, f"out of range: {describe(value)}")
        try:
            if isinstance(value, str):
                value = expand(value, reading.environ)
            return self.convert(value)
        except RefusedError as refusal:
            return reading.refuse(path, refusal.message, refusal.suggestion)

    @abstractmethod
    def convert(self, value: object) -> object:
        """`value`, with environment variables put in, as the program uses it.

        :raises RefusedError:
        """


def describe(value: object) -> str:
    """What the user wrote, in TOML's words."""
    match value:
        case str():
            return f"the string {quoted(value)}"
        case bool():
            return str(value).lower()
        case int() if value.bit_length() > _WIDEST:
            return "a number of more than 64 bits"
        case int() | float():
            return str(value)
        case list():
            return "an array"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def nearest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str | None:
    """The one of `known` that was probably meant."""
    folded = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower().replace("-", "_"), folded, n=1)
    matches = matches or get_close_matches(word.lower(), folded, n=1)
    return folded[matches[0]] if matches else None


class ListOf(Reader):
    """An array, read into a tuple."""

    def __init__(self, entry: Reader, *, least: int = 0) -> None:
        self.entry: Final = entry
        self._least = least

    def read(self, value: object, path: Path, reading: Reading) -> object:
        if isinstance(value, str):
            return reading.refuse(path, f"expected an array, as [{quoted(value)}], got a string")
        if not isinstance(value, list):
            return reading.refuse(path, f"expected an array, got {describe(value)}")
        if len(value) < self._least:
            return reading.refuse(path, "must not be empty")
        entries = [self.entry.read(entry, (*path, index), reading) for index, entry in enumerate(value)]
        return INVALID if INVALID in entries else tuple(entries)
