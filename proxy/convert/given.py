"""A value of the file that is converted, with the place where it stands, whatever the file's format is."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, final

from proxy.config.paths import Path, quoted, render
from proxy.config.problems import RefusedError

#: What a file can name by its number, and no text can hold.
HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")


class Origin(NamedTuple):
    """A place in the file.

    :ivar line: counted from 1; None where the format's reader does not tell
    """

    path: Path
    line: int | None = None

    def __str__(self) -> str:
        return render(self.path) if self.line is None else f"{render(self.path)}, line {self.line}"


class MisplacedError(RefusedError):
    """A refusal that knows its place."""

    def __init__(self, origin: Origin, message: str, suggestion: str | None = None) -> None:
        super().__init__(message, suggestion)
        self.origin: Final = origin


@final
class Given:
    """:ivar value: text, a number, a boolean, None, or a list or mapping of others of its kind."""

    __slots__ = ("origin", "value")

    def __init__(self, value: object, origin: Origin) -> None:
        self.value: Final = value
        self.origin: Final = origin

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.unexpected("a string")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.unexpected("true or false")
        return self.value

    def number(self, least: int, most: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.unexpected("a whole number")
        if not least <= self.value <= most:
            raise self.refused(f"{self.described()} is out of range: {least} to {most}")
        return self.value

    def entries(self) -> list["Given"]:
        if not isinstance(self.value, list):
            raise self.unexpected("a list")
        return self.value

    def keys(self) -> dict[str, "Given"]:
        if not isinstance(self.value, dict):
            raise self.unexpected("keys and values")
        return self.value

    def refused(self, message: str, suggestion: str | None = None) -> MisplacedError:
        return MisplacedError(self.origin, message, suggestion)

    def unexpected(self, wanted: str) -> MisplacedError:
        return self.refused(f"expected {wanted}, got {self.described()}")

    def described(self) -> str:
        """What it is, short enough for a message or a comment."""
        match self.value:
            case str():
                return quoted(self.value)
            case bool():
                return str(self.value).lower()
            case int() | float():
                return quoted(str(self.value))[1:-1]
            case None:
                return "null"
            case Mapping():
                return "keys and values"
            case _:
                return "a list"
