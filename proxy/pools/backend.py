"""A backend: one memcached of a pool, with the links to it."""

from collections.abc import Iterator, Sequence
from typing import final

from proxy.config import TcpAddress, UnixAddress
from proxy.dataplane.link import Link


@final
class Backend:
    """One memcached.

    :ivar label: ``pool.name``, for stats and the log
    :ivar links: its connections
    """

    __slots__ = ("address", "label", "links")

    def __init__(self, label: str, address: TcpAddress | UnixAddress, links: Sequence[Link]) -> None:
        self.label = label
        self.address = address
        self.links = tuple(links)

    def report(self) -> Iterator[tuple[str, object]]:
        yield "address", self.address
        for index, link in enumerate(self.links):
            prefix = f"connection_{index}_" if len(self.links) > 1 else ""
            yield f"{prefix}state", link.state
            yield f"{prefix}in_flight", link.in_flight
            yield f"{prefix}fences", link.fences
            if link.last_error:
                yield f"{prefix}last_error", link.last_error
