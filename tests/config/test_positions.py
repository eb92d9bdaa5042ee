import tomllib
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from proxy.config.paths import Path
from proxy.config.positions import line_of, lines_of

TEXT = FilePath(__file__).with_name("positions.toml").read_text()

LINES = {
    ("top",): 2,
    ("quoted.key",): 3,
    ("literal",): 6,
    ("escaped",): 7,
    ("a",): 8,
    ("a", "b", "cd"): 8,
    ("date",): 9,
    ("pools",): 11,
    ("pools", "main"): 11,
    ("pools", "main", "servers"): 12,
    ("pools", "main", "servers", 0): 13,
    ("pools", "main", "servers", 1): 13,
    ("pools", "main", "servers", 1, 0): 14,
    ("pools", "main", "servers", 2): 16,
    ("pools", "main", "servers", 2, "name"): 16,
    ("pools", "main", "servers", 2, "more", "deep", 1): 17,
    ("pools", "main", "last"): 19,
    ("pools", "main", "many"): 20,
    ("routes",): 22,
    ("routes", 0): 22,
    ("routes", 0, "prefix"): 23,
    ("routes", 0, "inner", "x"): 25,
    ("routes", 1): 27,
    ("routes", 1, "lines"): 28,
    ("routes", 1, "prefix"): 31,
    ("routes", 1, "inner"): 32,
    ("routes", 1, "inner", "y"): 33,
    ("pools", "ma in"): 34,
    ("pools", "ma in", "z"): 35,
}


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, entry in entries:
        yield from _paths(entry, (*path, name))


def test_every_key_and_entry_is_found_on_its_line() -> None:
    lines = lines_of(TEXT)
    assert {path: lines.get(path) for path in LINES} == LINES


def test_exactly_the_paths_that_tomllib_sees_are_found() -> None:
    assert set(lines_of(TEXT)) == set(_paths(tomllib.loads(TEXT))) - {()}


def test_windows_line_ends_count_once() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert lines_of(text) == lines_of(TEXT)


def test_a_path_that_stands_nowhere_gets_the_line_of_what_is_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_of(("pools", "main", "health", "rise"), lines) == 11
    assert line_of(("routes", 1, "pool"), lines) == 27
    assert line_of(("proxy", "listen"), lines) is None


def test_an_empty_file_has_no_lines_to_name() -> None:
    assert lines_of("") == {}
    assert lines_of("# nothing") == {}
