"""The systems under test. Each is one process that answers the memcached protocol on a loopback port."""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.failure import BenchError
from bench.processes import Server, free_port, running

BACKENDS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a system lives.

    It has a processor for itself; backends and load generator share load_cpu. Its files go into the directory,
    and `outrider` is the program to run.
    """

    cpu: int
    load_cpu: int
    backends: tuple[Server, ...]
    directory: Path
    outrider: Path


@dataclass(frozen=True, slots=True)
class System:
    name: str
    command: Callable[[Place, int], list[str]]
    is_proxy: bool = True


def memcached_command(port: int) -> list[str]:
    # One thread: both backends share a processor with the load generator, and threads would only take turns.
    return [
        "memcached",
        *("-l", "127.0.0.1"),
        *("-p", str(port)),
        *("-U", "0"),
        *("-t", "1"),
        *("-m", "256"),
        # It refuses to be root unless told so.
        *(("-u", "root") if os.geteuid() == 0 else ()),
    ]


def _memcached(_place: Place, port: int) -> list[str]:
    return memcached_command(port)


def _nutcracker(place: Place, port: int) -> list[str]:
    servers = "".join(f"   - 127.0.0.1:{backend.port}:1\n" for backend in place.backends)
    config = place.directory / "nutcracker.yml"
    config.write_text(f"""\
main:
  listen: 127.0.0.1:{port}
  hash: md5
  distribution: ketama
  auto_eject_hosts: false
  preconnect: true
  servers:
{servers}""")
    # Its statistics have a port of their own that cannot be turned off.
    stats = ["-a", "127.0.0.1", "-s", str(free_port())]
    return ["nutcracker", "-c", str(config), *stats, "-p", str(place.directory / "nutcracker.pid")]


def _outrider(place: Place, port: int) -> list[str]:
    servers = ", ".join(f'"127.0.0.1:{backend.port}"' for backend in place.backends)
    config = place.directory / "outrider.toml"
    config.write_text(f"""\
[proxy]
listen = ["127.0.0.1:{port}"]
admin = ""

[pools.main]
servers = [{servers}]

[log]
level = "warning"
""")
    return [str(place.outrider), "run", "-c", str(config)]


SYSTEMS = {
    system.name: system
    for system in (
        System("nutcracker", _nutcracker),
        System("outrider", _outrider),
        # In the proxy's place: what the client's side alone costs, and how much the load generator can ask.
        System("memcached", _memcached, is_proxy=False),
    )
}
BASELINE = "nutcracker"
DEFAULT_SYSTEMS = ("nutcracker", "outrider", "memcached")


@contextlib.contextmanager
def backends(cpu: int, directory: Path) -> Iterator[tuple[Server, ...]]:
    with contextlib.ExitStack() as stack:
        servers = []
        for number in range(BACKENDS):
            port = free_port()
            log = directory / f"backend-{number}.log"
            server = running(memcached_command(port), port=port, cpu=cpu, log=log)
            servers.append(stack.enter_context(server))
        yield tuple(servers)


@contextlib.contextmanager
def started(system: System, place: Place) -> Iterator[Server]:
    port = free_port()
    command = system.command(place, port)
    with running(command, port=port, cpu=place.cpu, log=place.directory / f"{system.name}.log") as server:
        yield server


def keys_read(server: Server) -> int:
    """How many keys this memcached was asked for since it started."""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5.0) as client,
        client.makefile("rb") as lines,
    ):
        client.sendall(b"stats\r\n")
        for line in lines:
            if line.startswith(b"STAT cmd_get "):
                return int(line.split()[2])
    raise BenchError("memcached does not count its gets")


def needs_outrider(names: Sequence[str]) -> bool:
    return any(name.startswith("outrider") for name in names)
