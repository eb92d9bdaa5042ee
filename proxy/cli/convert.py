"""``outrider convert``: a configuration out of another proxy's."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from proxy.config import Distribution
from proxy.config.load import read_text

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "convert",
        help="convert another proxy's configuration",
        description="Print a configuration made out of another proxy's. What cannot be translated is an error, "
        "and what works differently is a comment.",
    )
    formats = parser.add_subparsers(metavar="FROM", required=True)
    _add_twemproxy(formats)
    _add_mcrouter(formats)


def _add_twemproxy(formats: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = formats.add_parser(
        "twemproxy",
        help="nutcracker.yml",
        description="Convert one pool of a nutcracker.yml. Keys stay on their servers. It is read by PyYAML: "
        "pip install 'outrider[convert]'.",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--pool", metavar="NAME", help="which pool; needed where the file has several")
    parser.set_defaults(execute=_convert_twemproxy)


def _add_mcrouter(formats: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = formats.add_parser(
        "mcrouter",
        help="mcrouter's JSON",
        description="Convert a configuration of mcrouter, without macros.",
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument(
        "--distribution",
        metavar="NAME",
        choices=get_args(Distribution),
        help="for pools whose hash Outrider does not have; most of their keys move to other servers",
    )
    parser.set_defaults(execute=_convert_mcrouter)


def _convert_twemproxy(arguments: argparse.Namespace) -> int:
    from proxy.convert.twemproxy import from_twemproxy  # noqa: PLC0415 - the other commands start faster without it

    file = arguments.file
    print(from_twemproxy(read_text(file), file=str(file), pool=arguments.pool), end="")
    return 0


def _convert_mcrouter(arguments: argparse.Namespace) -> int:
    from proxy.convert.mcrouter import from_mcrouter  # noqa: PLC0415 - as above

    file = arguments.file
    print(from_mcrouter(read_text(file), file=str(file), distribution=arguments.distribution), end="")
    return 0
