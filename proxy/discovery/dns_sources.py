"""The sources ``dns+`` and ``dnssrv+``."""

from collections.abc import Iterable, Mapping, Set as AbstractSet
from typing import Final, final

import trio

from proxy.config import TcpAddress
from proxy.config.address import is_host
from proxy.discovery.answers import LOOK_UP_TIMEOUT, Answer, DiscoveryError
from proxy.discovery.members import MAX_MEMBERS, Member, address_rank, distinct_names
from proxy.discovery.resolver import Addresses, Resolver, Service

_MAX_AT_ONCE: Final = 16  # hosts looked up at a time: many sidecars ask the same name server


@final
class DnsSource:
    """``dns+host:port``: every IPv4 and IPv6 address of the host is a server, and its address its identity.

    A headless service of Kubernetes, mostly. Where its pods have addresses of both families, each would appear
    twice: those pods are better found by ``dnssrv+``.
    """

    __slots__ = ("_address", "_last", "_resolver")

    def __init__(self, address: TcpAddress, resolver: Resolver) -> None:
        self._address = address
        self._resolver = resolver
        self._last: Addresses | None = None

    async def ask(self) -> Answer:
        self._last = _completed(await self._resolver.addresses(self._address.host), self._last)
        members = tuple(Member(TcpAddress(ip, self._address.port)) for ip in self._last.found)
        return Answer(members, self._last.ttl, self._last.trouble)


@final
class SrvSource:
    """``dnssrv+_service._proto.name``: every SRV record of the lowest priority is a server, and its host its identity.

    A host's address is its lowest IPv4 address, or without one its lowest IPv6 address, so that all proxies find the
    same. A host that cannot be resolved is a member all the same, or else the rings of two proxies would differ: it
    keeps its last known address, and one that never had any is left, under its name, to whoever connects.

    Weight 0 counts as 1. The records of other priorities are for a time when there is none of the lowest.

    :param timeout: s; for the addresses of all hosts together
    """

    __slots__ = ("_last", "_name", "_resolver", "_timeout")

    def __init__(self, name: str, resolver: Resolver, timeout: float = LOOK_UP_TIMEOUT) -> None:
        self._name = name
        self._resolver = resolver
        self._timeout = timeout
        self._last: dict[str, Addresses] = {}

    async def ask(self) -> Answer:
        services = await self._resolver.services(self._name)
        weights = _weights(services.found)
        if len(weights) > MAX_MEMBERS:
            raise DiscoveryError(f"{self._name}: {len(weights)} servers are more than {MAX_MEMBERS}")
        hosts = {host for host, _ in weights}
        trouble = await self._look_up(hosts, services.addresses)
        names = distinct_names(weights)
        members = tuple(
            Member(TcpAddress(self._address_of(host), port), names[host, port], weight)
            for (host, port), weight in weights.items()
        )
        ttls = [last.ttl for last in self._last.values() if last.ttl is not None]
        return Answer(members, min([services.ttl, *ttls]), trouble)

    def _address_of(self, host: str) -> str:
        last = self._last.get(host)
        return host if last is None else last.found[0]

    async def _look_up(self, hosts: AbstractSet[str], known: Mapping[str, Addresses]) -> str:
        """Bring `_last` up to date, as far as possible. Returns what stands in the way of the rest."""
        self._last = {host: last for host, last in self._last.items() if host in hosts}
        waiting = sorted(hosts - known.keys())
        self._last.update((host, known[host]) for host in hosts & known.keys())
        troubles: list[str] = []

        async def look_up_each() -> None:
            while waiting:
                host = waiting.pop()
                try:
                    found = _completed(await self._resolver.addresses(host), self._last.get(host))
                except DiscoveryError as error:
                    troubles.append(str(error))
                else:
                    self._last[host] = found
                    if found.trouble:
                        troubles.append(found.trouble)

        with trio.move_on_after(self._timeout) as scope:
            async with trio.open_nursery() as nursery:
                for _ in range(min(_MAX_AT_ONCE, len(waiting))):
                    nursery.start_soon(look_up_each)
        if scope.cancelled_caught:
            troubles.append(f"{self._name}: the addresses of its hosts took longer than {self._timeout:g} s")
        return troubles[0] if troubles else ""


def _weights(services: Iterable[Service]) -> dict[tuple[str, int], int]:
    """(host, port) → weight, of the records that count: without what nobody could connect to."""
    usable = [service for service in services if is_host(service.host) and service.port]
    lowest = min((service.priority for service in usable), default=0)
    weights: dict[tuple[str, int], int] = {}
    for service in usable:
        if service.priority == lowest:
            place = service.host, service.port
            weights[place] = max(service.weight, weights.get(place, 1))
    return weights


def _completed(addresses: Addresses, last: Addresses | None) -> Addresses:
    """`addresses`, where the last known ones stand in for a family that could not be asked.

    A name server that cannot answer for one of the two families would otherwise take half of a pool away.
    """
    if last is None or not addresses.unknown:
        return addresses
    kept = {ip for ip in last.found if address_rank(ip)[0] in addresses.unknown}
    found = tuple(sorted(kept.union(addresses.found), key=address_rank))
    return Addresses(found, addresses.ttl, addresses.unknown, addresses.trouble)
