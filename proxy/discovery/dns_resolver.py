"""DNS through dnspython: a stub resolver that lives in trio. Imported only by `open_resolver`: it may be missing.

Unlike the system's resolver it reads no /etc/hosts. It does read resolv.conf (name servers, search list, ndots,
timeout, rotate, edns0), and again whenever that file has changed. A reply that was cut is asked for again over TCP.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, final

import dns.asyncbackend
import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
import dns.rrset
import trio
from dns.rdatatype import AAAA, SRV, A, RdataType

from proxy.config import TcpAddress
from proxy.discovery.answers import LOOK_UP_TIMEOUT, DiscoveryError
from proxy.discovery.members import address_rank
from proxy.discovery.name_server import NameServer
from proxy.discovery.resolver import Addresses, Service, Services, literal_addresses

_FAMILIES: Final = {A: 4, AAAA: 6}
_LONGEST_REASON: Final = 300  # characters; dnspython names every attempt at every server


@final
class _Records:
    """What came of one question: records, or none because the name has none or does not exist."""

    __slots__ = ("does_exist", "response", "rrset", "ttl")

    def __init__(self, answer: dns.resolver.Answer | None) -> None:
        self.does_exist = answer is not None
        self.rrset: dns.rrset.RRset | None = answer.rrset if answer is not None else None
        self.response: dns.message.Message | None = answer.response if answer is not None else None
        # Of all records on the way, aliases included.
        self.ttl = float(answer.chaining_result.minimum_ttl) if answer is not None else 0.0


@final
class DnsResolver:
    """Asks name servers.

    :param nameserver: an IP address and a port, asked instead of those in `resolv_conf`
    :param resolv_conf: the file with the name servers and the search list
    :param timeout: s; of one look-up, all attempts at all servers together
    """

    __slots__ = ("_backend", "_nameserver", "_resolv_conf", "_stub", "_stub_made_for", "_timeout")

    finds_services: Final = True

    def __init__(
        self,
        nameserver: TcpAddress | None = None,
        *,
        resolv_conf: Path = Path("/etc/resolv.conf"),
        timeout: float = LOOK_UP_TIMEOUT,
    ) -> None:
        self._nameserver = nameserver
        self._resolv_conf = resolv_conf
        self._timeout = timeout
        self._backend = dns.asyncbackend.get_backend("trio")
        self._stub: dns.asyncresolver.Resolver | None = None
        self._stub_made_for: int | None = None

    async def addresses(self, host: str) -> Addresses:
        literal = literal_addresses(host)
        if literal is not None:
            await trio.lowlevel.checkpoint()
            return literal
        outcomes: dict[RdataType, _Records | DiscoveryError] = {}

        async def ask(kind: RdataType) -> None:
            try:
                outcomes[kind] = await self._ask(host, kind)
            except DiscoveryError as error:
                outcomes[kind] = error

        async with trio.open_nursery() as nursery:
            for kind in _FAMILIES:
                nursery.start_soon(ask, kind)
        return _merge(host, outcomes)

    async def services(self, name: str) -> Services:
        records = await self._ask(name, SRV)
        if records.rrset is None:
            raise DiscoveryError(f"{name} {'has no SRV record' if records.does_exist else 'does not exist'}")
        found = tuple(
            Service(_host(record.target), record.port, record.priority, record.weight)
            for record in records.rrset
        )
        extra = records.response.additional if records.response is not None else []
        return Services(found, records.ttl, _enclosed(extra))

    async def _ask(self, name: str, kind: RdataType) -> _Records:
        try:
            # dnspython reckons with the wall clock, which may jump; trio's does not.
            with trio.fail_after(self._timeout):
                answer = await self._configured().resolve(
                    name,
                    kind,
                    search=True,
                    raise_on_no_answer=False,
                    lifetime=self._timeout,
                    backend=self._backend,
                )
        except dns.resolver.NXDOMAIN:
            return _Records(None)
        except (trio.TooSlowError, dns.exception.Timeout):
            raise DiscoveryError(f"{name} {kind.name}: no answer within {self._timeout:g} s") from None
        except (dns.exception.DNSException, OSError) as error:
            raise DiscoveryError(f"{name} {kind.name}: {str(error)[:_LONGEST_REASON]}") from error
        return _Records(answer)

    def _configured(self) -> dns.asyncresolver.Resolver:
        """The stub resolver for resolv.conf as it is now. Raises `DiscoveryError`."""
        try:
            version: int | None = self._resolv_conf.stat().st_mtime_ns
        except OSError:
            version = None
        if self._stub is None or version != self._stub_made_for:
            self._stub = self._read_configuration()
            self._stub_made_for = version
        return self._stub

    def _read_configuration(self) -> dns.asyncresolver.Resolver:
        stub = dns.asyncresolver.Resolver(configure=False)
        try:
            stub.read_resolv_conf(str(self._resolv_conf))
        except (dns.exception.DNSException, OSError, ValueError) as error:
            if self._nameserver is None:
                raise DiscoveryError(f"{self._resolv_conf}: {error}") from error
        if self._nameserver is not None:
            stub.nameservers = [NameServer(self._nameserver.host, self._nameserver.port)]
        else:
            stub.nameservers = [NameServer(str(ip), stub.port) for ip in stub.nameservers]
        return stub


def _merge(host: str, outcomes: dict[RdataType, _Records | DiscoveryError]) -> Addresses:
    """One result from both families. Raises `DiscoveryError` when neither has an address."""
    known = {_FAMILIES[kind]: records for kind, records in outcomes.items() if isinstance(records, _Records)}
    errors = {_FAMILIES[kind]: error for kind, error in outcomes.items() if isinstance(error, DiscoveryError)}
    with_addresses = [records for records in known.values() if records.rrset is not None]
    if not with_addresses:
        for error in errors.values():
            raise error
        does_exist = any(records.does_exist for records in known.values())
        raise DiscoveryError(f"{host} {'has no address' if does_exist else 'does not exist'}")
    return Addresses(
        _sorted({record.address for records in with_addresses for record in records.rrset or ()}),
        min(records.ttl for records in with_addresses),
        frozenset(errors),
        next((str(error) for error in errors.values()), ""),
    )


def _enclosed(additional: Iterable[dns.rrset.RRset]) -> dict[str, Addresses]:
    """The addresses that came along, by host.

    Servers leave out what does not fit, without a word. Only a host with an IPv4 address is sure to have the one
    that everybody else finds first.
    """
    found: dict[str, set[str]] = {}
    ttls: dict[str, float] = {}
    for rrset in additional:
        if rrset.rdtype in _FAMILIES:
            host = _host(rrset.name)
            found.setdefault(host, set()).update(record.address for record in rrset)
            ttls[host] = min(ttls.get(host, float(rrset.ttl)), float(rrset.ttl))
    return {
        host: Addresses(_sorted(ips), ttls[host])
        for host, ips in found.items()
        if any(address_rank(ip)[0] == 4 for ip in ips)
    }


def _sorted(ips: set[str]) -> tuple[str, ...]:
    return tuple(sorted(ips, key=address_rank))


def _host(name: dns.name.Name) -> str:
    """As a ring hashes it: letter case is nothing to DNS, and servers do not keep it."""
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""
