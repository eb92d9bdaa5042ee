import zlib
from typing import Any

import pytest

from proxy.config import PoolConfig, RouteConfig
from proxy.ring import DISTRIBUTIONS, Node
from tests.convert.conversions import (
    mcrouter_config,
    mcrouter_problems,
    mcrouter_toml,
    remarks,
)
from tests.convert.trees import POOLS, all_route, route
from tests.ring import corpus

EVERYTHING = """\
// two regions and a gutter
{
  "pools": {
    "local": {
      "servers": ["10.0.0.1:11211", "[::1]:11212:ascii", "unix:/run/memcached.sock",],
      "server_timeout": 200,
      "region": "west",
    },
    "remote": { "servers": ["10.1.0.1:11211"], "connect_timeout": 1500 },
    "gutter": { "servers": ["10.2.0.1:11211:ascii:plain:notcompressed"] },
    "old": { "servers": ["10.3.0.1:11211"] }, /* not in use */
  },
  "named_handles": [
    {
      "type": "FailoverWithExptimeRoute",
      "name": "here",
      "normal": { "type": "PoolRoute", "pool": "local", "rates": { "gets_rate": 100 } },
      "failover": "PoolRoute|gutter",
      "failover_errors": ["tko"],
    },
  ],
  "route": {
    "type": "PrefixSelectorRoute",
    "policies": {
      "s": { "type": "AllAsyncRoute", "children": ["here", "PoolRoute|remote"] },
      "session:": { "type": "AllSyncRoute", "children": ["here", "PoolRoute|remote"] },
    },
    "wildcard": "here",
  },
}
"""
EVERY_SETTING = """\
# Converted from "conf/mcrouter.json" by `outrider convert mcrouter --distribution rendezvous`.
#
# Not translated, or different here:
# - named_handles[0].failover_errors (a list): whatever fails goes to the other pool here
# - named_handles[0].normal.rates (keys and values): clients are not held to a rate here
# - route.policies."session:".type ("AllSyncRoute"): its first pool answers reads here, and a write once \
all pools have it
# - route.policies.s.type ("AllAsyncRoute"): its first pool answers here, and the others follow
# - mcrouter hashes a key up to "|#|" where it has that; all of it is hashed here
# - pools.local.region ("west"): only chooses a timeout of mcrouter's command line
# - pools.old: no route leads to it, so it is left out

[proxy]
listen = ["127.0.0.1:11211"]  # Outrider's default: mcrouter's stands on its command line
default_pool = "local"  # route.wildcard

[pools.local]
servers = [
  "10.0.0.1:11211",  # pools.local.servers[0]
  "[::1]:11212",  # pools.local.servers[1]
  "unix:/run/memcached.sock",  # pools.local.servers[2]
]
distribution = "rendezvous"  # named_handles[0].normal: in place of Ch3; most keys move
timeout = "200ms"  # pools.local.server_timeout
connect_timeout = "200ms"  # pools.local.server_timeout
on_error = "miss"  # mcrouter's, unless --disable-miss-on-get-errors

[pools.local.failover]
to = "gutter"  # named_handles[0]
writes = true  # named_handles[0]
exptime = "60s"  # named_handles[0]

[pools.remote]
servers = [
  "10.1.0.1:11211",  # pools.remote.servers[0]
]
distribution = "rendezvous"  # route.policies."session:".children[1]
timeout = "1s"  # mcrouter's default, unless its command line says more
connect_timeout = "1500ms"  # pools.remote.connect_timeout
on_error = "miss"  # mcrouter's, unless --disable-miss-on-get-errors

[pools.gutter]
servers = [
  "10.2.0.1:11211",  # pools.gutter.servers[0]
]
distribution = "rendezvous"  # named_handles[0].failover
timeout = "1s"  # mcrouter's default, unless its command line says more
connect_timeout = "1s"  # mcrouter's default, unless its command line says more
on_error = "miss"  # mcrouter's, unless --disable-miss-on-get-errors

[replication]
from = "local"  # route.policies."session:"
to = ["remote"]  # route.policies."session:"

[[routes]]
prefix = "session:"  # route.policies."session:"
pool = "local"  # route.policies."session:"
ack = "secondary"  # route.policies."session:"

[[routes]]
prefix = "s"  # route.policies.s
pool = "local"  # route.policies.s

[[routes]]
prefix = ""  # route.wildcard
pool = "local"  # named_handles[0]
replicate = false  # named_handles[0]
"""


def pools_of(text: str) -> dict[str, PoolConfig]:
    return dict(mcrouter_config(route(text)).pools)


def test_everything_that_has_a_counterpart_comes_out_with_its_place() -> None:
    assert mcrouter_toml(EVERYTHING, "rendezvous") == EVERY_SETTING


def test_the_simplest_file() -> None:
    config = mcrouter_config(route('"PoolRoute|B"'))
    assert list(config.pools) == ["B"]
    assert config.proxy.default_pool == "B"
    assert config.routes == ()
    assert config.replication.to == ()


def test_errors_look_like_misses_as_in_mcrouter() -> None:
    assert pools_of('"PoolRoute|A"')["A"].on_error == "miss"


def test_the_longest_prefix_comes_first() -> None:
    policies = '{"a": "PoolRoute|A", "abc": "PoolRoute|C", "ab": "PoolRoute|B", "b": "PoolRoute|A"}'
    text = f'{{"type": "PrefixSelectorRoute", "policies": {policies}, "wildcard": "PoolRoute|C"}}'
    config = mcrouter_config(route(text))
    assert [(one.prefix, one.pool) for one in config.routes] == [
        ("abc", "C"),
        ("ab", "B"),
        ("a", "A"),
        ("b", "A"),
    ]
    assert config.proxy.default_pool == "C"


def test_a_failover_goes_to_the_second_child() -> None:
    text = '{"type": "FailoverRoute", "children": ["PoolRoute|A", "PoolRoute|B"], "failover_errors": ["tko"]}'
    failover = pools_of(text)["A"].failover
    assert (failover.to, failover.reads, failover.writes, failover.warm_up) == ("B", True, True, False)
    assert len(remarks(mcrouter_toml(route(text)))) == 3  # the errors, the exptime, the pool C


def test_a_gutter_caps_what_is_written_there() -> None:
    text = '{"type": "FailoverWithExptimeRoute", "normal": "PoolRoute|A", "failover": ["PoolRoute|B"]%s}'
    assert pools_of(text % "")["A"].failover.exptime == 60.0
    assert pools_of(text % ', "failover_exptime": 5')["A"].failover.exptime == 5.0


def test_a_cold_pool_is_warmed_up() -> None:
    text = '{"type": "WarmUpRoute", "cold": "PoolRoute|A", "warm": "PoolRoute|B", "exptime": 20}'
    failover = pools_of(text)["A"].failover
    assert (failover.to, failover.reads, failover.writes, failover.warm_up) == ("B", True, False, True)


@pytest.mark.parametrize(
    ("kind", "ack"), [("AllSyncRoute", "secondary"), ("AllAsyncRoute", None), ("AllInitialRoute", None)]
)
def test_the_first_of_all_is_the_primary(kind: str, ack: str | None) -> None:
    config = mcrouter_config(route(all_route(kind, "A", "B", "C")))
    assert (config.replication.from_, config.replication.to) == ("A", ("B", "C"))
    assert config.proxy.default_pool == "A"
    wanted = [RouteConfig(prefix="", pool="A", ack="secondary")] if ack else []
    assert list(config.routes) == wanted


def test_keys_that_are_not_copied_are_spared() -> None:
    text = (
        f'{{"type": "PrefixSelectorRoute", "policies": {{"a": {all_route("AllAsyncRoute", "A", "B")}, '
        '"b": "PoolRoute|B"}, "wildcard": "PoolRoute|A"}'
    )
    config = mcrouter_config(route(text))
    assert [(one.prefix, one.pool, one.replicate) for one in config.routes] == [
        ("a", "A", True),
        ("b", "B", True),
        ("", "A", False),
    ]


def test_each_copy_has_a_failover_of_its_own() -> None:
    failover = '{"type": "FailoverRoute", "children": ["PoolRoute|B", "PoolRoute|C"]}'
    config = mcrouter_config(route(all_route("AllAsyncRoute", "A", failover)))
    assert config.replication.to == ("B",)
    assert config.pools["B"].failover.to == "C"
    assert config.pools["A"].failover.to == ""


def test_routes_can_be_named_and_referred_to() -> None:
    for named in (
        '[{"type": "PoolRoute", "name": "x", "pool": "B"}]',
        '{"x": "PoolRoute|B"}',
        '{"x": {"type": "PoolRoute", "name": "x", "pool": "B"}}',
    ):
        config = mcrouter_config(f'{{{POOLS} "named_handles": {named}, "route": "x"}}')
        assert config.proxy.default_pool == "B"
    inline = '{"type": "PoolRoute", "name": "x", "pool": "B"}'
    text = f'{{"type": "PrefixSelectorRoute", "policies": {{"b": {inline}}}, "wildcard": "x"}}'
    assert mcrouter_config(route(text)).proxy.default_pool == "B"


def test_a_pool_can_stand_in_its_route() -> None:
    pool = '{"name": "inline", "servers": ["10.9.9.9:1"]}'
    config = mcrouter_config(f'{{"route": {{"type": "PoolRoute", "pool": {pool}}}}}')
    assert [str(server.address) for server in config.pools["inline"].servers] == ["10.9.9.9:1"]


@pytest.mark.parametrize(
    "routes",
    [
        '[{"aliases": ["/a/a/", "/A/A/"], "route": "PoolRoute|A"}]',
        '{"/a/a/": "PoolRoute|A"}',
    ],
)
def test_one_routing_prefix_is_told_and_left_alone(routes: str) -> None:
    text = f'{{{POOLS} "routes": {routes}}}'
    assert mcrouter_config(text).proxy.default_pool == "A"
    assert any(
        "/a/a/" in remark and "leaves keys as they are" in remark for remark in remarks(mcrouter_toml(text))
    )


@pytest.mark.parametrize(
    ("given", "timeout", "connect_timeout"),
    [
        ("", 1.0, 1.0),
        ('"server_timeout": 50', 0.05, 0.05),
        ('"connect_timeout": 50', 1.0, 0.05),
        ('"server_timeout": 50, "connect_timeout": 20', 0.05, 0.02),
    ],
)
def test_timeouts_are_mcrouter_s(given: str, timeout: float, connect_timeout: float) -> None:
    text = f'{{"pools": {{"A": {{"servers": ["a:1"], {given} }} }}, "route": "PoolRoute|A"}}'
    pool = mcrouter_config(text.replace(",  }", "}")).pools["A"]
    assert (pool.timeout, pool.connect_timeout) == (timeout, connect_timeout)


SERVERS = ", ".join(f'"10.0.0.{host}:11211"' for host in range(1, 5))


def hashed(text: str, servers: str = SERVERS) -> str:
    pool = f'"pools": {{"A": {{"servers": [{servers}]}}}}'
    return f'{{{pool}, "route": {{"type": "PoolRoute", "pool": "A", "hash": {text}}}}}'


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"Ch3"', "Ch3"),
        ('{"salt": "x"}', "Ch3"),
        ('{"hash_func": "Crc32", "salt": "x"}', "Crc32"),
        ('{"hash_func": "Rendezvous", "tags": ["a"]}', "Rendezvous"),
        ('"ConstShard"', "ConstShard"),
    ],
)
def test_a_hash_that_outrider_has_not_needs_a_word_of_the_operator(text: str, name: str) -> None:
    ((path, message),) = mcrouter_problems(hashed(text))
    assert path == "route"
    assert message.startswith(f"mcrouter's hash {name} is none of Outrider's distributions, so most keys")
    assert "--distribution NAME" in message
    assert mcrouter_config(hashed(text), "ketama").pools["A"].distribution == "ketama"
    assert f"in place of {name}; most keys move" in mcrouter_toml(hashed(text), "ketama")


def test_a_pool_of_one_server_needs_no_distribution() -> None:
    assert "distribution" not in mcrouter_toml(hashed('"Ch3"', '"10.0.0.1:11211"'))


@pytest.mark.parametrize("count", [2, 4, 32])
def test_crc32_over_a_power_of_two_keeps_its_keys(count: int) -> None:
    servers = ", ".join(f'"10.0.0.{host}:11211"' for host in range(1, count + 1))
    for distribution in (None, "rendezvous"):
        pool = mcrouter_config(hashed('"Crc32"', servers), distribution).pools["A"]
        assert (pool.distribution, pool.hash) == ("modula", "crc32a")
    for key in corpus.keys(1, 1000):
        assert zlib.crc32(key) % count == mcrouter_crc32(key, count)
    if "modula" in DISTRIBUTIONS:
        distribution_of: Any = DISTRIBUTIONS["modula"]
        ring = distribution_of.ring([Node(f"10.0.0.{host}", 11211) for host in range(count)], pool.hash)
        assert all(ring.locate(key) == mcrouter_crc32(key, count) for key in corpus.keys(1, 1000))


def mcrouter_crc32(key: bytes, count: int) -> int:
    """`Crc32HashFunc` of mcrouter."""
    return (zlib.crc32(key) & 0x7FFFFFFF) % count


def test_crc32_over_another_number_does_not() -> None:
    ((_, message),) = mcrouter_problems(hashed('"Crc32"', '"a:1", "b:1", "c:1"'))
    assert "Crc32 is none of" in message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"WeightedCh3"', "the hash WeightedCh3 has no counterpart: weights are shares"),
        ('{"hash_func": "WeightedRendezvous", "weights": [1]}', "has no counterpart: weights are shares"),
        ('"Latest"', "has no counterpart: the key alone chooses"),
        ('"LoadBalancer"', "has no counterpart: the key alone chooses"),
        ('"ch3"', 'mcrouter has no hash "ch3" (Ch3?)'),
    ],
)
def test_a_hash_of_more_than_keys_is_refused_whatever_the_operator_says(text: str, reason: str) -> None:
    ((path, message),) = mcrouter_problems(hashed(text), "rendezvous")
    assert path == "route"
    assert reason in message
