"""Where things listen and where backends are: addresses as the file writes them."""

import ipaddress
import re
from typing import Final

from msgspec import Struct

from proxy.config.paths import quoted
from proxy.config.problems import RefusedError

#: The system's resolver does not fail but raise on empty or longer labels.
_LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(\.{_LABEL})*\.?")
_NUMERIC_HOST: Final = re.compile(r"[0-9.]+")
#: The name of a pool or a memory store: it becomes a label of metrics and a part of log lines.
NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_WILDCARDS: Final = ("0.0.0.0", "::")
#: What fits into sockaddr_un of Linux next to its final NUL, in bytes.
_LONGEST_SOCKET_PATH: Final = 107


class TcpAddress(Struct, frozen=True):
    """:ivar host: a name or an IP literal, without brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class UnixAddress(Struct, frozen=True):
    """:ivar path: absolute."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


class MemoryAddress(Struct, frozen=True):
    """A store inside of this process; `name` is a key of `Config.memory`."""

    name: str

    def __str__(self) -> str:
        return f"memory://{self.name}"


ListenAddress = TcpAddress | UnixAddress
ServerAddress = TcpAddress | UnixAddress | MemoryAddress


def parse_listen(text: str) -> ListenAddress:
    """``host:port``, ``[v6]:port`` or ``unix:/path``; port 0 is any free one.

    :raises RefusedError:
    """
    if text.startswith("unix:"):
        return _parse_unix(text)
    return _parse_tcp(text, first_port=0)


def parse_server(text: str) -> ServerAddress:
    """An address as for `parse_listen`, though never with port 0, or ``memory://name``.

    :raises RefusedError:
    """
    if text.startswith("memory:"):
        name = text.removeprefix("memory://")
        if not NAME.fullmatch(name) or name == text:
            raise RefusedError(f'{quoted(text)} names no store: write "memory://NAME"')
        return MemoryAddress(name)
    if text.startswith("unix:"):
        return _parse_unix(text)
    return _parse_tcp(text, first_port=1)


def _parse_unix(text: str) -> UnixAddress:
    path = text.removeprefix("unix:")
    if not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise RefusedError(f'{quoted(text)} is not the path of a socket: write "unix:/absolute/path"')
    if len(path.encode(errors="surrogateescape")) > _LONGEST_SOCKET_PATH:
        raise RefusedError(f"the path of a socket may be at most {_LONGEST_SOCKET_PATH} bytes long")
    return UnixAddress(path)


def _parse_tcp(text: str, *, first_port: int) -> TcpAddress:
    if "://" in text:
        raise RefusedError(f'{quoted(text)} is not an address: write "host:port", without a scheme')
    if text.startswith("["):
        host, bracket, port = text[1:].rpartition("]:")
        if not bracket:
            raise RefusedError(f'{quoted(text)} has no port: write "[::1]:11211"')
        if not (":" in host and is_ip(host)):
            raise RefusedError(f"{quoted(host)} is not an IPv6 address")
    else:
        host, colon, port = text.rpartition(":")
        if ":" in host:
            raise RefusedError(
                f'{quoted(text)} is ambiguous: an IPv6 address stands in brackets, as "[::1]:11211"'
            )
        if not colon:
            raise RefusedError(f'{quoted(text)} has no port: write "host:port"')
        if host in ("", "*"):
            raise RefusedError(f'{quoted(text)} has no host: "0.0.0.0:{port}" is every interface')
        if not is_host(host):
            raise RefusedError(f"{quoted(host)} is neither a host name nor an IP address")
    if not (port.isdecimal() and port.isascii() and len(port) <= 5 and first_port <= int(port) <= 65535):
        raise RefusedError(f"{quoted(port)} is not a port: a number from {first_port} to 65535")
    return TcpAddress(host, int(port))


def is_host(text: str) -> bool:
    """Whether `text` can be the name of a host or its IPv4 address."""
    return bool(_HOST.fullmatch(text)) and (not _NUMERIC_HOST.fullmatch(text) or is_ip(text))


def is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def canonical(address: ServerAddress) -> ServerAddress:
    """What equal addresses have in common, however they are written. Names are not resolved."""
    if not isinstance(address, TcpAddress):
        return address
    host = str(ipaddress.ip_address(address.host)) if is_ip(address.host) else address.host.lower()
    return TcpAddress(host, address.port)


def collide(one: ListenAddress, other: ListenAddress) -> bool:
    """Whether two listeners cannot exist at the same time. Names are not resolved."""
    if not isinstance(one, TcpAddress) or not isinstance(other, TcpAddress):
        return one == other
    if one.port != other.port or one.port == 0:
        return False
    return (
        canonical(one) == canonical(other) or _covers(one.host, other.host) or _covers(other.host, one.host)
    )


def reaches(server: ServerAddress, listener: ListenAddress) -> bool:
    """Whether a connection to `server` certainly ends at `listener`. Names are not resolved."""
    if canonical(server) == canonical(listener):
        return True
    if (
        not isinstance(server, TcpAddress)
        or not isinstance(listener, TcpAddress)
        or server.port != listener.port
    ):
        return False
    if server.host.lower() == "localhost":
        return listener.host in ("127.0.0.1", "::1", *_WILDCARDS)
    return _covers(listener.host, server.host) and ipaddress.ip_address(server.host).is_loopback


def _covers(wildcard: str, host: str) -> bool:
    """Whether `wildcard` stands for every address of the family of `host`, an IP literal."""
    return wildcard in _WILDCARDS and is_ip(host) and (":" in wildcard) == (":" in host)
