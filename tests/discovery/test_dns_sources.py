from collections.abc import Iterator

import pytest

from proxy.config import TcpAddress
from proxy.discovery.answers import Answer, DiscoveryError
from proxy.discovery.dns_sources import DnsSource, SrvSource
from proxy.discovery.members import Member
from tests.discovery.nameserver import Fault, NameServer
from tests.discovery.waiting import resolver_at

SERVICE = "_memcache._tcp.cache.test"


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as running:
        yield running


def _srv(server: NameServer, timeout: float = 5) -> SrvSource:
    return SrvSource(SERVICE, resolver_at(server.address), timeout)


def _put_services(server: NameServer, *records: str, ttl: int = 60) -> None:
    server.put(f"{SERVICE}.", "SRV", *records, ttl=ttl)


def _member(name: str, ip: str, port: int = 11211, weight: int = 1) -> Member:
    return Member(TcpAddress(ip, port), name, weight)


async def test_each_address_of_a_name_is_a_server_that_is_known_by_its_address(server: NameServer) -> None:
    server.put("cache.test.", "A", "10.0.0.2", "10.0.0.1", ttl=30)
    server.put("cache.test.", "AAAA", "fd00::1", ttl=40)
    answer = await DnsSource(TcpAddress("cache.test", 11213), resolver_at(server.address)).ask()
    assert answer == Answer(
        tuple(Member(TcpAddress(ip, 11213)) for ip in ("10.0.0.1", "10.0.0.2", "fd00::1")), 30
    )


async def test_servers_of_a_family_that_cannot_be_asked_are_as_they_were(server: NameServer) -> None:
    source = DnsSource(TcpAddress("cache.test", 1), resolver_at(server.address))
    server.put("cache.test.", "A", "10.0.0.1")
    server.put("cache.test.", "AAAA", "fd00::1")
    await source.ask()

    server.put("cache.test.", "A", "10.0.0.2")
    server.faults["cache.test.", "AAAA"] = Fault("SERVFAIL")
    for _ in range(2):
        answer = await source.ask()
        assert [member.address.host for member in answer.members] == ["10.0.0.2", "fd00::1"]
        assert "SERVFAIL" in answer.trouble

    server.faults.clear()
    server.put("cache.test.", "AAAA")
    answer = await source.ask()
    assert [member.address.host for member in answer.members] == ["10.0.0.2"]
    assert answer.trouble == ""


@pytest.mark.parametrize("is_generous", [True, False])
async def test_a_service_s_host_is_the_name_of_a_server_with_port_weight_and_address(
    server: NameServer, is_generous: bool
) -> None:
    server.is_generous = is_generous
    _put_services(server, "0 5 11211 Cache-0.test.", "0 0 11212 cache-1.test.", ttl=60)
    server.put("cache-0.test.", "A", "10.0.0.1", ttl=50)
    server.put("cache-1.test.", "AAAA", "fd00::1", ttl=55)
    answer = await _srv(server).ask()
    assert set(answer.members) == {
        _member("cache-0.test", "10.0.0.1", 11211, 5),
        _member("cache-1.test", "fd00::1", 11212, 1),
    }
    assert (answer.ttl, answer.trouble) == (50, "")
    assert server.asked("cache-0.test.", "A") == (0 if is_generous else 1)


async def test_only_the_lowest_priority_counts(server: NameServer) -> None:
    _put_services(server, "20 1 1 c.test.", "10 1 1 a.test.", "10 1 1 b.test.")
    for host in "abc":
        server.put(f"{host}.test.", "A", "10.0.0.1")
    assert {member.name for member in (await _srv(server).ask()).members} == {"a.test", "b.test"}
    _put_services(server, "20 1 1 c.test.")
    assert {member.name for member in (await _srv(server).ask()).members} == {"c.test"}


@pytest.mark.parametrize(
    "records", [("0 0 0 .",), ("0 1 11211 .",), ("0 1 0 a.test.",), ("0 1 1 \\000\\255.test.",)]
)
async def test_a_service_that_is_decidedly_not_there_names_nobody(
    server: NameServer, records: tuple[str, ...]
) -> None:
    _put_services(server, *records)
    assert (await _srv(server).ask()).members == ()


async def test_of_several_addresses_every_proxy_takes_the_same(server: NameServer) -> None:
    _put_services(server, "0 1 1 a.test.")
    server.put("a.test.", "AAAA", "fd00::1")
    for addresses in (("10.0.0.10", "10.0.0.9"), ("10.0.0.9", "10.0.0.10")):
        server.put("a.test.", "A", *addresses)
        assert (await _srv(server).ask()).members == (_member("a.test", "10.0.0.9", 1),)


async def test_servers_of_one_host_are_told_apart_by_their_ports(server: NameServer) -> None:
    _put_services(server, "0 1 11212 a.test.", "0 3 11211 a.test.", "0 2 11211 a.test.")
    server.put("a.test.", "A", "10.0.0.1")
    assert set((await _srv(server).ask()).members) == {
        _member("a.test", "10.0.0.1", 11211, 3),
        _member("a.test:11212", "10.0.0.1", 11212, 1),
    }


async def test_a_host_without_an_address_is_a_server_all_the_same_under_its_name(server: NameServer) -> None:
    _put_services(server, "0 1 1 a.test.", "0 1 1 b.test.", ttl=60)
    server.put("a.test.", "A", "10.0.0.1", ttl=60)
    answer = await _srv(server).ask()
    assert set(answer.members) == {_member("a.test", "10.0.0.1", 1), _member("b.test", "b.test", 1)}
    assert answer.trouble == "b.test does not exist"


@pytest.mark.parametrize("fault", [Fault("SERVFAIL"), Fault("NXDOMAIN"), Fault(is_silent=True)])
async def test_a_host_that_cannot_be_resolved_any_more_keeps_its_last_address(
    server: NameServer, fault: Fault
) -> None:
    server.is_generous = False
    _put_services(server, "0 1 1 a.test.", "0 1 1 b.test.")
    server.put("a.test.", "A", "10.0.0.1")
    server.put("b.test.", "A", "10.0.0.2")
    source = _srv(server, timeout=0.5)
    await source.ask()
    server.put("a.test.", "A", "10.0.0.9")
    server.faults["b.test."] = fault
    answer = await source.ask()
    assert set(answer.members) == {_member("a.test", "10.0.0.9", 1), _member("b.test", "10.0.0.2", 1)}
    assert answer.trouble


async def test_many_hosts_are_resolved(server: NameServer) -> None:
    server.is_generous = False
    _put_services(server, *(f"0 1 11211 h{number}.test." for number in range(100)))
    for number in range(100):
        server.put(f"h{number}.test.", "A", f"10.0.0.{number}")
    answer = await _srv(server).ask()
    assert set(answer.members) == {_member(f"h{number}.test", f"10.0.0.{number}") for number in range(100)}


async def test_more_services_than_a_pool_can_have_are_an_error(server: NameServer) -> None:
    _put_services(server, *(f"0 1 {port} a.test." for port in range(1, 1026)))
    with pytest.raises(DiscoveryError, match="1025 servers are more than 1024"):
        await _srv(server).ask()


@pytest.mark.parametrize("fault", [Fault("SERVFAIL"), Fault("NXDOMAIN"), Fault("REFUSED")])
async def test_a_service_that_cannot_be_asked_for_is_an_error(server: NameServer, fault: Fault) -> None:
    _put_services(server, "0 1 1 a.test.")
    server.faults[f"{SERVICE}."] = fault
    with pytest.raises(DiscoveryError, match=SERVICE):
        await _srv(server).ask()
