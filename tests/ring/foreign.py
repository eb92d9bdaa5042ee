"""Clients in other languages that the rings are held against. A test is skipped where one is not installed.

Each is a short program of its own in `clients/` around the real library. They share one form of talking: standard input
has a line per server with tabs between its parts, an empty line, and a line per key in hex; standard output has one number
per key, the index of its server.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from proxy.ring import Node

CLIENTS = Path(__file__).parent / "clients"
RUN_SECONDS = 60
INSTALL_SECONDS = 120


def installed(name: str, package: str) -> str:
    """The path of a program, or a skipped test."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return path


def required_file(path: Path, package: str) -> Path:
    """A file of a package, or a skipped test."""
    if not path.exists():
        pytest.skip(f"{path} is not there: apt-get install {package}")
    return path


def answers(
    command: Sequence[str], nodes: Sequence[Node], keys: Sequence[bytes], *, path: Path | None = None
) -> list[int]:
    """What a client answers. path: the directory it runs in."""
    servers = "".join(f"{node.host}\t{node.port}\t{node.weight}\t{node.resolved}\n" for node in nodes)
    asked = servers + "\n" + "".join(f"{key.hex()}\n" for key in keys)
    done = run(command, path=path, given=asked)
    found = [int(line) for line in done.splitlines()]
    assert len(found) == len(keys), f"{command}: {len(found)} answers for {len(keys)} keys"
    return found


def run(
    command: Sequence[str],
    *,
    path: Path | None = None,
    given: str = "",
    limit: float = RUN_SECONDS,
    environment: dict[str, str] | None = None,
) -> str:
    """The standard output of a program that ends well, else a failed test with what it wrote."""
    done = subprocess.run(
        command,
        cwd=path,
        input=given,
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout
