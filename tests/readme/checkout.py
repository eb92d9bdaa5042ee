"""A copy of the project as somebody has it who just got it: its files, nothing installed, no settings."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.readme.document import ROOT, blocks
from tests.servers import DEADLINE, free_port, wait_until

#: How this machine reaches a package index is not part of the project, and not to be found out anew.
_NETWORK = ("PIP_", "SSL_", "REQUESTS_", "CURL_", "HTTP_", "HTTPS_", "NO_", "http_", "https_", "no_")


class Checkout:
    """The files under version control, and those that are about to be, in a directory of their own.

    :ivar port: where this copy's Outrider is told to listen, as 11211 may be somebody else's
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "outrider"
        self.port = free_port()
        home = directory / "home"
        home.mkdir()
        settings = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))
        self.env = {
            **{name: value for name, value in os.environ.items() if name.startswith(_NETWORK)},
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(settings),  # pip's, as above
            "LANG": "C.UTF-8",
        }
        for name in self._names():
            # A file may be listed and just have been removed.
            if (ROOT / name).is_file():
                (self.directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.directory / name)

    @staticmethod
    def _names() -> list[str]:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        output = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        return [name for name in output.decode().split("\0") if name]

    def run(self, command: str, timeout: float = 120) -> str:
        """Run it in the shell, as it would be typed; what it printed. It has to succeed."""
        done = subprocess.run(
            command, shell=True, cwd=self.directory, env=self.env, capture_output=True, timeout=timeout,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
        return done.stdout.decode()

    def install(self) -> None:
        """What `make run` installs, where it has not yet."""
        self.run("make .venv/.installed")

    def write_config(self, *addresses: str) -> None:
        """README's own configuration, with servers that are there."""
        text = blocks("toml")[0]
        for number, address in enumerate(addresses, 1):
            text = text.replace(f"10.0.0.{number}:11211", address)
        assert "10.0.0." not in text
        listen = f'[proxy]\nlisten = ["127.0.0.1:{self.port}"]\n'
        (self.directory / "outrider.toml").write_text(listen + text)

    @contextlib.contextmanager
    def running(self, command: str, deadline: float = DEADLINE) -> Iterator["Started"]:
        """Run it in a group of its own, as a terminal does, until it says that it listens."""
        with Started(command, self) as started:
            wait_until(
                lambda: "listening on" in started.output() or not started.is_running, command, deadline
            )
            assert started.is_running, started.output()
            yield started


class Started:
    """A command that keeps running, with all the processes that it starts."""

    def __init__(self, command: str, checkout: Checkout) -> None:
        descriptor, name = tempfile.mkstemp(dir=checkout.directory.parent)
        self._log = Path(name)
        with os.fdopen(descriptor, "wb") as log:
            self._child = subprocess.Popen(
                command, shell=True, cwd=checkout.directory, env=checkout.env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def is_running(self) -> bool:
        return self._child.poll() is None

    def output(self) -> str:
        return self._log.read_text()

    def interrupt(self) -> int:
        """Ctrl-C: the terminal sends SIGINT to all of them. The exit code of the command."""
        os.killpg(self._child.pid, signal.SIGINT)
        return self._child.wait(DEADLINE)

    def interrupt_outrider(self) -> int:
        """SIGINT to the proxy alone. The exit code of the command."""
        (pid,) = [
            member
            for member in self._members()
            if (member / "cmdline").read_bytes().split(b"\0")[1:2] == [b".venv/bin/outrider"]
        ]
        os.kill(int(pid.name), signal.SIGINT)
        return self._child.wait(DEADLINE)

    def _members(self) -> list[Path]:
        """Its processes, by their directories in /proc."""
        members = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if int((process / "stat").read_text().rpartition(")")[2].split()[3]) == self._child.pid:
                    members.append(process)
        return members

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(DEADLINE)
