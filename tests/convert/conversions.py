"""Short ways to convert a text in the tests."""

import pytest

from proxy.config import Config
from proxy.convert.mcrouter import from_mcrouter
from proxy.convert.twemproxy import from_twemproxy
from proxy.errors import ConfigError, Problem
from tests.convert.acceptance import accepted

YAML = "conf/nutcracker.yml"
JSON = "conf/mcrouter.json"


def nutcracker_toml(text: str, pool: str | None = None) -> str:
    return from_twemproxy(text, file=YAML, pool=pool)


def nutcracker_config(text: str, pool: str | None = None) -> Config:
    return accepted(nutcracker_toml(text, pool))


def nutcracker_problems(text: str, pool: str | None = None) -> list[tuple[int | None, str, str]]:
    """Line, path and message of everything that is refused."""
    with pytest.raises(ConfigError) as caught:
        nutcracker_toml(text, pool)
    return _told(caught.value, YAML)


def mcrouter_toml(text: str, distribution: str | None = None) -> str:
    return from_mcrouter(text, file=JSON, distribution=distribution)


def mcrouter_config(text: str, distribution: str | None = None) -> Config:
    return accepted(mcrouter_toml(text, distribution))


def mcrouter_problems(text: str, distribution: str | None = None) -> list[tuple[str, str]]:
    """Path and message of everything that is refused."""
    with pytest.raises(ConfigError) as caught:
        mcrouter_toml(text, distribution)
    return [(path, message) for _, path, message in _told(caught.value, JSON)]


def _told(error: ConfigError, file: str) -> list[tuple[int | None, str, str]]:
    problems: tuple[Problem, ...] = error.problems
    assert all(problem.file == file for problem in problems)
    assert all(line.isprintable() for line in str(error).splitlines())
    hints = ["" if problem.suggestion is None else f" ({problem.suggestion}?)" for problem in problems]
    return [
        (problem.line, problem.key, f"{problem.message}{hint}")
        for problem, hint in zip(problems, hints, strict=True)
    ]


def remarks(toml: str) -> list[str]:
    """What a converted file tells its reader on top."""
    return [line.removeprefix("# - ") for line in toml.splitlines() if line.startswith("# - ")]
