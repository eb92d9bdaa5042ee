"""Short ways to parse a text in the tests of the configuration."""

import pytest

from proxy.config import Config, parse
from proxy.errors import ConfigError, Problem

FILE = "conf/outrider.toml"
POOL = '[pools.main]\nservers = ["10.0.0.1:11211"]\n'


def config_of(text: str, **environ: str) -> Config:
    return parse(text, name=FILE, environ=environ)


def problems_of(text: str, **environ: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text, name=FILE, environ=environ)
    assert all(problem.file == FILE for problem in caught.value.problems)
    return caught.value.problems


def problem_of(text: str, **environ: str) -> Problem:
    """The only one."""
    (problem,) = problems_of(text, **environ)
    return problem
