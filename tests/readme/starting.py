"""Outrider started as a command, for what it says and how it ends."""

import subprocess
import sys

from tests.readme.document import ROOT


def started(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it until it ends by itself, which it has to soon."""
    return subprocess.run(
        [sys.executable, "-m", "proxy", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def refusal(*arguments: str) -> str:
    """What it says when it cannot start: one line, no traceback, exit code 1."""
    done = started(*arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    start = "outrider: error: "
    assert line.startswith(start)
    return line.removeprefix(start)
