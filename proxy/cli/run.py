"""``outrider run``: the proxy with a configuration file."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy.config import Config, load
from proxy.errors import StartupError

if TYPE_CHECKING:
    # Not private by intention: argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

_DEFAULT_FILE: Final = Path("outrider.toml")


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "run",
        help="run the proxy",
        description="Run the proxy until it is told to stop by SIGTERM or SIGINT.",
    )
    parser.add_argument(
        "-c", "--config", metavar="FILE", type=Path, help=f"configuration (default: ./{_DEFAULT_FILE})"
    )
    parser.set_defaults(execute=_execute)


def _execute(arguments: argparse.Namespace) -> int:
    file, config = _config(arguments.config)
    from proxy.serve import run  # noqa: PLC0415 - the other commands start faster without it

    return run(config, file=file, ready=_announce)


def _config(file: Path | None) -> tuple[Path, Config]:
    if file is None:
        if not _DEFAULT_FILE.exists():
            raise StartupError(
                f"there is no ./{_DEFAULT_FILE} here: name the configuration with -c FILE, "
                "or try `outrider dev`, which needs none"
            )
        file = _DEFAULT_FILE
    return file, load(file, os.environ)


def _announce(addresses: Sequence[str]) -> None:
    print(f"outrider: listening on {', '.join(addresses)}", flush=True)
