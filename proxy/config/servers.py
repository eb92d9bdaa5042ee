"""The `servers` of a pool: backends named one by one, and sources that tell them at run time."""

import re
from typing import Annotated, Final, Literal

from msgspec import Struct

from proxy.config.address import ServerAddress, UnixAddress, canonical, parse_server
from proxy.config.paths import Path, quoted, render
from proxy.config.problems import RefusedError
from proxy.config.reading import INVALID, Reader, Reading, Scalar, describe
from proxy.config.scalars import Count, ServerLocation, ServerName, expect_text
from proxy.config.tables import Fields, Table

_SCHEMES: Final[dict[str, Literal["dns", "dnssrv", "elasticache"]]] = {
    "dns+": "dns",
    "dnssrv+": "dnssrv",
    "elasticache+": "elasticache",
}
_RANGE: Final = re.compile(r"\{[0-9]+\.\.[0-9]+\}")


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

    :ivar target: what stands behind the scheme; for a range the whole entry with its ``{0..2}``
    """

    kind: Literal["dns", "dnssrv", "elasticache", "range"]
    target: str


#: Takes the place of an entry that was refused, so that later problems name the right index.
_STAND_IN: Final = Server(address=UnixAddress("/"))


class _Source(Scalar):
    """`servers` as one string."""

    def convert(self, value: object) -> object:
        text = str(value)
        for scheme, kind in _SCHEMES.items():
            if text.startswith(scheme):
                return Discovery(kind=kind, target=text.removeprefix(scheme))
        if _RANGE.search(text):
            return Discovery(kind="range", target=text)
        raise RefusedError(f"expected an array, as [{quoted(text)}], got a string")


class _Entry(Scalar):
    """A string in the array `servers`."""

    def convert(self, value: object) -> object:
        text = expect_text(value, 'an address, as "10.0.0.1:11211", or a table { address, name, weight }')
        for scheme in _SCHEMES:
            if text.startswith(scheme):
                raise RefusedError(f'discovery stands alone, without brackets: servers = "{scheme}…"')
        if _RANGE.search(text):
            return Discovery(kind="range", target=text)
        return Server(address=parse_server(text))


class Servers(Reader):
    """Fills `servers` and `discovery`."""

    def read(self, value: object, path: Path, reading: Reading) -> object:
        if isinstance(value, str):
            source = _Source().read(value, path, reading)
            return INVALID if source is INVALID else Fields(discovery=(source,))
        if not isinstance(value, list):
            return reading.refuse(path, f'expected an array, as ["10.0.0.1:11211"], got {describe(value)}')
        servers: list[Server] = []
        ranges: list[Discovery] = []
        paths: dict[object, Path] = {}
        for index, entry in enumerate(value):
            reader = Table(Server) if isinstance(entry, dict) else _Entry()
            server = reader.read(entry, (*path, index), reading)
            if isinstance(server, Discovery):
                ranges.append(server)
            elif isinstance(server, Server):
                self._refuse_repeated(server, (*path, index), paths, reading)
                servers.append(server)
            else:
                servers.append(_STAND_IN)
        return Fields(servers=tuple(servers), discovery=tuple(ranges))

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
