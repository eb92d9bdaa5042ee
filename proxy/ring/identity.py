"""What stands for a node on the ring, as each library spells it.

Everywhere the node's name comes first: none of the libraries but twemproxy knows names, so a name can also be the very
string that a library would make, where what is written here does not give it.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from struct import unpack
from typing import Final

from proxy.ring.node import Node

MEMCACHED_PORT: Final = 11211


def libmemcached_identity(node: Node) -> str:
    """Name, else the host when the port is 11211, else "host:port"; of a Unix socket "path:0"."""
    if node.name:
        return node.name
    if node.port == MEMCACHED_PORT:
        return node.host
    return f"{node.host}:{node.port}"


def twemproxy_identity(node: Node) -> str:
    """As libmemcached's, but of a Unix socket "path:"."""
    if node.name or node.port:
        return libmemcached_identity(node)
    return f"{node.host}:"


def twemproxy_order(nodes: Sequence[Node]) -> list[int]:
    """The indices of the nodes as nutcracker sorts its servers: by identity, shorter ones first, else byte by byte."""
    identities = [twemproxy_identity(node).encode() for node in nodes]
    return sorted(range(len(nodes)), key=lambda index: (len(identities[index]), identities[index]))


def plain_identity(node: Node) -> str:
    """Name, else "host:port" whatever the port is, or the path of a Unix socket. Ruby's, Python's and ours."""
    if node.name or not node.port:
        return node.name or node.host
    return f"{node.host}:{node.port}"


def spymemcached_identity(node: Node) -> str:
    """Name, else Java's `InetSocketAddress.toString()` less a leading slash: "host/ip:port", "ip:port" of an IP literal.

    An IPv6 address stands in brackets, as Java has it since version 14. Raises `ValueError` for a host name without
    `Node.resolved`.
    """
    if node.name or not node.port:
        return node.name or node.host
    literal = _ip(node.host)
    if literal is not None:
        return f"{_bracketed(literal)}:{node.port}"
    return f"{node.host}/{_bracketed(_resolved(node))}:{node.port}"


def evcache_identity(node: Node) -> str:
    """Name, else "host/ip:11211", whatever the port is; an IP literal stands on both sides.

    (EVCache asks Java for the name of an IP literal, which is the literal itself unless a reverse lookup finds more;
    then give the node that name as its host, and the address as `Node.resolved`.) Raises `ValueError` as above.
    """
    if node.name or not node.port:
        return node.name or node.host
    literal = _ip(node.host)
    if literal is not None:
        return f"{_java(literal)}/{_java(literal)}:{MEMCACHED_PORT}"
    return f"{node.host}/{_java(_resolved(node))}:{MEMCACHED_PORT}"


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # as Java takes it
    return address


def _resolved(node: Node) -> IPv4Address | IPv6Address:
    address = _ip(node.resolved)
    if address is None:
        raise ValueError(f"node {node.host!r} needs its resolved address here, or a name")
    return address


def _java(address: IPv4Address | IPv6Address) -> str:
    """`InetAddress.getHostAddress()`: of IPv6 all eight groups, none shortened."""
    if isinstance(address, IPv4Address):
        return str(address)
    return ":".join(f"{group:x}" for group in unpack(">8H", address.packed))


def _bracketed(address: IPv4Address | IPv6Address) -> str:
    return _java(address) if isinstance(address, IPv4Address) else f"[{_java(address)}]"
