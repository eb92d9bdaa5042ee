"""A server as a ring sees it."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, final

MAX_PORT: Final = 65535
MAX_WEIGHT: Final = (
    2**31 - 1
)  # what every implementation we agree with can read: twemproxy keeps it in an int


@final
@dataclass(frozen=True, slots=True)
class Node:
    """A server: where it is, who it is, and how much of the keys it should get.

    host: as the clients to agree with spell it, for the rings hash the spelling: "cache-1" and "cache-1.example" are
        different nodes. An IPv6 address stands without brackets. A Unix socket is its path, with port 0.
    port: 0 … 65535.
    name: the server's identity on the ring where it is not empty; the address then no longer matters, so a server
        that comes back elsewhere under its name keeps its keys.
    weight: 1 … 2**31 - 1, relative to the weights of the other nodes. (libmemcached takes 0 for 1; twemproxy refuses it.)
    resolved: the IP address that `host` stands for, without brackets. Java's clients hash it beside the host, so the
        distributions `spymemcached` and `evcache` need it of a node whose host is a name and that has no `name` of its
        own; nothing else looks at it. A ring does not resolve: who builds it passes in what the resolver said, and
        when that changes, keys move, as they do in those clients.

    Raises `ValueError` for a value out of range, an empty host, or a `resolved` that is not an IP address.
    """

    host: str
    port: int
    name: str = ""
    weight: int = 1
    resolved: str = ""

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("a node needs a host")
        if not 0 <= self.port <= MAX_PORT:
            raise ValueError(f"port of node {self.host!r} is {self.port}, not 0 to {MAX_PORT}")
        if not 1 <= self.weight <= MAX_WEIGHT:
            raise ValueError(f"weight of node {self.host!r} is {self.weight}, not 1 to {MAX_WEIGHT}")
        if self.resolved:
            try:
                ip_address(self.resolved)
            except ValueError as error:
                raise ValueError(f"node {self.host!r} resolves to no IP address: {error}") from None
