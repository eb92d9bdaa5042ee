"""The forms that `servers` takes: ranges and sources."""

import pytest

from proxy.config.problems import RefusedError
from proxy.config.ranges import MOST, expand_ranges
from tests.config.parsing import config_of, problem_of


def _labels(servers: str, **environ: str) -> list[str]:
    return [server.label for server in config_of(_pool(servers), **environ).pools["main"].servers]


def _pool(servers: str) -> str:
    return f"[pools.main]\nservers = {servers}"


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("a:1", "a:1"),
        ("m-{0..2}.m:1", "m-0.m:1 m-1.m:1 m-2.m:1"),
        ("m{9..11}", "m9 m10 m11"),
        ("m{08..10}", "m08 m09 m10"),
        ("m{8..010}", "m008 m009 m010"),
        ("m{0..0}", "m0"),
        ("{1..2}-{3..4}", "1-3 1-4 2-3 2-4"),
        ("10.0.{0..1}.{1..2}:1", "10.0.0.1:1 10.0.0.2:1 10.0.1.1:1 10.0.1.2:1"),
        ("a:1121{1..3}", "a:11211 a:11212 a:11213"),
        ("{1..2}{3..4}", "13 14 23 24"),
        ("{a..b}{1..}", "{a..b}{1..}"),
    ],
)
def test_ranges_count_as_in_a_shell(text: str, expanded: str) -> None:
    assert expand_ranges(text) == tuple(expanded.split())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("m{2..0}", '"{2..0}" runs backwards'),
        (f"m{{1..{MOST + 1}}}", "more than 1024"),
        ("m{0..99}{0..99}", "more than 1024"),
        ("m{0..999999999}{0..999999999}", "more than 1024"),
        (f"m{{0..{'9' * 5000}}}", "at most 9 digits"),
        ("m{1..11}{1..11}", '"m111" twice'),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        expand_ranges(text)


def test_a_range_may_stand_for_as_many_as_the_bound_says() -> None:
    assert len(expand_ranges(f"m{{1..{MOST}}}")) == MOST


@pytest.mark.parametrize(
    "servers",
    ['"cache-{0..2}.cache:11211"', '["cache-{0..2}.cache:11211"]', '["cache-{0..${LAST}}.cache:11211"]'],
)
def test_a_range_is_servers_written_out(servers: str) -> None:
    config = config_of(_pool(servers), LAST="2")
    written_out = ", ".join(f'"cache-{number}.cache:11211"' for number in range(3))
    assert config == config_of(_pool(f"[{written_out}]"))


def test_ranges_stand_among_other_servers() -> None:
    servers = '["b:1", "a-{1..2}:1", { address = "c:1", name = "x" }, "d{1..2}:1"]'
    assert _labels(servers) == ["b:1", "a-1:1", "a-2:1", "x", "d1:1", "d2:1"]


@pytest.mark.parametrize(
    ("servers", "index", "reason"),
    [
        ('["a:1", "b-{2..1}:1"]', 1, "backwards"),
        ('["b-{1..2}"]', 0, '"b-1" has no port'),
        ('["a:1", "b-{1..2}:99999"]', 1, "is not a port"),
        ('["a-{1..3}:1", "a-2:1"]', 1, '"a-2:1" is in this pool already, as pools.main.servers[0]'),
        ('["a-2:1", "a-{1..3}:1"]', 1, '"a-2:1" is in this pool already, as pools.main.servers[0]'),
    ],
)
def test_what_is_wrong_with_a_range_is_told_where_it_stands(servers: str, index: int, reason: str) -> None:
    problem = problem_of(_pool(servers))
    assert problem.key == f"pools.main.servers[{index}]"
    assert reason in problem.message


def test_a_range_in_a_table_is_told_to_stand_alone() -> None:
    problem = problem_of(_pool('[{ address = "a-{0..2}:1", weight = 2 }]'))
    assert problem.key == "pools.main.servers[0].address"
    assert "stands alone" in problem.message


@pytest.mark.parametrize(
    ("servers", "key"),
    [
        ('"localhost:1121{0..2}"', "pools.main.servers"),
        ('["a-{1..2}:1", "localhost:11211"]', "pools.main.servers"),
        ('["a-{1..1}:1", "localhost:11211"]', "pools.main.servers[1]"),
    ],
)
def test_a_proxy_that_is_its_own_backend_by_a_range_is_told_at_a_place_that_exists(
    servers: str, key: str
) -> None:
    problem = problem_of(_pool(servers))
    assert problem.key == key
    assert "Outrider itself" in problem.message


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("dns+", "has no port"),
        ("dns+cache", "has no port"),
        ("dns+cache:0", "1 to 65535"),
        ("dns+unix:/run/memcached.sock", 'not "host:port"'),
        ("dns+memory://x", 'not "host:port"'),
        ("dns+cache-{0..2}:1", "neither a host name nor"),
        ("elasticache+cache", "has no port"),
        ("elasticache+memory://x", 'not "host:port"'),
        ("dnssrv+", "names no service"),
        ("dnssrv+_memcache._tcp.cache:11211", "ports come from the records"),
        ("dnssrv+_memcache._tcp.a b", "names no service"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused_with_the_reason(source: str, reason: str) -> None:
    problem = problem_of(_pool(f'"{source}"'))
    assert problem.key == "pools.main.servers"
    assert reason in problem.message


@pytest.mark.parametrize(
    "source",
    [
        "dns+memcached.ns.svc.cluster.local:11211",
        "dns+memcached.ns.svc.cluster.local.:11211",
        "dns+10.0.0.1:11211",
        "dnssrv+_memcache._tcp.memcached.ns.svc.cluster.local",
        "dnssrv+_memcache._tcp.memcached.ns.svc.cluster.local.",
        "elasticache+x.cfg.use1.cache.amazonaws.com:11211",
    ],
)
def test_a_source_that_can_be_asked_is_a_pool_s_discovery(source: str) -> None:
    (discovery,) = config_of(_pool(f'"{source}"')).pools["main"].discovery
    assert source == f"{discovery.kind}+{discovery.target}"


def test_discovery_inside_of_an_array_is_told_to_stand_alone() -> None:
    assert "stands alone" in problem_of(_pool('["dns+cache:11211"]')).message


def test_one_address_as_a_string_is_told_to_be_an_array() -> None:
    assert 'as ["a:1"]' in problem_of(_pool('"a:1"')).message
