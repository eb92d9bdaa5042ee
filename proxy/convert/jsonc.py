"""JSON as mcrouter reads it: with ``//`` and ``/* */`` comments, and commas behind the last entry.

Comments and such commas become spaces, so that every place keeps its line; the rest is JSON's own parser.
"""

import json
import re
from typing import Any, Final

from proxy.config.paths import Path, quoted
from proxy.convert.given import HALF_CHARACTER, Given, Origin
from proxy.convert.source import Source

_STRING: Final = r'"(?:[^"\\\n]|\\.)*"'
_COMMENT: Final = re.compile(_STRING + r"|//[^\n]*|/\*[\s\S]*?\*/")
_LAST_COMMA: Final = re.compile(_STRING + r"|,(?=\s*[\]}])")
#: Far more than any tree of routes needs; whoever walks the values recursively is safe.
_DEEPEST: Final = 64


def read_json(text: str, source: Source) -> Given:
    """:raises ConfigError: it is no JSON, even with the allowances above"""
    plain = _LAST_COMMA.sub(_blank, _COMMENT.sub(_blank, text))
    try:
        value = json.loads(plain, object_pairs_hook=_Pairs, parse_constant=_refuse_constant)
        return _given(value, (), source)
    except json.JSONDecodeError as error:
        raise source.broken(f"is not valid JSON: {error.msg} (column {error.colno})", error.lineno) from error
    except RecursionError as error:
        raise source.broken("is nested too deeply") from error
    except ValueError as error:  # a number that JSON has not, or that Python itself refuses
        raise source.broken(f"is not valid JSON: {error}") from error


class _Pairs(list[tuple[str, Any]]):
    """The keys of an object and their values, repeated ones too."""


def _blank(match: re.Match[str]) -> str:
    """Strings as they are; of all else only the line ends."""
    found = match[0]
    return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _given(value: object, path: Path, source: Source) -> Given:
    origin = Origin(path)
    if len(path) > _DEEPEST:
        raise source.broken("is nested too deeply")
    if isinstance(value, _Pairs):
        keys: dict[str, Given] = {}
        for name, entry in value:
            if name in keys:
                source.refuse(Origin((*path, name)), "is here twice")
            keys[name] = _given(entry, (*path, name), source)
            _refuse_surrogate(name, keys[name].origin, source)
        return Given(keys, origin)
    if isinstance(value, list):
        return Given([_given(entry, (*path, index), source) for index, entry in enumerate(value)], origin)
    if isinstance(value, str):
        _refuse_surrogate(value, origin, source)
    return Given(value, origin)


def _refuse_surrogate(text: str, origin: Origin, source: Source) -> None:
    if HALF_CHARACTER.search(text):
        source.refuse(origin, f"{quoted(text)} holds half a character: a surrogate")
