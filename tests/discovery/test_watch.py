"""The watch, over DNS servers that come, go, lie, fail and hang."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import trio

from proxy.config import Discovery, TcpAddress
from proxy.discovery import Member, Settings, Watch, watch
from proxy.discovery.resolver import Resolver
from tests.discovery.dnsmasq import Dnsmasq
from tests.discovery.nameserver import Fault, NameServer, Records
from tests.discovery.waiting import resolver_at, wait_until
from tests.servers import free_port

NAME = "cache.test."
FAST = Settings(ttl_min=0.02, ttl_max=0.05, forget_after=0.3)
PATIENT = Settings(ttl_min=0.02, ttl_max=0.05, forget_after=3600)
DNS = Discovery(kind="dns", target="cache.test:11211")
SRV = Discovery(kind="dnssrv", target="_memcache._tcp.cache.test")


class Told:
    """What a watch has told, in order."""

    def __init__(self) -> None:
        self.memberships: list[tuple[Member, ...]] = []
        self.notices: list[tuple[str, dict[str, Any]]] = []

    def on_change(self, members: tuple[Member, ...]) -> None:
        self.memberships.append(members)

    def notice(self, event: str, **details: object) -> None:
        self.notices.append((event, details))

    @property
    def hosts(self) -> list[str]:
        """The addresses of the last membership."""
        return [member.address.host for member in self.memberships[-1]] if self.memberships else []

    @property
    def events(self) -> list[str]:
        return [event for event, _ in self.notices]


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        yield running


@pytest.fixture
def told() -> Told:
    return Told()


@asynccontextmanager
async def _watching(
    told: Told, resolver: Resolver | TcpAddress, settings: Settings = FAST, discovery: Discovery = DNS
) -> AsyncIterator[Watch]:
    if isinstance(resolver, TcpAddress):
        resolver = resolver_at(resolver, timeout=0.3)
    watched = Watch(discovery, settings, told.on_change, told.notice, resolver=resolver)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watched.run)
        yield watched
        nursery.cancel_scope.cancel()


async def _wait_asked_again(watched: Watch, times: int = 3) -> None:
    """Until look-ups that began after now have ended."""
    enough = watched.statistics().look_ups + times
    await wait_until(lambda: watched.statistics().look_ups > enough, f"{times} more look-ups")


async def test_servers_that_appear_are_told_at_once_and_all_together(server: NameServer, told: Told) -> None:
    server.put(NAME, "A", "10.0.0.1", "10.0.0.2")
    async with _watching(told, server.address):
        await wait_until(lambda: bool(told.memberships), "a first membership")
        server.put(NAME, "A", *(f"10.0.0.{number}" for number in range(1, 31)))
        await wait_until(lambda: len(told.memberships) == 2, "a second membership")
    assert told.memberships == [
        tuple(Member(TcpAddress(f"10.0.0.{number}", 11211)) for number in range(1, count + 1))
        for count in (2, 30)
    ]


async def test_nothing_is_told_while_nothing_changes(server: NameServer, told: Told) -> None:
    server.put(NAME, "A", "10.0.0.1", "10.0.0.2")
    async with _watching(told, server.address) as watched:
        await _wait_asked_again(watched)
        server.put(NAME, "A", "10.0.0.2", "10.0.0.1")
        await _wait_asked_again(watched, 5)
    assert len(told.memberships) == 1


async def test_a_server_that_disappears_goes_after_a_while(server: NameServer, told: Told) -> None:
    server.put(NAME, "A", "10.0.0.1", "10.0.0.2")
    async with _watching(told, server.address) as watched:
        await wait_until(lambda: bool(told.memberships), "a first membership")
        server.put(NAME, "A", "10.0.0.1")
        await wait_until(lambda: watched.statistics().missing == 1, "one is missing")
        missed_at = trio.current_time()
        await wait_until(lambda: told.hosts == ["10.0.0.1"], "it is gone")
        assert trio.current_time() - missed_at >= FAST.forget_after - 0.05
    assert told.notices[-1] == (
        "the servers of a pool have changed",
        {
            "source": "dns+cache.test:11211",
            "servers": 1,
            "added": [],
            "removed": ["10.0.0.2:11211"],
        },
    )


async def test_a_server_is_forgotten_on_time_whatever_the_life_of_the_answer_that_lacks_it(
    server: NameServer, told: Told
) -> None:
    server.put(NAME, "A", "10.0.0.1", "10.0.0.2", ttl=0)
    async with _watching(told, server.address, Settings(ttl_min=0.02, ttl_max=3600, forget_after=0.1)):
        await wait_until(lambda: bool(told.memberships), "a first membership")
        server.put(NAME, "A", "10.0.0.1", ttl=3600)
        await wait_until(lambda: told.hosts == ["10.0.0.1"], "it is gone")


async def test_a_flicker_is_not_told(server: NameServer, told: Told) -> None:
    server.put(NAME, "A", "10.0.0.1", "10.0.0.2")
    async with _watching(told, server.address, PATIENT) as watched:
        await wait_until(lambda: bool(told.memberships), "a first membership")
        for _ in range(5):
            server.put(NAME, "A", "10.0.0.1")
            await wait_until(lambda: watched.statistics().missing == 1, "one is missing")
            server.put(NAME, "A", "10.0.0.1", "10.0.0.2")
            await wait_until(lambda: watched.statistics().missing == 0, "it is back")
    assert len(told.memberships) == 1


def _empty(server: NameServer) -> None:
    server.put(NAME, "A")


def _unknown(server: NameServer) -> None:
    server.zone.clear()


def _faulty(fault: Fault) -> Callable[[NameServer], None]:
    def spoil(server: NameServer) -> None:
        server.faults[NAME] = fault

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_empty, id="empty"),
        pytest.param(_unknown, id="unknown"),
        pytest.param(_faulty(Fault("NXDOMAIN")), id="nxdomain"),
        pytest.param(_faulty(Fault("SERVFAIL")), id="servfail"),
        pytest.param(_faulty(Fault("REFUSED")), id="refused"),
        pytest.param(_faulty(Fault(is_silent=True)), id="silent"),
        pytest.param(_faulty(Fault(garbage=b"\0" * 100)), id="garbage"),
        pytest.param(_faulty(Fault(delay=0.6)), id="too late"),
    ],
)
async def test_failures_and_empty_answers_leave_the_last_servers_where_they_are(
    server: NameServer, told: Told, spoil: Callable[[NameServer], None]
) -> None:
    server.put(NAME, "A", "10.0.0.1", "10.0.0.2")
    async with _watching(told, server.address, Settings(0.02, 0.05, 0)) as watched:
        await wait_until(lambda: bool(told.memberships), "a first membership")
        assert watched.statistics().last_error == ""
        spoil(server)
        await wait_until(lambda: watched.statistics().failures_in_row >= 3, "three failures in a row")
        statistics = watched.statistics()
        assert len(told.memberships) == 1
        assert (statistics.servers, statistics.missing) == (2, 0)
        assert statistics.last_error
        assert statistics.error_age is not None
        assert statistics.answer_age is not None
        assert statistics.answer_age > statistics.error_age

        server.faults.clear()
        server.put(NAME, "A", "10.0.0.3")
        await wait_until(lambda: told.hosts == ["10.0.0.3"], "the new server")
        assert watched.statistics().failures_in_row == 0
    assert told.events.count("discovery fails, the last servers stay") == 1
    assert told.events.count("discovery works again") == 1


async def test_a_name_server_that_comes_later_than_the_proxy_is_found(told: Told) -> None:
    port = free_port()
    async with _watching(told, TcpAddress("127.0.0.1", port)) as watched:
        await wait_until(lambda: watched.statistics().failures >= 1, "a failure")
        assert not told.memberships
        assert watched.statistics().answer_age is None
        with Dnsmasq({(NAME, "A"): Records(0, ("10.0.0.1",))}, port):
            await wait_until(lambda: told.hosts == ["10.0.0.1"], "a first membership")


async def test_a_real_name_server_may_be_restarted_with_other_records(told: Told) -> None:
    def records(*ips: str) -> dict[tuple[str, str], Records]:
        return {(NAME, "A"): Records(0, ips)}

    with Dnsmasq(records("10.0.0.1", "10.0.0.2")) as first:
        async with _watching(told, first.address) as watched:
            await wait_until(lambda: len(told.hosts) == 2, "a first membership")
            first.kill()
            await wait_until(lambda: watched.statistics().failures_in_row >= 1, "a failure")
            assert len(told.memberships) == 1
            with Dnsmasq(records("10.0.0.2", "10.0.0.3"), first.address.port):
                await wait_until(lambda: told.hosts == ["10.0.0.2", "10.0.0.3"], "the new servers only")
    assert [len(membership) for membership in told.memberships] == [2, 3, 2]


@pytest.mark.parametrize(
    ("ttl", "settings", "shortest", "longest"),
    [
        pytest.param(1, Settings(0.02, 60, 30), 1.0, 1.25, id="its own life"),
        pytest.param(0, Settings(0.3, 60, 30), 0.3, 0.375, id="ttl_min"),
        pytest.param(3600, Settings(0.02, 0.3, 30), 0.24, 0.3, id="ttl_max"),
    ],
)
async def test_an_answer_is_renewed_when_its_life_is_over_within_the_bounds(
    server: NameServer, told: Told, ttl: int, settings: Settings, shortest: float, longest: float
) -> None:
    server.put(NAME, "A", "10.0.0.1", ttl=ttl)
    async with _watching(told, server.address, settings):
        await wait_until(lambda: server.asked(NAME, "A") == 3, "three look-ups")
    times = [question.at for question in server.questions if question.kind == "A"]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= shortest - 0.01
    assert max(gaps) <= longest + 0.5  # a busy machine


async def test_a_part_that_cannot_be_asked_is_asked_again_soon_and_told(
    server: NameServer, told: Told
) -> None:
    server.put(NAME, "A", "10.0.0.1", ttl=3600)
    server.put(NAME, "AAAA", "fd00::1", ttl=3600)
    server.faults[NAME, "AAAA"] = Fault("SERVFAIL")
    async with _watching(told, server.address, Settings(0.02, 3600, 0)) as watched:
        await wait_until(lambda: watched.statistics().failures_in_row >= 3, "three answers in part")
        assert watched.statistics().failures == 0
        assert told.hosts == ["10.0.0.1"]
        server.faults.clear()
        await wait_until(lambda: told.hosts == ["10.0.0.1", "fd00::1"], "the other family")
        assert watched.statistics().failures_in_row == 0


async def test_a_service_s_server_that_moves_keeps_its_name(server: NameServer, told: Told) -> None:
    server.put("_memcache._tcp.cache.test.", "SRV", "0 1 11211 cache-0.test.", "0 1 11211 cache-1.test.")
    server.put("cache-0.test.", "A", "10.0.0.1")
    server.put("cache-1.test.", "A", "10.0.0.2")
    async with _watching(told, server.address, PATIENT, SRV):
        await wait_until(lambda: told.hosts == ["10.0.0.1", "10.0.0.2"], "a first membership")
        server.put("cache-1.test.", "A", "10.0.0.9")
        await wait_until(lambda: told.hosts == ["10.0.0.1", "10.0.0.9"], "the new address")
        server.put("_memcache._tcp.cache.test.", "SRV", "0 1 11211 cache-0.test.", "0 7 11211 cache-1.test.")
        await wait_until(lambda: told.memberships[-1][1].weight == 7, "the new weight")
    assert [[member.name for member in members] for members in told.memberships] == [
        ["cache-0.test", "cache-1.test"]
    ] * 3


async def test_a_watch_that_waits_for_an_answer_is_cancelled_at_once(server: NameServer, told: Told) -> None:
    server.faults[NAME] = Fault(is_silent=True)
    resolver = resolver_at(server.address, timeout=60)
    with trio.move_on_after(0.1) as scope:
        await watch(DNS, FAST, told.on_change, told.notice, resolver=resolver)
    assert scope.cancelled_caught
    assert trio.current_time() - scope.deadline < 5


async def test_one_resolver_serves_many_watches(server: NameServer, told: Told) -> None:
    server.put(NAME, "A", "10.0.0.1")
    resolver = resolver_at(server.address)
    others = [Told() for _ in range(10)]
    async with trio.open_nursery() as nursery:
        for other in others:
            nursery.start_soon(partial(watch, resolver=resolver), DNS, FAST, other.on_change, other.notice)
        async with _watching(told, resolver):
            await wait_until(
                lambda: all(other.hosts == ["10.0.0.1"] for other in [*others, told]), "all know"
            )
        nursery.cancel_scope.cancel()


async def test_the_report_leaves_out_what_never_happened(server: NameServer, told: Told) -> None:
    server.put(NAME, "A", "10.0.0.1")
    async with _watching(told, server.address) as watched:
        assert [name for name, _ in watched.report()] == [
            "source",
            "servers",
            "missing",
            "look_ups",
            "failures",
            "failures_in_row",
            "changes",
        ]
        await wait_until(lambda: bool(told.memberships), "a first membership")
        server.faults[NAME] = Fault("SERVFAIL")
        await wait_until(lambda: watched.statistics().failures > 0, "a failure")
        report = dict(watched.report())
    assert report["source"] == "dns+cache.test:11211"
    assert (report["servers"], report["changes"]) == (1, 1)
    assert "SERVFAIL" in str(report["last_error"])
    assert float(str(report["answer_age"])) >= 0


@pytest.mark.parametrize("target", ["unix:/run/memcached.sock", "memory://x"])
def test_a_target_that_the_config_would_refuse_is_refused_here_too(told: Told, target: str) -> None:
    with pytest.raises(ValueError, match="not host:port"):
        Watch(Discovery(kind="dns", target=target), FAST, told.on_change, told.notice)
