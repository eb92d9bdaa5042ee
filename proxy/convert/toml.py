"""TOML as text: settings in their order, each with the comment that says where it came from."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from proxy.config import format_duration
from proxy.config.paths import Path

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")

#: What a setting can be; a mapping becomes an inline table.
Value = str | bool | int | float | list[str] | Mapping[str, str | int]


class Setting(NamedTuple):
    """:ivar path: with the key last, or an index behind it: entries of one array stand one per line."""

    path: Path
    value: Value
    comment: str


def milliseconds(count: int) -> str:
    """A duration as the file writes it."""
    return format_duration(count / 1000)


def comment(text: str) -> str:
    """Lines of a comment that is none of a setting."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def settings_as_toml(settings: Iterable[Setting]) -> str:
    """:param settings: those of one table, and the entries of one array, next to each other"""
    lines: list[str] = []
    table: Path | None = None
    array: Path | None = None
    for setting in settings:
        is_entry = isinstance(setting.path[-1], int)
        owner = setting.path[:-1] if is_entry else None
        if array is not None and owner != array:
            lines.append("]")
        if (home := setting.path[: -2 if is_entry else -1]) != table:
            table = home
            lines += ["", _header(table)]
        if owner is not None and owner != array:
            lines.append(f"{_key(owner[-1])} = [")
        array = owner
        if is_entry:
            lines.append(f"  {_value(setting.value)},{_trailing(setting.comment)}")
        else:
            lines.append(f"{_key(setting.path[-1])} = {_value(setting.value)}{_trailing(setting.comment)}")
    if array is not None:
        lines.append("]")
    return "".join(f"{line}\n" for line in lines)


def _header(table: Path) -> str:
    names = ".".join(_key(part) for part in table if isinstance(part, str))
    return f"[[{names}]]" if isinstance(table[-1], int) else f"[{names}]"


def _key(part: str | int) -> str:
    return str(part) if _BARE_KEY.fullmatch(str(part)) else _text(str(part))


def _value(value: Value) -> str:
    match value:
        case str():
            return _text(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list():
            return f"[{', '.join(map(_text, value))}]"
        case _:
            return f"{{ {', '.join(f'{_key(key)} = {_value(entry)}' for key, entry in value.items())} }}"


def _text(text: str) -> str:
    # JSON's strings are TOML's but for DEL, which TOML wants escaped too.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _trailing(text: str) -> str:
    return f"  # {text}" if text else ""
