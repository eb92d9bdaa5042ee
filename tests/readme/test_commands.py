"""README followed as a new user would: every command of its ``sh`` blocks, in a copy where nothing is installed."""

import signal
from collections.abc import Callable
from typing import Final

import pytest

from tests.readme.checkout import Checkout
from tests.readme.document import README, commands
from tests.servers import Memcached, Wire

pytestmark = pytest.mark.one_interpreter

INSTALLATION: Final = 300.0  # s; over a network


def make_run(checkout: Checkout) -> None:
    """It installs itself, listens, answers, and ends at Ctrl-C."""
    command = f"make run LISTEN=127.0.0.1:{checkout.port}"
    with checkout.running(command, INSTALLATION) as started:
        with Wire(checkout.port) as wire:
            assert (
                wire.ask(b"set k 0 0 1\r\nv\r\nget k\r\n", b"END\r\n")
                == b"STORED\r\nVALUE k 0 1\r\nv\r\nEND\r\n"
            )
        assert f"Client(('127.0.0.1', {checkout.port}))" in started.output()
        assert started.interrupt_outrider() == 0
    with checkout.running(command) as started:
        # make itself ends by the signal that it got too, and says nothing of an error.
        assert started.interrupt() == -signal.SIGINT
        assert started.output().rstrip().endswith("stopped")
        assert "Error" not in started.output()
        assert "Traceback" not in started.output()
    assert "--listen 127.0.0.1:11211" in checkout.run("make -n run")


def make_test(checkout: Checkout) -> None:
    """Not the tests within the tests; but make says what it would do, in this order."""
    plan = checkout.run("make -n test")
    steps = [
        ".ci/servers",
        "--editable '.[test]'",
        "ruff check",
        "ruff format --check",
        "bin/mypy",
        "bin/pytest",
    ]
    assert sorted(steps, key=plan.index) == steps


def check(checkout: Checkout) -> None:
    checkout.install()
    checkout.write_config("127.0.0.1:1", "127.0.0.1:2")
    assert checkout.run(".venv/bin/outrider check outrider.toml").startswith(
        "outrider.toml: ok: 1 pool: main (2 servers)"
    )


def run(checkout: Checkout) -> None:
    checkout.install()
    with Memcached() as first, Memcached() as second:
        checkout.write_config(first.address, second.address)
        with checkout.running(".venv/bin/outrider run -c outrider.toml") as started:
            assert f"outrider: listening on 127.0.0.1:{checkout.port}\n" in started.output()
            assert started.interrupt_outrider() == 0


def talk(checkout: Checkout) -> None:
    """The line of Python, to the Outrider of the line before it."""
    checkout.install()
    (command,) = [line for line in commands() if line.startswith(".venv/bin/python -c ")]
    assert "11211" in command
    with Memcached() as first, Memcached() as second:
        checkout.write_config(first.address, second.address)
        with checkout.running(".venv/bin/outrider run -c outrider.toml"):
            printed = checkout.run(command.replace("11211", str(checkout.port)))
    assert printed.split() == ["STORED", "VALUE", "greeting", "0", "5", "hello", "END"]


NUTCRACKER: Final = """\
alpha:
  listen: 127.0.0.1:22121
  hash: fnv1a_64
  distribution: ketama
  timeout: 400
  servers:
    - 127.0.0.1:11212:1 one
    - 127.0.0.1:11213:2 two
"""
MCROUTER: Final = """\
{
  // a pool and the route to it
  "pools": {"A": {"servers": ["127.0.0.1:11212", "127.0.0.1:11213"]}},
  "route": "PoolRoute|A"
}
"""


def convert_twemproxy(checkout: Checkout) -> None:
    """With what README says it needs; and what comes out passes the check of README."""
    checkout.install()
    extra = ".venv/bin/pip install --editable '.[convert]'"
    assert f"`{extra}`" in README
    checkout.run(f"{extra} --quiet", INSTALLATION)
    (checkout.directory / "nutcracker.yml").write_text(NUTCRACKER)
    checkout.run(".venv/bin/outrider convert twemproxy nutcracker.yml > outrider.toml")
    assert "1 pool: alpha (2 servers)" in checkout.run(".venv/bin/outrider check outrider.toml")


def convert_mcrouter(checkout: Checkout) -> None:
    """Where a pool has several servers, it asks for the distribution that they will have."""
    checkout.install()
    command = ".venv/bin/outrider convert mcrouter mcrouter.json > outrider.toml"
    file = checkout.directory / "mcrouter.json"
    file.write_text(MCROUTER.replace(', "127.0.0.1:11213"', ""))
    checkout.run(command)
    assert "1 pool: A (1 server)" in checkout.run(".venv/bin/outrider check outrider.toml")
    file.write_text(MCROUTER)
    assert "accept that with --distribution NAME" in checkout.run(f"({command}) 2>&1 || true")
    checkout.run(command.replace("mcrouter.json", "mcrouter.json --distribution ketama"))
    assert "1 pool: A (2 servers)" in checkout.run(".venv/bin/outrider check outrider.toml")


def make_bench(checkout: Checkout) -> None:
    """One short scenario of it."""
    results = checkout.directory / "bench" / "RESULTS.md"
    before = results.read_text()
    printed = checkout.run("make bench BENCH_FLAGS='--quick --no-write --only 1x1'", INSTALLATION)
    assert "| 1x1 " in printed
    assert results.read_text() == before


#: Every command of README, and what shows that it does what README says.
SHOWN_BY: Final[dict[str, Callable[[Checkout], None]]] = {
    "make run": make_run,
    "make test": make_test,
    ".venv/bin/outrider check outrider.toml": check,
    ".venv/bin/outrider run -c outrider.toml": run,
    ".venv/bin/python -c": talk,
    ".venv/bin/outrider convert twemproxy nutcracker.yml > outrider.toml": convert_twemproxy,
    ".venv/bin/outrider convert mcrouter mcrouter.json > outrider.toml": convert_mcrouter,
    "make bench": make_bench,
}


def test_every_command_of_the_readme_is_shown() -> None:
    assert [command.partition(" '")[0] for command in commands()] == list(SHOWN_BY)


@pytest.mark.parametrize("command", SHOWN_BY)
def test_a_command_of_the_readme_does_what_it_says(command: str, checkout: Checkout) -> None:
    SHOWN_BY[command](checkout)


def test_what_it_prints_to_try_works_as_it_stands(checkout: Checkout) -> None:
    checkout.install()
    with checkout.running(f"make run LISTEN=127.0.0.1:{checkout.port}") as started:
        lines = [line.strip() for line in started.output().splitlines() if line.startswith("  ")]
        (for_shell,) = [line for line in lines if line.startswith("printf ")]
        printf, netcat = for_shell.split(" | ")
        assert netcat == f"nc 127.0.0.1 {checkout.port}"
        with Wire(checkout.port) as wire:
            wire.send(checkout.run(printf).encode())
            assert wire.read_to_end() == b"STORED\r\nVALUE greeting 0 5\r\nhello\r\nEND\r\n"
        # Its own lines, as somebody would paste them.
        for_python = [line for line in lines if line != for_shell]
        assert for_python[0] == "from pymemcache import Client"
        values: dict[str, object] = {}
        exec("\n".join(for_python[:-1]), values)
        client = values["client"]
        assert eval(for_python[-1], values) == b"hello"
        client.close()  # type: ignore[attr-defined]
