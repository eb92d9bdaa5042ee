"""The watch on one source: asks it again and again, and tells when the servers of a pool have changed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, final

import trio

from proxy.config import Discovery, TcpAddress, parse_server
from proxy.dataplane.reactor import Notice
from proxy.discovery.answers import Answer, DiscoveryError, Source
from proxy.discovery.dns_sources import DnsSource, SrvSource
from proxy.discovery.elasticache import ElastiCacheSource
from proxy.discovery.members import MAX_MEMBERS, Member, Members
from proxy.discovery.resolver import Resolver, open_resolver
from proxy.discovery.schedule import Schedule
from proxy.errors import StartupError

OnChange = Callable[[tuple[Member, ...]], None]
"""Called with the complete new membership, which is never empty, in an order that depends on nothing else."""


@final
@dataclass(frozen=True, slots=True)
class Settings:
    """All in seconds; the names are those of a pool's config."""

    ttl_min: float
    ttl_max: float
    forget_after: float


@final
@dataclass(frozen=True, slots=True)
class WatchStatistics:
    """What became of a source's look-ups.

    :ivar servers: members now, `missing` ones included
    :ivar missing: members that have left the answers and are not forgotten yet
    :ivar failures: look-ups without an answer
    :ivar failures_in_row: those since the last full answer, answers in part included
    :ivar changes: of the membership
    :ivar answer_age: s since the last answer, None if there was none yet
    :ivar error_age: s since `last_error`, None if there was none yet
    :ivar last_error: empty if there was none yet; stays when all is well again
    """

    servers: int
    missing: int
    look_ups: int
    failures: int
    failures_in_row: int
    changes: int
    answer_age: float | None
    error_age: float | None
    last_error: str


async def watch(
    discovery: Discovery,
    settings: Settings,
    on_change: OnChange,
    notice: Notice,
    *,
    resolver: Resolver | None = None,
) -> None:
    """Watch a source until cancelled, for callers that need no statistics: see `Watch`."""
    await Watch(discovery, settings, on_change, notice, resolver=resolver).run()


@final
class Watch:
    """Keeps the membership of a pool.

    Failures and empty answers leave it as it is. While it is empty, before the first answer, nothing is told.

    :param resolver: one serves any number of watches; by default `open_resolver`'s
    :raises StartupError: the source needs a library that is not installed
    """

    __slots__ = (
        "_answered_at",
        "_changes",
        "_failed_at",
        "_failures",
        "_failures_in_row",
        "_last_error",
        "_look_ups",
        "_members",
        "_notice",
        "_on_change",
        "_schedule",
        "_source",
        "name",
    )

    def __init__(
        self,
        discovery: Discovery,
        settings: Settings,
        on_change: OnChange,
        notice: Notice,
        *,
        resolver: Resolver | None = None,
    ) -> None:
        self.name: Final = str(discovery)
        self._source = _open_source(discovery, resolver)
        self._schedule = Schedule(settings.ttl_min, settings.ttl_max)
        self._members = Members(settings.forget_after)
        self._on_change = on_change
        self._notice = notice
        self._look_ups = 0
        self._failures = 0
        self._failures_in_row = 0
        self._changes = 0
        self._answered_at: float | None = None
        self._failed_at: float | None = None
        self._last_error = ""

    async def run(self) -> None:
        """Ask, tell, sleep. Runs until cancelled."""
        while True:
            delay = await self._ask()
            await trio.sleep(delay)

    async def _ask(self) -> float:
        """Ask once. Returns how many seconds to wait before the next time."""
        self._look_ups += 1
        try:
            answer = _checked(await self._source.ask())
        except DiscoveryError as error:
            self._failures += 1
            return self._fail(str(error))
        return self._take(answer)

    def _take(self, answer: Answer) -> float:
        now = trio.current_time()
        self._answered_at = now
        before = self._members.current()
        if self._members.observe(answer.members, now):
            self._changes += 1
            self._tell(before, self._members.current())
        delay = self._schedule.after_answer(answer.ttl, random.random())
        # A server that is to be forgotten goes on time, and not when an answer with a long life runs out.
        delay = min(delay, max(self._members.next_forget() - now, self._schedule.ttl_min))
        if answer.trouble:
            return min(delay, self._fail(answer.trouble))
        if self._failures_in_row:
            self._failures_in_row = 0
            self._notice("discovery works again", source=self.name, servers=len(self._members.current()))
        return delay

    def _tell(self, before: tuple[Member, ...], after: tuple[Member, ...]) -> None:
        was, is_ = {member.identity for member in before}, {member.identity for member in after}
        self._notice(
            "the servers of a pool have changed",
            source=self.name,
            servers=len(after),
            added=sorted(is_ - was),
            removed=sorted(was - is_),
        )
        self._on_change(after)

    def _fail(self, reason: str) -> float:
        self._failures_in_row += 1
        self._failed_at = trio.current_time()
        self._last_error = reason
        if self._failures_in_row == 1:
            self._notice(
                "discovery fails, the last servers stay",
                source=self.name,
                reason=reason,
                servers=len(self._members.current()),
            )
        return self._schedule.after_failure(self._failures_in_row, random.random())

    def statistics(self) -> WatchStatistics:
        """To be called inside trio."""
        now = trio.current_time()
        return WatchStatistics(
            servers=len(self._members.current()),
            missing=self._members.missing,
            look_ups=self._look_ups,
            failures=self._failures,
            failures_in_row=self._failures_in_row,
            changes=self._changes,
            answer_age=None if self._answered_at is None else now - self._answered_at,
            error_age=None if self._failed_at is None else now - self._failed_at,
            last_error=self._last_error,
        )

    def report(self) -> Iterator[tuple[str, object]]:
        """Names and values for ``stats``; what never happened is left out."""
        statistics = self.statistics()
        yield "source", self.name
        yield "servers", statistics.servers
        yield "missing", statistics.missing
        yield "look_ups", statistics.look_ups
        yield "failures", statistics.failures
        yield "failures_in_row", statistics.failures_in_row
        yield "changes", statistics.changes
        if statistics.answer_age is not None:
            yield "answer_age", f"{statistics.answer_age:.1f}"
        if statistics.error_age is not None:
            yield "error_age", f"{statistics.error_age:.1f}"
            yield "last_error", statistics.last_error


def _checked(answer: Answer) -> Answer:
    """`answer`, if it can be believed. Raises `DiscoveryError`."""
    if not answer.members:
        raise DiscoveryError("the answer names no server")
    if len(answer.members) > MAX_MEMBERS:
        raise DiscoveryError(f"the answer names {len(answer.members)} servers, more than {MAX_MEMBERS}")
    return answer


def _open_source(discovery: Discovery, resolver: Resolver | None) -> Source:
    if discovery.kind == "elasticache":
        return ElastiCacheSource(_endpoint(discovery.target))
    resolver = resolver or open_resolver()
    if discovery.kind == "dns":
        return DnsSource(_endpoint(discovery.target), resolver)
    if not resolver.finds_services:
        raise StartupError(f"{discovery} needs dnspython: pip install 'outrider[dns]'")
    return SrvSource(discovery.target, resolver)


def _endpoint(target: str) -> TcpAddress:
    address = parse_server(target)
    if not isinstance(address, TcpAddress):
        raise ValueError(f"{target!r} is not host:port")  # noqa: TRY004  # a value the config does not let through
    return address
