"""Clients of node, PHP and Java, each through a small script that checks what it sees and prints "ok"."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.servers import Outrider, pool, wait_until

SCRIPTS = Path(__file__).parent / "scripts"
SPYMEMCACHED = Path("/usr/share/java/spymemcached.jar")

pytestmark = pytest.mark.external_client


def succeeds(*command: str, env: dict[str, str] | None = None) -> bool:
    done = subprocess.run(command, env=env, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


@cache
def node_environment() -> dict[str, str]:
    """With the libraries that are installed for all."""
    root = subprocess.run(
        ["npm", "root", "--global"], capture_output=True, text=True, timeout=60, check=False
    )
    return {**os.environ, "NODE_PATH": root.stdout.strip()}


def node_has(library: str) -> bool:
    return (
        shutil.which("node") is not None
        and shutil.which("npm") is not None
        and succeeds("node", "-e", f"require({library!r})", env=node_environment())
    )


def php_has_memcached() -> bool:
    return shutil.which("php") is not None and succeeds(
        "php", "-r", "exit((int) !class_exists('Memcached'));"
    )


def java_has_spymemcached() -> bool:
    # A JDK, not only a JRE: the script is run from its source.
    return shutil.which("javac") is not None and SPYMEMCACHED.exists()


@dataclass(frozen=True)
class Foreign:
    name: str
    command: tuple[str, ...]
    is_here: Callable[[], bool]
    install: str


CLIENTS = [
    Foreign(
        "node memcached",
        ("node", "memcached.js"),
        lambda: node_has("memcached"),
        "node and npm, then: npm install --global memcached",
    ),
    Foreign(
        "php-memcached", ("php", "memcached.php"), php_has_memcached, "apt-get install php-cli php-memcached"
    ),
    Foreign(
        "spymemcached",
        ("java", "-cp", str(SPYMEMCACHED), "Spymemcached.java"),
        java_has_spymemcached,
        "apt-get install default-jdk-headless libspymemcached-java",
    ),
]


def run(command: tuple[str, ...], port: int) -> "subprocess.CompletedProcess[str]":
    env = node_environment() if command[0] == "node" else None
    return subprocess.run(
        [*command, str(port)], cwd=SCRIPTS, env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("foreign", CLIENTS, ids=lambda foreign: foreign.name)
def test_a_client_of_another_language_sees_what_it_must(foreign: Foreign, outrider: Outrider) -> None:
    if not foreign.is_here():
        pytest.skip(f"{foreign.name} is not installed: {foreign.install}")
    done = run(foreign.command, outrider.port)
    assert (done.stdout, done.returncode) == ("ok\n", 0), done.stdout + done.stderr


def test_memjs_which_is_binary_only_fails_at_once_and_the_log_says_to_switch_it() -> None:
    if not node_has("memjs"):
        pytest.skip("memjs is not installed: node and npm, then: npm install --global memjs")
    with Outrider(pool("memory://main")) as outrider:
        began = time.monotonic()
        done = run(("node", "memjs.js"), outrider.port)
        assert done.stdout.startswith("refused: "), done.stdout + done.stderr
        assert time.monotonic() - began < 10
        wait_until(lambda: b"switch it to the text protocol" in outrider.output(), "the log says so")
