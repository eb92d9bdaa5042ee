"""What must hold between keys. Each check looks at a configuration whose values are all possible on their own."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, Final, NamedTuple, final

from proxy.config.address import TcpAddress, collide, is_ip, reaches
from proxy.config.hashes import HASHES
from proxy.config.paths import Path, quoted, render, select
from proxy.config.problems import Problems
from proxy.config.reading import nearest
from proxy.config.schema import Config
from proxy.config.units import format_duration, format_size

#: The distributions that hash what a host name resolves to.
_ADDRESS_IS_HASHED: Final = ("spymemcached", "evcache")


class Fault(NamedTuple):
    """:ivar rests_on: the values it follows from, by default the one at `path`; without them it is not reported."""

    path: Path
    message: str
    suggestion: str | None = None
    rests_on: tuple[Path, ...] = ()


@final
class Subject:
    """A configuration, and which of its keys the file gives."""

    __slots__ = ("config", "is_given")

    def __init__(self, config: Config, is_given: Callable[[Path], bool]) -> None:
        self.config = config
        self.is_given = is_given


def check(subject: Subject, problems: Problems) -> None:
    for rule in _RULES:
        for fault in rule(subject):
            if not any(problems.is_doubtful(path) for path in fault.rests_on or (fault.path,)):
                problems.add(fault.path, fault.message, fault.suggestion)


class _Order(NamedTuple):
    """The values of `lesser` may not exceed those of `greater`, pair by pair."""

    lesser: str
    greater: str
    shown: Callable[[Any], str]
    applies: Callable[[Config], bool] = lambda _: True


_ORDERS: Final = (
    _Order("proxy.max_value", "proxy.buffer_memory", format_size),
    _Order("pools.*.ttl_min", "pools.*.ttl_max", format_duration),
    _Order("pools.*.health.probe_interval", "pools.*.health.probe_max", format_duration),
    _Order("hot_cache.max_item", "hot_cache.max_bytes", format_size),
    # Remembering a miss longer than a hit would break the bound on staleness that ttl promises.
    _Order("hot_cache.miss_ttl", "hot_cache.ttl", format_duration),
    _Order("memory.*.max_item", "memory.*.max_bytes", format_size),
    # A value that fits nowhere could never be copied.
    _Order(
        "proxy.max_value",
        "replication.queue.max_bytes",
        format_size,
        lambda config: bool(config.replication.to),
    ),
    _Order(
        "proxy.max_value",
        "replication.spool.max_bytes",
        format_size,
        lambda config: bool(config.replication.to and config.replication.spool.path),
    ),
)


def _orders(subject: Subject) -> Iterator[Fault]:
    for order in _ORDERS:
        if not order.applies(subject.config):
            continue
        pairs = zip(select(subject.config, order.lesser), select(subject.config, order.greater), strict=True)
        for (low, lesser), (high, greater) in pairs:
            if lesser > greater:
                less, more = order.shown(lesser), order.shown(greater)
                at = low if subject.is_given(low) else high
                message = f"{less} is more than {render(high)} ({more})"
                if at == high:
                    message = f"{more} is less than {render(low)} ({less})"
                yield Fault(at, message, rests_on=(low, high))


def _pools(subject: Subject) -> Iterator[Fault]:
    pools = subject.config.pools
    if not pools:
        yield Fault(("pools",), 'there is no pool: write [pools.main] and servers = ["host:port"]')
    for name, pool in pools.items():
        if not pool.servers and not pool.discovery:
            yield Fault(("pools", name, "servers"), "a pool needs at least one server")


def _hashes(subject: Subject) -> Iterator[Fault]:
    for name, pool in subject.config.pools.items():
        hashes = HASHES.get(pool.distribution, ())
        if not pool.hash or pool.hash in hashes:
            continue
        path: Path = ("pools", name, "hash")
        its_own = f"takes {', '.join(hashes)}" if hashes else "has a hash of its own"
        message = f'the distribution "{pool.distribution}" {its_own}'
        yield Fault(
            path, message, nearest(pool.hash, hashes), rests_on=(path, ("pools", name, "distribution"))
        )


def _identities(subject: Subject) -> Iterator[Fault]:
    """Servers of which the ring would have to know more than the file says."""
    for name, pool in subject.config.pools.items():
        if pool.distribution not in _ADDRESS_IS_HASHED:
            continue
        for index, server in enumerate(pool.servers):
            address = server.address
            if server.name or not isinstance(address, TcpAddress) or is_ip(address.host):
                continue
            path: Path = ("pools", name, "servers")
            port = address.port if pool.distribution == "spymemcached" else 11211
            yield Fault(
                path if pool.discovery else (*path, index),  # ranges shift the indices
                f'the distribution "{pool.distribution}" hashes what {quoted(address.host)} resolves to: '
                f'name the server as the client does, "{address.host}/ADDRESS:{port}"',
                rests_on=((*path, index, "address"), ("pools", name, "distribution")),
            )


def _references(subject: Subject) -> Iterator[Fault]:
    """Names of pools. A name that was not given equals the default pool's, which is looked at anyway."""
    config = subject.config
    patterns = (
        "proxy.default_pool",
        "pools.*.failover.to",
        "replication.from",
        "replication.to.*",
        "routes.*.pool",
    )
    for pattern in patterns if config.pools else ():
        for path, name in select(config, pattern):
            if name in config.pools or not (subject.is_given(path) or pattern == "proxy.default_pool"):
                continue
            if isinstance(name, str) and (name or pattern != "pools.*.failover.to"):
                message = f"there is no pool {quoted(name)} (pools: {', '.join(config.pools)})"
                yield Fault(path, message, nearest(name, config.pools), rests_on=(path, ("pools", name)))


def _failover(subject: Subject) -> Iterator[Fault]:
    chain = {name: pool.failover.to for name, pool in subject.config.pools.items()}
    for name in chain:
        way = _way(name, chain)
        if len(way) > 1 and way[-1] == name:
            path: Path = ("pools", name, "failover", "to")
            if len(way) == 2:
                yield Fault(path, "a pool cannot fail over to itself")
            else:
                yield Fault(path, f"failover runs in a circle: {' → '.join(way)}")


def _way(start: str, chain: Mapping[str, str]) -> list[str]:
    way = [start]
    while (step := chain.get(way[-1], "")) and step not in way[1:]:
        way.append(step)
    return way


def _replication(subject: Subject) -> Iterator[Fault]:
    replication = subject.config.replication
    queue, spool = replication.queue, replication.spool
    for index, name in enumerate(replication.to):
        path: Path = ("replication", "to", index)
        if name == replication.from_:
            yield Fault(
                path,
                f"replication runs in a circle: {quoted(name)} is its own secondary",
                rests_on=(path, ("replication", "from")),
            )
        if name in replication.to[:index]:
            yield Fault(path, f"{quoted(name)} is named twice")
    on_full: Path = ("replication", "queue", "on_full")
    where: Path = ("replication", "spool", "path")
    if queue.on_full == "spool" and not spool.path:
        yield Fault(on_full, '"spool" needs replication.spool.path', rests_on=(on_full, where))
    if spool.mode == "always":
        mode: Path = ("replication", "spool", "mode")
        if not spool.path:
            yield Fault(mode, '"always" needs replication.spool.path', rests_on=(mode, where))
        elif queue.on_full != "spool":
            yield Fault(
                on_full, 'replication.spool.mode = "always" implies "spool"', rests_on=(on_full, mode, where)
            )


def _routes(subject: Subject) -> Iterator[Fault]:
    routes = subject.config.routes
    for index, route in enumerate(routes):
        prefix: Path = ("routes", index, "prefix")
        if route.ack == "secondary" and not subject.config.replication.to:
            yield Fault(
                ("routes", index, "ack"),
                'there is no secondary: "replication.to" is empty',
                rests_on=(("routes", index, "ack"), ("replication", "to")),
            )
        for earlier, other in enumerate(routes[:index]):
            covering: Path = ("routes", earlier, "prefix")
            if route.prefix.startswith(other.prefix):
                message = f"never applies: {render(covering)} ({quoted(other.prefix)}) takes its keys first"
                yield Fault(prefix, message, rests_on=(prefix, covering))


def _listeners(subject: Subject) -> Iterator[Fault]:
    """Two listeners in one place."""
    config = subject.config
    found = [*select(config, "proxy.listen.*"), *select(config, "proxy.admin")]
    for (path, address), (later_path, later) in combinations(found, 2):
        if address is not None and later is not None and collide(address, later):
            is_later = subject.is_given(later_path)
            at, other = (later_path, path) if is_later else (path, later_path)
            yield Fault(
                at,
                f"listens where {render(other)} does ({address if is_later else later})",
                rests_on=(path, later_path),
            )


def _loops(subject: Subject) -> Iterator[Fault]:
    """A proxy that would talk to itself."""
    for name, pool in subject.config.pools.items():
        path: Path = ("pools", name, "servers")
        # A range is one entry of the file for several servers, which shifts the indices behind it.
        has_ranges = not subject.is_given((*path, len(pool.servers) - 1))
        for index, server in enumerate(pool.servers):
            if any(reaches(server.address, listener) for listener in subject.config.proxy.listen):
                at = path if has_ranges else (*path, index)
                message = f"{server.address} is where Outrider itself listens (proxy.listen)"
                yield Fault(at, message, rests_on=((*at, "address"), ("proxy", "listen")))


_RULES: Final = (
    _orders,
    _pools,
    _hashes,
    _identities,
    _references,
    _failover,
    _replication,
    _routes,
    _listeners,
    _loops,
)
