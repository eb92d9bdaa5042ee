"""The real programs that the rings are held against: libmemcached (through pylibmc), nutcracker, memcached.

Each is required: a test that needs one fails, and says what to install, where it is missing. Every process started here
is killed by its own id when its `with` block is left, however it is left, and by the kernel when the tests are killed.
Every wait has a limit.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from proxy.ring import Node

START_SECONDS = 10
REPLY_SECONDS = 10
KEYS_PER_GET = 50


def libmemcached(nodes: Sequence[Node], **behaviors: object) -> Any:
    """A pylibmc client for the nodes, by default in KETAMA_WEIGHTED mode.

    Its `hash(key)` is the index of the chosen server.
    """
    try:
        import pylibmc  # noqa: PLC0415 - the tests that do not need it run without it
    except ImportError:
        pytest.fail("pylibmc is missing: pip install pylibmc")
    specs = [_pylibmc_spec(node) for node in nodes]
    return pylibmc.Client(specs, behaviors=behaviors or {"ketama_weighted": True})


def _pylibmc_spec(node: Node) -> str:
    if not node.port:
        return node.host  # of a Unix socket it reads no weight
    host = f"[{node.host}]" if ":" in node.host else node.host
    return f"{host}:{node.port}:{node.weight}"


def program(name: str, package: str = "") -> str:
    """The path of a program, or a failed test. package: where it is, if that is not called like the program."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        pytest.fail(f"{name} is missing: apt-get install {package or name}")
    return path


def library(name: str, package: str) -> str:
    """What to load for a shared library, or a failed test."""
    found = find_library(name)
    if found is None:
        pytest.fail(f"lib{name} is missing: apt-get install {package}")
    return found


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    is_ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A process from when it is ready until the block ends; `OSError` with its log when it ends before it is ready."""
    # Where the tests themselves are killed, the kernel ends it with them.
    tied = [program("setpriv", "util-linux"), "--pdeathsig", "KILL", "--", *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            tied,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            try:
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            raise OSError(f"{command[0]} did not start:\n{log.read_text(errors='replace')}")
        yield
    finally:
        process.kill()  # and not terminate(), on which memcached takes a second to end
        process.wait()


def fetch(connection: socket.socket, wanted: Sequence[bytes]) -> dict[bytes, bytes]:
    """What a memcached, or a proxy, answers for the keys; those it does not have are left out."""
    found: dict[bytes, bytes] = {}
    with connection.makefile("rb") as replies:
        for start in range(0, len(wanted), KEYS_PER_GET):
            connection.sendall(b"get %b\r\n" % b" ".join(wanted[start : start + KEYS_PER_GET]))
            while (line := replies.readline()) != b"END\r\n":
                verb, key, _, length = line.split(b" ")
                assert verb == b"VALUE", line
                found[key] = replies.read(int(length))
                assert replies.read(2) == b"\r\n"
    return found


@dataclass(frozen=True)
class NutcrackerPool:
    """Nodes where listeners are, their names, and a pool's settings; an empty one is left out of its configuration."""

    nodes: Sequence[Node]
    distribution: str = "ketama"
    hash: str = "md5"
    hash_tag: str = ""


@contextmanager
def nutcracker(pools: Sequence[NutcrackerPool]) -> Iterator[Callable[[int, Sequence[bytes]], list[int]]]:
    """One nutcracker with these pools. Yields `ask(pool, keys)`: what the backends answered."""
    path = program("nutcracker")
    with ExitStack() as stack:
        # A path in here has to fit into a socket address, so pytest's own long directories do not do.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ring-")))
        config = directory / "nutcracker.yml"
        config.write_text("".join(_section(directory / f"pool{n}", n, pool) for n, pool in enumerate(pools)))
        sockets = [directory / f"pool{n}" for n in range(len(pools))]
        _start_nutcracker(stack, path, config, sockets)

        def ask(pool: int, wanted: Sequence[bytes]) -> list[int]:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(REPLY_SECONDS)
                connection.connect(str(directory / f"pool{pool}"))
                found = fetch(connection, wanted)
            return [int(found[key]) for key in wanted]

        yield ask


def _start_nutcracker(stack: ExitStack, path: str, config: Path, sockets: Sequence[Path]) -> None:
    """Until the block of `stack` ends."""
    log = config.with_suffix(".log")
    for attempt in range(5):
        # It will not start without a port for its statistics, and somebody else can take a free one before it does.
        command = [
            path,
            "--conf-file",
            str(config),
            "--stats-addr",
            "127.0.0.1",
            "--stats-port",
            str(_free_port()),
        ]
        try:
            stack.enter_context(running(command, log, lambda: all(accepts(one) for one in sockets)))
        except OSError:
            if attempt == 4:
                raise
        else:
            return


def _section(socket_path: Path, number: int, pool: NutcrackerPool) -> str:
    servers = "".join(
        f"    - {node.host}:{f'{node.port}:' if node.port else ''}{node.weight}{f' {node.name}' if node.name else ''}\n"
        for node in pool.nodes
    )
    settings = {"distribution": pool.distribution, "hash": pool.hash, "hash_tag": pool.hash_tag}
    given = "".join(f'  {name}: "{value}"\n' for name, value in settings.items() if value)
    return (
        f"pool{number}:\n  listen: {socket_path} 0600\n  timeout: {REPLY_SECONDS * 1000}\n"
        f"{given}  servers:\n{servers}"
    )


def accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as one:
        port: int = one.getsockname()[1]
        return port


@contextmanager
def memcacheds(directory: Path, count: int) -> Iterator[list[tuple[str, int]]]:
    """As many real memcached processes, each on a port of 127.0.0.1 that the kernel chose."""
    path = program("memcached")
    user = pwd.getpwuid(os.getuid()).pw_name  # it refuses to run as root unless told so
    with ExitStack() as stack:
        addresses: list[tuple[str, int]] = []
        for number in range(count):
            report = directory / f"memcached{number}.port"
            # It writes its port where this variable says, under another name first.
            environment = {"MEMCACHED_PORT_FILENAME": str(report)}
            command = [path, "-l", "127.0.0.1", "-p", "-1", "-U", "0", "-t", "1", "-m", "64", "-u", user]
            log = directory / f"memcached{number}.log"
            stack.enter_context(running(command, log, report.exists, environment))
            addresses.append(("127.0.0.1", int(report.read_text().split()[-1])))
        yield addresses
