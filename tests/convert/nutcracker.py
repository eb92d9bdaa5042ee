"""The real nutcracker with a file as operators write it."""

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.ring.oracles import REPLY_SECONDS, fetch, program, running
from tests.servers import free_port


@contextmanager
def nutcracker(config: Path, sockets: Sequence[Path]) -> Iterator[None]:
    """It runs with `config`, whose pools listen on `sockets`, until the block ends."""
    with ExitStack() as stack:
        for attempt in range(5):
            # It will not start without a port for its statistics, and another process can take a free one first.
            command = [program("nutcracker"), "--conf-file", str(config), "--stats-port", str(free_port())]
            try:
                log = config.with_suffix(".log")
                stack.enter_context(running(command, log, lambda: all(_accepts(one) for one in sockets)))
                break
            except OSError:
                if attempt == 4:
                    raise
        yield


def takes(config: Path) -> bool:
    """Whether nutcracker would start with `config`."""
    command = [program("nutcracker"), "--test-conf", "--conf-file", str(config)]
    return subprocess.run(command, capture_output=True, timeout=REPLY_SECONDS, check=False).returncode == 0


@contextmanager
def connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(REPLY_SECONDS)
        connection.connect(str(path))
        yield connection


def answers(path: Path, keys: Sequence[bytes]) -> list[int]:
    """What the listeners behind the pool at `path` say about each key."""
    with connected(path) as connection:
        found = fetch(connection, keys)
    return [int(found[key]) for key in keys]


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0
