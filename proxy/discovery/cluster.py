r"""The configuration of an ElastiCache or Memorystore cluster as its endpoint writes it. Sans-IO.

The reply to ``config get cluster``::

    CONFIG cluster 0 <length>\r\n
    <version>\n
    <host>|<ip>|<port> <host>|<ip>|<port> …\n
    \r\n
    END\r\n

The length counts the two lines in the middle; the ip may be missing. After "Adding Auto Discovery To Your Client
Library" in Amazon's manual of ElastiCache.
"""

import re
from dataclasses import dataclass
from typing import Final, final

from proxy.config import TcpAddress
from proxy.config.address import is_host
from proxy.discovery.answers import DiscoveryError
from proxy.discovery.members import Member, address_rank, distinct_names

ASK: Final = b"config get cluster\r\n"
#: Bytes. ElastiCache ends at some hundred nodes of some hundred bytes each.
MAX_CONFIGURATION: Final = 256 * 1024

_MAX_LINE: Final = 256
_HEADER: Final = re.compile(rb"CONFIG cluster [0-9]{1,10} ([0-9]{1,10})")
_VERSION: Final = re.compile(r"[0-9]{1,18}")
_HOST: Final = re.compile(r"[!-~]{1,255}")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_END: Final = b"\r\nEND\r\n"


@final
@dataclass(frozen=True, slots=True)
class Configuration:
    """What a cluster consists of.

    :ivar version: grows with every change
    """

    version: int
    members: tuple[Member, ...]


def read_configuration(data: bytes | bytearray) -> Configuration | None:
    """The configuration in a reply, or None until `data` is all of it.

    The identity of a node is its host name, its address the ip where there is one. Raises `DiscoveryError` for
    anything else than a configuration, an error line of the server included.
    """
    line_end = data.find(b"\r\n", 0, _MAX_LINE)
    if line_end < 0:
        if len(data) >= _MAX_LINE:
            raise DiscoveryError(f"no line end in {_MAX_LINE} bytes")
        return None
    header = _HEADER.fullmatch(data, 0, line_end)
    if header is None:
        raise DiscoveryError(f"answered {_shown(data[:line_end])}")
    length = int(header[1])
    if length > MAX_CONFIGURATION:
        raise DiscoveryError(f"a configuration of {length} bytes announced")
    start = line_end + 2
    end = start + length + len(_END)
    if len(data) < end:
        return None
    if data[start + length :] != _END:
        raise DiscoveryError("the configuration does not end where its length says")
    return _parse(bytes(data[start : start + length]))


def _parse(payload: bytes) -> Configuration:
    try:
        lines = payload.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise DiscoveryError(f"a configuration that is not ASCII: {_shown(payload)}") from None
    if len(lines) < 2 or any(line.strip() for line in lines[2:]) or not _VERSION.fullmatch(lines[0].strip()):
        raise DiscoveryError(f"a configuration without version and nodes: {_shown(payload)}")
    addresses = dict(_node(text) for text in lines[1].split())
    names = distinct_names(addresses)
    members = tuple(Member(TcpAddress(ip, place[1]), names[place]) for place, ip in addresses.items())
    return Configuration(int(lines[0]), members)


def _node(text: str) -> tuple[tuple[str, int], str]:
    """(host, port), and where to connect."""
    fields = text.split("|")
    if len(fields) == 3 and _PORT.fullmatch(fields[2]) and 0 < int(fields[2]) < 65536:
        host, ip = fields[0] or fields[1], fields[1] or fields[0]
        if _HOST.fullmatch(host) and _is_reachable(ip):
            return (host.lower(), int(fields[2])), ip
    raise DiscoveryError(f"a node that is not host|ip|port: {_shown(text.encode())}")


def _is_reachable(text: str) -> bool:
    """Whether something can be connected to under this name, as far as the name goes."""
    return is_host(text) or address_rank(text)[0] == 6


def _shown(data: bytes | bytearray) -> str:
    return repr(bytes(data[:80]))
