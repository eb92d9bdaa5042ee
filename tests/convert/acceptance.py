"""Whether a converted file is one that Outrider takes."""

import tomllib

from proxy.config import Config
from proxy.config.load import examine
from proxy.config.problems import Problems

FILE = "converted.toml"


def accepted(toml: str) -> Config:
    """The configuration, read as `outrider check` reads it; `ConfigError` where that has a complaint.

    The allowance: features that this version refuses to switch on (`proxy/config/unbuilt.py`) are let pass. Once
    there are none left that a converter uses, this is ``proxy.config.parse(toml, name=FILE, environ={})``.
    """
    problems = Problems()
    config = examine(tomllib.loads(toml), {}, problems)
    problems.raise_if_any(FILE, toml)
    return config
