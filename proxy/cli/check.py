"""``outrider check``: whether a configuration file is good."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.config import Config, load
from proxy.errors import ConfigError

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "check",
        help="check a configuration file",
        description="Check a configuration file with the environment as it is now. Nothing is connected to.",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.set_defaults(execute=_execute)


def _execute(arguments: argparse.Namespace) -> int:
    try:
        config = load(arguments.file, os.environ)
    except ConfigError as error:
        # Without a prefix, so that editors find the line.
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.file}: ok: {_summary(config)}")
    return 0


def _summary(config: Config) -> str:
    pools = ", ".join(
        f"{name} ({_count(len(pool.servers), 'server')})" for name, pool in config.pools.items()
    )
    listeners = ", ".join(map(str, config.proxy.listen))
    admin = f"; admin {config.proxy.admin}" if config.proxy.admin else ""
    return f"{_count(len(config.pools), 'pool')}: {pools}; listening on {listeners}{admin}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
