"""Where in a TOML file each key stands.

Theory of operation
-------------------
tomllib gives values without positions. This scanner runs over the same text once more, and only when there is
a problem to report; tomllib has accepted the text before, so nothing is validated here. It follows no more of
the grammar than what separates keys from values: table headers, dotted and quoted keys, the four kinds of
strings (which may contain everything else's delimiters), arrays, inline tables and comments. Every other value
ends at a delimiter. https://toml.io/en/v1.0.0

A path that stands nowhere, because the key is missing or has its default, is given the line of the nearest
table around it.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final, final

from proxy.config.paths import Path

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY: Final = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')[ \t]*""")
_STRING: Final = re.compile(
    r'''"""(?:\\[\s\S]|[^\\])*?"""(?!")'''
    r"""|'''[\s\S]*?'''(?!')"""
    r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*'"""
)
_BARE_VALUE: Final = re.compile(r"[^,\]}#\n]*")
#: Nothing in the schema lies deeper; bounds the work on a file that does.
_DEEPEST: Final = 8


def lines_of(text: str) -> dict[Path, int]:
    """The line, counted from 1, of every table, key and array entry of valid TOML."""
    return _Scanner(text).lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of `path`, or of the nearest table or array around it."""
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return None


@final
class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._at = 0
        self._lengths: dict[Path, int] = {}  # of arrays of tables, whose last entry a header continues
        self.lines: dict[Path, int] = {}
        self._document()

    def _document(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            start = self._at
            if self._text.startswith("[[", start):
                self._at += 2
                table = self._located(self._keys())
                index = self._lengths.get(table, 0)
                self._lengths[table] = index + 1
                self._mark(table, start)
                table = (*table, index)
                self._mark(table, start)
                self._at += 2
            elif self._text.startswith("[", start):
                self._at += 1
                table = self._located(self._keys())
                self._mark(table, start)
                self._at += 1
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _pair(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._keys())
        self._mark(path, start)
        self._at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(_BLANK)
        opening = self._text[self._at]
        if opening not in "[{":
            self._skip(_STRING if opening in "\"'" else _BARE_VALUE)
            return
        self._at += 1
        self._skip(_BLANK)
        index = 0
        while self._text[self._at] not in "]}":
            if opening == "[":
                self._mark((*path, index), self._at)
                self._value((*path, index))
                index += 1
            else:
                self._pair(path)
            self._skip(_BLANK)
            if self._text[self._at] == ",":
                self._at += 1
                self._skip(_BLANK)
        self._at += 1

    def _keys(self) -> Path:
        """A dotted key."""
        keys: list[str] = []
        while (match := _KEY.match(self._text, self._at)) is not None:
            self._at = match.end()
            name = match[1]
            keys.append(tomllib.loads(f"key = {name}")["key"] if name[0] in "\"'" else name)
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return tuple(keys)

    def _located(self, header: Path) -> Path:
        """`header` with the index of each array of tables that it goes through."""
        path: Path = ()
        for part in header[:-1]:
            path = (*path, part)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        return (*path, *header[-1:])

    def _mark(self, path: Path, offset: int) -> None:
        line = bisect_right(self._starts, offset)
        for length in range(1, min(len(path), _DEEPEST) + 1):
            self.lines.setdefault(path[:length], line)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
