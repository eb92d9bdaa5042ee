"""The path of a key: how it is written, and how a pattern of it finds values in a configuration."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, structs

#: Names of keys from the outside in, and indices of arrays, counted from 0.
Path = tuple[str | int, ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST: Final = 60  # characters of the user's text worth repeating in a message


def quoted(text: str) -> str:
    """`text` between quotation marks, on one line whatever it holds, and cut when it is long."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in escaped)
    return f'"{escaped}"'


def render(path: Path) -> str:
    """`path` as TOML would write it: ``pools.main.servers[1].weight``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else quoted(part))
    return text


def select(root: Struct, pattern: str) -> Iterator[tuple[Path, Any]]:
    """Every value of `root` that `pattern` names, with its path.

    A pattern is made of the keys of the file, joined by dots; ``*`` stands for every entry of a mapping or tuple.
    """
    found: list[tuple[Path, Any]] = [((), root)]
    for part in pattern.split("."):
        found = [step for path, value in found for step in _steps(path, value, part)]
    yield from found


def _steps(path: Path, value: Any, part: str) -> Iterator[tuple[Path, Any]]:
    if part == "*":
        entries = (
            value.items()
            if isinstance(value, Mapping)
            else enumerate(value)
            if isinstance(value, tuple)
            else ()
        )
        for name, entry in entries:
            yield (*path, name), entry
    else:
        field = next(field for field in structs.fields(value) if field.encode_name == part)
        yield (*path, part), getattr(value, field.name)
