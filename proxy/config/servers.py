"""The `servers` of a pool: backends named one by one or by ranges, and sources that tell them at run time."""

from typing import Annotated, Final, Literal

from msgspec import Struct

from proxy.config.address import (
    ServerAddress,
    TcpAddress,
    UnixAddress,
    canonical,
    is_host,
    parse_server,
)
from proxy.config.paths import Path, quoted, render
from proxy.config.problems import RefusedError
from proxy.config.ranges import expand_ranges, has_range
from proxy.config.reading import INVALID, Reader, Reading, Scalar, describe
from proxy.config.scalars import Count, ServerLocation, ServerName, expect_text
from proxy.config.tables import Fields, Table

_SCHEMES: Final[dict[str, Literal["dns", "dnssrv", "elasticache"]]] = {
    "dns+": "dns",
    "dnssrv+": "dnssrv",
    "elasticache+": "elasticache",
}


class Server(Struct, frozen=True, kw_only=True):
    """One backend.

    :ivar name: its identity on the ring and in metrics; empty when it has none but its address
    :ivar weight: its share of the keys, relative to the others'
    """

    address: Annotated[ServerAddress, ServerLocation()]
    name: Annotated[str, ServerName()] = ""
    weight: Annotated[int, Count(1, 1_000_000)] = 1

    @property
    def label(self) -> str:
        return self.name or str(self.address)


class Discovery(Struct, frozen=True, kw_only=True):
    """A source of servers.

    :ivar target: ``host:port``, or for dnssrv the name of the service
    """

    kind: Literal["dns", "dnssrv", "elasticache"]
    target: str

    def __str__(self) -> str:
        return f"{self.kind}+{self.target}"


#: Takes the place of an entry that was refused, so that later problems name the right index.
_STAND_IN: Final = Server(address=UnixAddress("/"))


class _Source(Scalar):
    """`servers` as one string: a source, or servers by a range."""

    def convert(self, value: object) -> object:
        text = str(value)
        for scheme, kind in _SCHEMES.items():
            if text.startswith(scheme):
                target = text.removeprefix(scheme)
                _check_target(kind, target)
                return Discovery(kind=kind, target=target)
        if has_range(text):
            return _expand(text)
        raise RefusedError(f"expected an array, as [{quoted(text)}], got a string")


def _check_target(kind: str, target: str) -> None:
    if kind == "dnssrv":
        if not is_host(target):
            raise RefusedError(
                f'{quoted(target)} names no service: write "dnssrv+_memcache._tcp.NAME"; '
                "ports come from the records"
            )
    elif not isinstance(parse_server(target), TcpAddress):
        raise RefusedError(f'{quoted(target)} is not "host:port"')


class _Entry(Scalar):
    """A string in the array `servers`."""

    def convert(self, value: object) -> object:
        text = expect_text(value, 'an address, as "10.0.0.1:11211", or a table { address, name, weight }')
        for scheme in _SCHEMES:
            if text.startswith(scheme):
                raise RefusedError(f'discovery stands alone, without brackets: servers = "{scheme}…"')
        return _expand(text)


def _expand(text: str) -> tuple[Server, ...]:
    """The servers that `text` stands for, as if they were written out: the host is the identity of each."""
    return tuple(Server(address=parse_server(address)) for address in expand_ranges(text))


class Servers(Reader):
    """Fills `servers` and `discovery`."""

    def read(self, value: object, path: Path, reading: Reading) -> object:
        if isinstance(value, str):
            source = _Source().read(value, path, reading)
            if isinstance(source, Discovery):
                return Fields(discovery=(source,))
            return INVALID if source is INVALID else Fields(servers=source)
        if not isinstance(value, list):
            return reading.refuse(path, f'expected an array, as ["10.0.0.1:11211"], got {describe(value)}')
        servers: list[Server] = []
        paths: dict[object, Path] = {}
        for index, entry in enumerate(value):
            reader = Table(Server) if isinstance(entry, dict) else _Entry()
            result = reader.read(entry, (*path, index), reading)
            if isinstance(result, Server):
                result = (result,)
            if not isinstance(result, tuple):
                servers.append(_STAND_IN)
                continue
            for server in result:
                self._refuse_repeated(server, (*path, index), paths, reading)
                servers.append(server)
        return Fields(servers=tuple(servers))

    def _refuse_repeated(
        self, server: Server, path: Path, paths: dict[object, Path], reading: Reading
    ) -> None:
        """Two servers with one name would share their points on the ring; with one address, their traffic."""
        for identity, shown in (
            (canonical(server.address), str(server.address)),
            (server.label, server.label),
        ):
            first = paths.setdefault(identity, path)
            if first != path:
                reading.problems.add(path, f"{quoted(shown)} is in this pool already, as {render(first)}")
                return
