"""Resolvers: from names to addresses, through DNS or through the system.

`open_resolver` takes dnspython where it is installed (``pip install outrider[dns]``): it tells times to live, finds
services, and waits in trio instead of in threads. Without it the system's own resolver answers, which does none of
these, but knows /etc/hosts and whatever else the machine is set up with.
"""

import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, final

import trio

from proxy.discovery.answers import LOOK_UP_TIMEOUT, DiscoveryError
from proxy.discovery.members import address_rank

_MAX_THREADS: Final = (
    4  # getaddrinfo cannot be cancelled: what hangs there is left behind, and must not pile up
)


@final
@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one host.

    :ivar found: IP literals, IPv4 first and each family by number; never empty
    :ivar ttl: s; None where it is not told
    :ivar unknown: the families (4, 6) that could not be asked; `found` lacks theirs
    :ivar trouble: why; empty when none is unknown
    """

    found: tuple[str, ...]
    ttl: float | None = None
    unknown: frozenset[int] = frozenset()
    trouble: str = ""


@final
@dataclass(frozen=True, slots=True)
class Service:
    """An SRV record.

    :ivar host: in small letters, without the final dot; empty: the service is decidedly not available
    """

    host: str
    port: int
    priority: int
    weight: int


@final
@dataclass(frozen=True, slots=True)
class Services:
    """The SRV records of one name.

    :ivar ttl: s
    :ivar addresses: of hosts, as far as they came along with the records
    """

    found: tuple[Service, ...]
    ttl: float
    addresses: Mapping[str, Addresses]


class Resolver(Protocol):
    """Looks names up; each look-up ends within LOOK_UP_TIMEOUT."""

    @property
    def finds_services(self) -> bool:
        """Whether `services` is more than an error."""
        ...

    async def addresses(self, host: str) -> Addresses:
        """All IPv4 and IPv6 addresses of `host`. Raises `DiscoveryError`, also when it has none."""
        ...

    async def services(self, name: str) -> Services:
        """The SRV records of `name`. Raises `DiscoveryError`, also when it has none."""
        ...


def open_resolver() -> Resolver:
    """The best resolver that is installed, set up as the machine is (/etc/resolv.conf).

    Call it before anybody waits for the process: the first import takes 30 ms.
    """
    try:
        from proxy.discovery.dns_resolver import DnsResolver  # noqa: PLC0415  # needs the extra "dns"

        return DnsResolver()
    except ImportError:  # there is none, or none that knows this trio
        return SystemResolver()


def literal_addresses(host: str) -> Addresses | None:
    """What `host` resolves to when it is an address itself, which no server needs to be asked for."""
    try:
        return Addresses((str(ipaddress.ip_address(host)),))
    except ValueError:
        return None


@final
class SystemResolver:
    """The system's resolver, in threads.

    :param look_up: ``socket.getaddrinfo``, or something that takes the same arguments
    :param timeout: s
    """

    __slots__ = ("_limiter", "_look_up", "_timeout")

    finds_services: Final = False

    def __init__(
        self, look_up: Callable[..., Any] = socket.getaddrinfo, timeout: float = LOOK_UP_TIMEOUT
    ) -> None:
        self._look_up = look_up
        self._timeout = timeout
        self._limiter = trio.CapacityLimiter(_MAX_THREADS)

    async def addresses(self, host: str) -> Addresses:
        try:
            with trio.fail_after(self._timeout):
                found = await trio.to_thread.run_sync(
                    self._get_addresses, host, abandon_on_cancel=True, limiter=self._limiter
                )
        except trio.TooSlowError:
            raise DiscoveryError(f"{host}: no answer within {self._timeout:g} s") from None
        except (OSError, UnicodeError) as error:  # UnicodeError: no name that could be asked for
            raise DiscoveryError(f"{host}: {getattr(error, 'strerror', None) or error}") from error
        if not found:
            raise DiscoveryError(f"{host} has no address")
        return Addresses(tuple(sorted(found, key=address_rank)))

    def _get_addresses(self, host: str) -> set[str]:
        return {entry[4][0] for entry in self._look_up(host, None, type=socket.SOCK_STREAM)}

    async def services(self, name: str) -> Services:
        raise DiscoveryError(f"{name}: services can only be found with dnspython (pip install outrider[dns])")
