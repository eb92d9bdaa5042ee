"""Servers as child processes: pinned to one processor, on a free loopback port, ended by their own handle."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.failure import BenchError

START_SECONDS = 15.0
STOP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def pinned(cpu: int | None) -> Callable[[], None]:
    """What a child does before exec: take its processor, and die with us even when we are killed."""

    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})

    return prepare


@contextlib.contextmanager
def running(command: Sequence[str], *, port: int, cpu: int | None, log: Path) -> Iterator[Server]:
    """The server while the block runs, ready to answer from every one of its backends.

    It is no child of the terminal, so that Ctrl-C reaches us alone and the end is orderly.
    """
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=log.parent,
                start_new_session=True,
                preexec_fn=pinned(cpu),  # noqa: PLW1509  no threads here
            )
        except OSError as error:
            raise BenchError(f"cannot start {command[0]}: {error}") from None
    try:
        _wait_ready(process, port)
        yield Server(process.pid, port)
        _check_alive(process)
    except (BenchError, OSError) as error:
        # Whatever was noticed first, the server's own last words say more.
        raise BenchError(f"{error}\n{command[0]} printed: {_tail(log)}") from error
    finally:
        _stop(process)


def _check_alive(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        raise BenchError(f"it ended by itself with {process.returncode}")


def _wait_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        _check_alive(process)
        if time.monotonic() > deadline:
            raise BenchError(f"not ready after {START_SECONDS:.0f} s")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    """Whether a get of so many keys that every backend has some is answered without an error."""
    request = b"get " + b" ".join(b"bench:ready:%d" % number for number in range(64)) + b"\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as client:
            client.sendall(request)
            return client.recv(4096) == b"END\r\n"
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-2000:] or "nothing"
