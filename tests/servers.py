"""Real processes for the tests: memcached and Outrider itself, on free ports, ended by their own ids."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

DEADLINE: Final = 10.0  # s; how long anything may take to come up or go away


class MissingServerError(Exception):
    """A server that the tests need is not installed. Never a skip: what was not run was not shown."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    """Poll until `condition` holds; fails with `what` was waited for."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.005)


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _state(task: Path) -> str:
    """The letter that /proc shows for a thread's state."""
    return (task / "stat").read_text().rpartition(")")[2].split()[0]


class Process:
    """A child process that does not outlive its block."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    @property
    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def spawn(self, command: list[str], log: Path | None = None, **options: object) -> None:
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else subprocess.DEVNULL
            self.child = subprocess.Popen(  # type: ignore[call-overload]
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options
            )

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait_stopped(self) -> None:
        """Wait until a SIGSTOP has stopped every thread: until then one of them may still serve."""
        tasks = Path(f"/proc/{self.pid}/task")

        def is_stopped() -> bool:
            return all(_state(task) == "T" for task in tasks.iterdir())

        wait_until(is_stopped, f"process {self.pid} is stopped")

    def kill(self) -> None:
        """Kill -9, also of a stopped process; returns when it is gone."""
        if self.child is not None:
            if self.child.poll() is None:
                self.child.kill()
            self.child.wait(DEADLINE)

    def wait(self, deadline: float = DEADLINE) -> int:
        """Its exit code."""
        assert self.child is not None
        return self.child.wait(deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class Memcached(Process):
    """A real memcached on loopback.

    :param options: more of its own, as ``-m 8`` or ``-M``
    """

    def __init__(self, *options: str, port: int | None = None) -> None:
        super().__init__()
        self.port = port or free_port()
        self._options = options
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, or start it again on the same port."""
        program = shutil.which("memcached")
        if program is None:
            raise MissingServerError("memcached is not installed (Debian: apt-get install memcached)")
        user = ["-u", "root"] if os.geteuid() == 0 else []
        self.spawn([program, "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", *user, *self._options])
        wait_until(lambda: accepts(self.port) or not self.is_running, f"memcached listens on {self.port}")
        assert self.is_running, f"memcached did not start on {self.port}"

    def stop(self) -> None:
        """SIGSTOP: it hangs, its kernel does not."""
        self.signal(signal.SIGSTOP)
        self.wait_stopped()

    def resume(self) -> None:
        self.signal(signal.SIGCONT)


class Outrider(Process):
    """Outrider as users run it: ``outrider run -c FILE``.

    :param config: the TOML text without ``listen`` and ``admin``; ``[proxy]`` keys go into `proxy`
    """

    def __init__(self, config: str, proxy: str = "", listen: str | None = None) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory(prefix="outrider-")
        self.directory = Path(self._directory.name)
        self.port = free_port()
        self.log = self.directory / "log"
        self.file = self.directory / "outrider.toml"
        listen = listen or f'["127.0.0.1:{self.port}"]'
        self.file.write_text(f'[proxy]\nlisten = {listen}\nadmin = ""\n{proxy}\n{config}\n')
        self.start()

    def start(self) -> None:
        self.spawn([sys.executable, "-m", "proxy", "run", "-c", str(self.file)], self.log)
        wait_until(lambda: b"listening" in self.output() or not self.is_running, "Outrider listens")
        assert self.is_running, self.output().decode()

    def output(self) -> bytes:
        """What it has logged."""
        return self.log.read_bytes() if self.log.exists() else b""

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def resident(self) -> int:
        """Resident memory in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def stats(self, section: str = "") -> dict[str, str]:
        with Wire(self.port) as wire:
            reply = wire.ask(f"stats {section}\r\n".encode(), b"END\r\n")
        lines = [line.split(" ", 2) for line in reply.decode().splitlines()[:-1]]
        return {line[1]: line[2] for line in lines}

    def wait_live(self) -> None:
        """Wait until every backend is connected."""
        wait_until(
            lambda: all(
                value == "live" for name, value in self.stats("backends").items() if name.endswith("state")
            ),
            "all backends are live",
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        if kind is not None:
            sys.stderr.write(self.output().decode(errors="replace")[-4000:])
        self._directory.cleanup()


def pool(*addresses: str, options: str = "", name: str = "main") -> str:
    """The TOML of one pool."""
    servers = ", ".join(f'"{address}"' for address in addresses)
    return f"[pools.{name}]\nservers = [{servers}]\n{options}\n"


class Wire:
    """A raw client: exact bytes in, exact bytes out, each wait bounded."""

    def __init__(self, port: int, timeout: float = DEADLINE) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read_until(self, end: bytes) -> bytes:
        """Everything up to and with `end`. Raises EOFError with what came when the connection ends before."""
        while end not in self._rest:
            received = self.sock.recv(65536)
            if not received:
                raise EOFError(self._rest)
            self._rest += received
        position = self._rest.index(end) + len(end)
        result, self._rest = self._rest[:position], self._rest[position:]
        return result

    def read_exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            received = self.sock.recv(65536)
            if not received:
                raise EOFError(self._rest)
            self._rest += received
        result, self._rest = self._rest[:size], self._rest[size:]
        return result

    def read_to_end(self) -> bytes:
        """Everything until the other side closes."""
        with contextlib.suppress(ConnectionResetError):
            while received := self.sock.recv(65536):
                self._rest += received
        result, self._rest = self._rest, b""
        return result

    def unread(self) -> bytes:
        """What has come and was not asked for."""
        result, self._rest = self._rest, b""
        return result

    def ask(self, data: bytes, end: bytes = b"\r\n") -> bytes:
        self.send(data)
        return self.read_until(end)

    def close(self) -> None:
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextlib.contextmanager
def running(*processes: Process) -> Iterator[None]:
    """End all of them at the end of the block."""
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.enter_context(process)
        yield
