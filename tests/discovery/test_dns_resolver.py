import os
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest
import trio

from proxy.config import TcpAddress
from proxy.discovery.answers import DiscoveryError
from proxy.discovery.dns_resolver import DnsResolver
from proxy.discovery.resolver import Addresses, Service
from tests.discovery.dnsmasq import LOCAL_TTL, Dnsmasq
from tests.discovery.nameserver import Fault, NameServer, Records, Zone
from tests.discovery.waiting import longest_gap, resolver_at
from tests.servers import free_port

SERVICE = "_memcache._tcp.cache.test"
MANY = tuple(f"10.1.0.{number}" for number in range(1, 101))
ZONE: Zone = {
    ("cache.test.", "A"): Records(33, ("10.0.0.10", "10.0.0.9")),
    ("cache.test.", "AAAA"): Records(44, ("fd00::1",)),
    ("old.test.", "A"): Records(60, ("10.0.0.3",)),
    ("new.test.", "AAAA"): Records(60, ("fd00::3",)),
    ("many.test.", "A"): Records(60, MANY),
    ("alias.test.", "CNAME"): Records(LOCAL_TTL, ("cache.test.",)),
    (f"{SERVICE}.", "SRV"): Records(
        LOCAL_TTL, ("1 5 11211 Old.test.", "1 0 11212 new.test.", "2 0 11213 nobody.test.")
    ),
}


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(ZONE) as running:
        yield running


@pytest.fixture(scope="module")
def dnsmasq() -> Iterator[Dnsmasq]:
    with Dnsmasq(ZONE) as running:
        yield running


@pytest.fixture(params=["ours", "dnsmasq"])
def resolver(request: pytest.FixtureRequest, server: NameServer, dnsmasq: Dnsmasq) -> DnsResolver:
    return resolver_at(server.address if request.param == "ours" else dnsmasq.address)


async def test_all_addresses_of_both_families_are_found_in_order_with_the_shorter_life(
    resolver: DnsResolver,
) -> None:
    assert await resolver.addresses("cache.test") == Addresses(("10.0.0.9", "10.0.0.10", "fd00::1"), 33)
    assert await resolver.addresses("old.test") == Addresses(("10.0.0.3",), 60)
    assert await resolver.addresses("new.test.") == Addresses(("fd00::3",), 60)


async def test_the_life_of_an_alias_counts_too(resolver: DnsResolver) -> None:
    found = await resolver.addresses("alias.test")
    assert (len(found.found), found.ttl) == (3, LOCAL_TTL)


async def test_an_answer_that_was_cut_is_asked_for_again_over_tcp(
    resolver: DnsResolver, server: NameServer
) -> None:
    assert (await resolver.addresses("many.test")).found == MANY
    assert [question.is_tcp for question in server.questions if question.kind == "A"] in ([], [False, True])


@pytest.mark.parametrize(
    "fault",
    [
        Fault("SERVFAIL"),
        Fault(is_silent=True),
        Fault(garbage=b"\0"),
        Fault(garbage=bytes(12)),
        Fault(garbage=b"x" * 60_000),
    ],
    ids=["servfail", "closed", "short", "empty", "long"],
)
async def test_what_goes_wrong_over_tcp_is_an_error(server: NameServer, fault: Fault) -> None:
    server.faults["many.test.", "A", "tcp"] = fault
    with pytest.raises(DiscoveryError, match=r"many\.test A"):
        await resolver_at(server.address, timeout=0.3).addresses("many.test")
    assert any(question.is_tcp for question in server.questions)


async def test_a_long_answer_holds_others_up_for_a_part_of_the_time_that_it_takes_to_read(
    server: NameServer,
) -> None:
    server.put("huge.test.", "A", *(f"10.1.{number // 250}.{number % 250}" for number in range(3000)))
    query = dns.message.make_query("huge.test.", "A")
    wire = dns.query.tcp(query, server.address.host, timeout=5, port=server.address.port).to_wire()
    gaps = []
    for _ in range(3):
        async with longest_gap() as gap:
            assert len((await resolver_at(server.address).addresses("huge.test")).found) == 3000
        gaps.append(gap())
    started = time.perf_counter()
    dns.message.from_wire(wire)
    assert min(gaps) < (time.perf_counter() - started) / 2


@pytest.mark.parametrize(
    ("name", "reason"), [("nobody.test", "does not exist"), ("_memcache._tcp.cache.test", "has no address")]
)
async def test_a_name_without_addresses_is_an_error(resolver: DnsResolver, name: str, reason: str) -> None:
    with pytest.raises(DiscoveryError, match=f"{name} {reason}"):
        await resolver.addresses(name)


@pytest.mark.parametrize(
    ("name", "reason"), [("nobody.test", "does not exist"), ("old.test", "has no SRV record")]
)
async def test_a_name_without_services_is_an_error(resolver: DnsResolver, name: str, reason: str) -> None:
    with pytest.raises(DiscoveryError, match=f"{name} {reason}"):
        await resolver.services(name)


async def test_services_come_with_the_addresses_that_are_sure_to_be_those_that_others_find(
    resolver: DnsResolver,
) -> None:
    services = await resolver.services(SERVICE)
    assert set(services.found) == {
        Service("old.test", 11211, 1, 5),
        Service("new.test", 11212, 1, 0),
        Service("nobody.test", 11213, 2, 0),
    }
    assert services.ttl == LOCAL_TTL
    assert services.addresses == {"old.test": Addresses(("10.0.0.3",), 60)}


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"])
async def test_a_server_that_cannot_answer_is_an_error_that_names_it(server: NameServer, code: str) -> None:
    server.faults["cache.test."] = Fault(code)
    with pytest.raises(DiscoveryError, match=code):
        await resolver_at(server.address).addresses("cache.test")


@pytest.mark.parametrize("garbage", [b"\0", b"x" * 600, bytes(12)])
async def test_a_server_that_answers_garbage_is_as_good_as_silent(server: NameServer, garbage: bytes) -> None:
    server.faults["cache.test."] = Fault(garbage=garbage)
    with pytest.raises(DiscoveryError, match=r"no answer within 0\.2 s"):
        await resolver_at(server.address, timeout=0.2).addresses("cache.test")


async def test_a_silent_server_is_waited_for_within_the_bound_and_holds_nobody_up(server: NameServer) -> None:
    server.faults["cache.test."] = Fault(is_silent=True)
    started = trio.current_time()
    async with longest_gap() as gap:
        with pytest.raises(DiscoveryError, match="no answer within 1 s"):
            await resolver_at(server.address, timeout=1).addresses("cache.test")
    assert 1 <= trio.current_time() - started < 3
    assert gap() < 0.8


async def test_nobody_listening_is_an_error_within_the_bound() -> None:
    with pytest.raises(DiscoveryError):
        await resolver_at(TcpAddress("127.0.0.1", free_port()), timeout=0.2).addresses("cache.test")


async def test_a_slow_answer_is_an_answer(server: NameServer) -> None:
    server.faults["cache.test."] = Fault(delay=0.3)
    assert (await resolver_at(server.address).addresses("cache.test")).ttl == 33


@pytest.mark.parametrize(
    ("kind", "family", "found"), [("AAAA", 6, ("10.0.0.9", "10.0.0.10")), ("A", 4, ("fd00::1",))]
)
async def test_a_family_that_cannot_be_asked_is_unknown_and_not_empty(
    server: NameServer, kind: str, family: int, found: tuple[str, ...]
) -> None:
    server.faults["cache.test.", kind] = Fault("SERVFAIL")
    addresses = await resolver_at(server.address).addresses("cache.test")
    assert addresses.found == found
    assert addresses.unknown == frozenset([family])
    assert "SERVFAIL" in addresses.trouble


async def test_a_failure_is_told_before_an_absence(server: NameServer) -> None:
    server.faults["old.test.", "A"] = Fault("SERVFAIL")
    with pytest.raises(DiscoveryError, match="SERVFAIL"):
        await resolver_at(server.address).addresses("old.test")


@pytest.mark.parametrize("name", ["a" * 64 + ".test", "a..test", "x." * 200])
async def test_a_name_that_cannot_be_asked_for_is_an_error(server: NameServer, name: str) -> None:
    resolver = resolver_at(server.address)
    for look_up in (resolver.addresses, resolver.services):
        with pytest.raises(DiscoveryError):
            await look_up(name)
    assert not server.questions


async def test_an_address_needs_no_server() -> None:
    resolver = resolver_at(TcpAddress("127.0.0.1", free_port()))
    assert await resolver.addresses("10.0.0.1") == Addresses(("10.0.0.1",))
    assert await resolver.addresses("fd00:0::1") == Addresses(("fd00::1",))


async def test_names_are_searched_for_as_resolv_conf_says_and_anew_when_it_changes(
    server: NameServer, tmp_path: Path
) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("search elsewhere.test test\noptions ndots:2\n")
    resolver = resolver_at(server.address, resolv_conf=file)
    assert len((await resolver.addresses("cache")).found) == 3
    assert [question.name for question in server.questions if question.kind == "A"] == [
        "cache.elsewhere.test.",
        "cache.test.",
    ]
    server.questions.clear()
    await resolver.addresses("cache.test.")
    assert {question.name for question in server.questions} == {"cache.test."}

    file.write_text("search nowhere.test\n")
    os.utime(file, ns=(1, 1))
    server.questions.clear()
    with pytest.raises(DiscoveryError):
        await resolver.addresses("cache")
    assert {question.name for question in server.questions} == {"cache.nowhere.test.", "cache."}


@pytest.mark.parametrize("text", [None, "", "search x\n", "nameserver\n", "nameserver x.y\n"])
async def test_without_a_name_server_there_is_no_answer_until_one_is_configured(
    text: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "resolv.conf"
    if text is not None:
        file.write_text(text)
    resolver = DnsResolver(resolv_conf=file, timeout=0.1)
    with pytest.raises(DiscoveryError, match=r"resolv\.conf"):
        await resolver.addresses("cache.test")
    file.write_text("nameserver 127.0.0.1\n")  # where nobody listens on port 53, or nobody knows the name
    os.utime(file, ns=(1, 1))
    with pytest.raises(DiscoveryError, match=r"cache\.test"):
        await resolver.addresses("cache.test")
