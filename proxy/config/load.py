"""From a file to a configuration: read, then settle defaults, then check; all problems are reported at once."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Final, cast

from proxy.config.checks import Subject, check
from proxy.config.defaults import settle
from proxy.config.paths import Path
from proxy.config.problems import Problems
from proxy.config.reading import Reading
from proxy.config.schema import Config
from proxy.config.tables import Table, keys_of, walk
from proxy.config.unbuilt import refuse_unbuilt
from proxy.errors import ConfigError, Problem

_TOML_PLACE: Final = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)\Z")


def load(path: FilePath, environ: Mapping[str, str]) -> Config:
    """Read the file at `path`; `environ` is what ``${NAME}`` in it refers to.

    :raises ConfigError: with every problem found, also when the file cannot be read
    """
    return parse(read_text(path), name=str(path), environ=environ)


def read_text(path: FilePath) -> str:
    """The text of the file at `path`.

    :raises ConfigError: it cannot be read, or is not UTF-8
    """
    name = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError([Problem(name, None, "", f"cannot be read: {error.strerror}")]) from error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: byte 0x{content[error.start]:02x}"
        raise ConfigError([Problem(name, line, "", message)]) from error


def parse(text: str, *, name: str, environ: Mapping[str, str]) -> Config:
    """Read `text`, which is reported as the file `name`.

    :raises ConfigError: with every problem found
    """
    document = _document(text, name)
    problems = Problems()
    config = examine(document, environ, problems)
    refuse_unbuilt(config, problems)
    problems.raise_if_any(name, text)
    return config


def examine(document: Mapping[str, Any], environ: Mapping[str, str], problems: Problems) -> Config:
    """Read `document`, settle its defaults and check it, whether this version has its features or not.

    What is wrong with it is added to `problems`; while there is any, the configuration is not to be used.
    """

    def is_given(path: Path) -> bool:
        return _has(document, path)

    # Never INVALID: a document is a table, and none of its keys is required.
    config = cast("Config", Table(Config).read(document, (), Reading(environ, problems, _tables_of_key())))
    config = settle(config, is_given)
    check(Subject(config, is_given), problems)
    return config


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        line = text.count("\n") + 1
        place = _TOML_PLACE.search(message)
        if place is not None:
            message = message[: place.start()]
            if place[1] is not None:
                line = int(place[1])
                message += f" (column {place[2]})"
        raise ConfigError([Problem(name, line, "", f"is not valid TOML: {message}")]) from error
    except RecursionError as error:
        raise ConfigError([Problem(name, None, "", "is nested too deeply")]) from error
    except ValueError as error:  # a number or a date that Python itself refuses
        raise ConfigError([Problem(name, None, "", f"is not valid TOML: {error}")]) from error


def _has(document: Any, path: Path) -> bool:
    for part in path:
        if isinstance(document, str):  # has indices too, though no entries
            return False
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


@cache
def _tables_of_key() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for header, table in walk(Table(Config)):
        for key in keys_of(table.struct):
            found.setdefault(key, []).append(header or "the top level")
    return {key: tuple(headers) for key, headers in found.items()}
