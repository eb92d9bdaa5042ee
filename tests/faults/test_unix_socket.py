"""The unix socket's file: gone when the proxy has ended, and replaced only where nobody answers on it."""

import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import DEADLINE, Memcached, Outrider, free_port, pool


@pytest.fixture(name="path")
def _path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="outrider-") as directory:
        yield Path(directory) / "socket"


@pytest.fixture(name="memcached", scope="module")
def _memcached() -> Iterator[Memcached]:
    with Memcached() as memcached:
        yield memcached


def _outrider(memcached: Memcached, path: Path) -> Outrider:
    """One that listens on the path as well as on a port."""
    port = free_port()
    outrider = Outrider(pool(memcached.address), listen=f'["127.0.0.1:{port}", "unix:{path}"]')
    outrider.port = port
    return outrider


def _second(first: Outrider) -> subprocess.CompletedProcess[bytes]:
    """What another Outrider says that wants the same path; it listens on no port."""
    text = first.file.read_text().replace(f'"127.0.0.1:{first.port}", ', "")
    file = first.directory / "second.toml"
    file.write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "proxy", "run", "-c", str(file)],
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )


def _ask(path: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(DEADLINE)
        sock.connect(str(path))
        sock.sendall(b"set k 0 0 1\r\nv\r\nquit\r\n")
        received = b""
        while data := sock.recv(100):
            received += data
        return received


def test_it_serves_and_is_removed_at_the_end(memcached: Memcached, path: Path) -> None:
    with _outrider(memcached, path) as outrider:
        outrider.wait_live()
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert _ask(path) == b"STORED\r\n"
        assert outrider.terminate() == 0
        assert not path.exists()


def test_it_is_not_taken_from_a_process_that_answers(memcached: Memcached, path: Path) -> None:
    with _outrider(memcached, path) as outrider:
        outrider.wait_live()
        second = _second(outrider)
        assert second.returncode == 1
        assert b"another process is listening on it" in second.stderr
        assert _ask(path) == b"STORED\r\n"


def test_one_that_a_killed_process_left_is_replaced(memcached: Memcached, path: Path) -> None:
    with _outrider(memcached, path) as outrider:
        outrider.kill()
        assert path.exists()
        outrider.log.unlink()
        outrider.start()
        outrider.wait_live()
        assert _ask(path) == b"STORED\r\n"


def test_a_file_that_is_no_socket_is_left_alone(memcached: Memcached, path: Path) -> None:
    path.write_text("precious")
    with tempfile.TemporaryDirectory(prefix="outrider-") as directory:
        file = Path(directory) / "outrider.toml"
        file.write_text(f'[proxy]\nlisten = ["unix:{path}"]\nadmin = ""\n{pool(memcached.address)}')
        command = [sys.executable, "-m", "proxy", "run", "-c", str(file)]
        ended = subprocess.run(command, capture_output=True, timeout=DEADLINE, check=False)
    assert ended.returncode == 1
    assert b"is no socket" in ended.stderr
    assert path.read_text() == "precious"
