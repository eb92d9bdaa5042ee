"""The tests' own name server answers as a real one does."""

from collections.abc import Iterator

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from proxy.config import TcpAddress
from tests.discovery.dnsmasq import LOCAL_TTL, Dnsmasq
from tests.discovery.nameserver import NameServer, Records, Zone

SERVICE = "_memcache._tcp.cache.test."
ZONE: Zone = {
    ("cache.test.", "A"): Records(33, ("10.0.0.2", "10.0.0.1")),
    ("cache.test.", "AAAA"): Records(33, ("fd00::1",)),
    ("old.test.", "A"): Records(44, ("10.0.0.3",)),
    ("new.test.", "AAAA"): Records(44, ("fd00::3",)),
    ("many.test.", "A"): Records(5, tuple(f"10.1.0.{number}" for number in range(1, 101))),
    ("alias.test.", "CNAME"): Records(LOCAL_TTL, ("cache.test.",)),
    (SERVICE, "SRV"): Records(
        LOCAL_TTL, ("1 5 11211 old.test.", "1 0 11212 old.test.", "2 0 11211 Nobody.test.")
    ),
}
QUESTIONS = [
    *[
        (name, kind)
        for name in ("cache.test.", "CACHE.test.", "old.test.", "new.test.")
        for kind in ("A", "AAAA")
    ],
    ("alias.test.", "A"),
    ("alias.test.", "SRV"),
    ("cache.test.", "SRV"),
    (SERVICE, "SRV"),
    (SERVICE, "A"),
    ("many.test.", "A"),
    ("nobody.test.", "A"),
    ("nobody.test.", "SRV"),
    ("elsewhere.example.", "A"),
]


@pytest.fixture(scope="module")
def ours() -> Iterator[TcpAddress]:
    with NameServer(ZONE) as server:
        yield server.address


@pytest.fixture(scope="module")
def real() -> Iterator[TcpAddress]:
    with Dnsmasq(ZONE) as server:
        yield server.address


def _ask(server: TcpAddress, name: str, kind: str, *, is_tcp: bool) -> tuple[str, bool, list[str], list[str]]:
    """The code, whether the answer was cut, and the records of the two sections, where it was not."""
    ask = dns.query.tcp if is_tcp else dns.query.udp
    response = ask(dns.message.make_query(name, kind), server.host, timeout=5, port=server.port)
    is_cut = bool(response.flags & dns.flags.TC)
    sections = [
        sorted(line for rrset in section for line in rrset.to_text().lower().splitlines())
        for section in (response.answer, response.additional)
    ]
    answer, additional = ([], []) if is_cut else sections
    return dns.rcode.to_text(response.rcode()), is_cut, answer, additional


@pytest.mark.parametrize("is_tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize(("name", "kind"), QUESTIONS)
def test_our_server_answers_as_dnsmasq_does(
    name: str, kind: str, is_tcp: bool, ours: TcpAddress, real: TcpAddress
) -> None:
    assert _ask(ours, name, kind, is_tcp=is_tcp) == _ask(real, name, kind, is_tcp=is_tcp)


def test_both_cut_what_does_not_fit_into_a_datagram(ours: TcpAddress, real: TcpAddress) -> None:
    for server in (ours, real):
        assert _ask(server, "many.test.", "A", is_tcp=False)[1]
        assert len(_ask(server, "many.test.", "A", is_tcp=True)[2]) == 100
