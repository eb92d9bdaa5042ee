"""The command line. Each subcommand is a module with `add_to`; none is imported for its work before it runs."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from proxy import __version__
from proxy.cli import check, convert, dev, run
from proxy.errors import OutriderError

_COMMANDS: Final = (run, dev, check, convert)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with `argv`, by default the process's own, and return its exit code.

    0 is success, 1 what the user has to mend first (told on stderr), 2 wrong usage. As argparse has it, wrong
    usage, ``--help`` and ``--version`` leave by `SystemExit`.
    """
    parser = argparse.ArgumentParser(
        prog="outrider",
        description="A memcached proxy that runs beside one application.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"outrider {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    arguments = parser.parse_args(argv)
    try:
        exit_code: int = arguments.execute(arguments)
    except OutriderError as error:
        for line in str(error).splitlines():
            print(f"outrider: error: {line}", file=sys.stderr)
        return 1
    return exit_code
