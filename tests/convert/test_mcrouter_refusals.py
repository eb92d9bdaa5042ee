"""What of mcrouter has no counterpart, each refused by name and place."""

import pytest

from tests.convert.conversions import mcrouter_problems
from tests.convert.trees import POOLS, all_route, route


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ('"NullRoute"', "route", "NullRoute has no counterpart: every key goes to a pool here"),
        ('{"type": "NullRoute"}', "route.type", "NullRoute has no counterpart"),
        ('"ErrorRoute|no"', "route", "ErrorRoute has no counterpart"),
        (
            all_route("AllFastestRoute", "A", "B"),
            "route.type",
            "AllFastestRoute has no counterpart: the primary",
        ),
        (all_route("AllMajorityRoute", "A", "B"), "route.type", "AllMajorityRoute has no counterpart"),
        (all_route("MissFailoverRoute", "A", "B"), "route.type", "MissFailoverRoute has no counterpart"),
        (all_route("FailoverRout", "A", "B"), "route.type", 'no route "FailoverRout" (FailoverRoute?)'),
        ('"HashRoute|Pool|A"', "route", 'write "PoolRoute|NAME"'),
        ('"PoolRoute"', "route", "write PoolRoute in its long form"),
        ('"AllSyncRoute|Pool|A"', "route", "write AllSyncRoute in its long form"),
        ('"PoolRoute|D"', "route", 'there is no pool "D"'),
        ('""', "route", 'there is no route ""'),
        ("7", "route", "expected keys and values, got 7"),
        ("null", "route", "expected keys and values, got null"),
        ("[]", "route", "expected keys and values, got a list"),
        ('["PoolRoute|A", "PoolRoute|B"]', "route", "expected keys and values, got a list"),
        ("{}", "route", 'has no "type"'),
        ('{"type": true}', "route.type", "expected a string, got true"),
        ('{"type": "PoolRoute"}', "route", 'has no "pool"'),
        ('{"type": "PoolRoute", "pool": 7}', "route.pool", "expected keys and values, got 7"),
        ('{"type": "PoolRoute", "pool": {"servers": []}}', "route.pool", "needs a name"),
        ('{"type": "PoolRoute", "pool": "A", "pol": 1}', "route.pol", "unknown key (pool?)"),
        ('{"type": "PoolRoute", "pool": "A", "shadows": [1]}', "route.shadows", "no shadow traffic here"),
        ('{"type": "PoolRoute", "pool": "A", "shard_splits": {"a": 2}}', "route.shard_splits", "keys go out"),
        ('{"type": "PoolRoute", "pool": "A", "hash": 7}', "route.hash", "expected keys and values, got 7"),
        ('{"type": "PoolRoute", "pool": "A", "hash": {"func": "Ch3"}}', "route.hash.func", "(hash_func?)"),
        ('{"type": "FailoverRoute", "children": "PoolRoute|A"}', "route.children", "expected a list"),
        ('{"type": "FailoverRoute"}', "route", 'has no "children"'),
        (all_route("FailoverRoute", "A"), "route.children", "needs at least two routes"),
        (all_route("FailoverRoute", "A", "B", "C"), "route.children[2]", "and not on from there"),
        (all_route("FailoverRoute", "A", "A"), "route", "a pool cannot fail over to itself"),
        (all_route("AllSyncRoute", "A", "A"), "route", '"A" is its own secondary'),
        (all_route("AllSyncRoute", "A", "B", "B"), "route", '"B" is named twice'),
        (
            all_route("FailoverRoute", "A", all_route("AllSyncRoute", "B", "C")),
            "route.children[1]",
            "not nested",
        ),
        (
            all_route("FailoverRoute", all_route("FailoverRoute", "A", "B"), "C"),
            "route.children[0]",
            "not nested",
        ),
        (
            all_route("AllSyncRoute", "A", all_route("AllSyncRoute", "B", "C")),
            "route.children[1]",
            "not copied again",
        ),
        ('{"type": "WarmUpRoute", "cold": "PoolRoute|A"}', "route", 'has no "warm"'),
        (
            '{"type": "FailoverWithExptimeRoute", "normal": "PoolRoute|A", "failover": "PoolRoute|B", "failover_exptime": 0}',
            "route.failover_exptime",
            "0 is out of range: 1 to",
        ),
        ('{"type": "PrefixSelectorRoute", "policies": {"a": "PoolRoute|A"}}', "route", "has no wildcard"),
        (
            '{"type": "PrefixSelectorRoute", "policies": {"": "PoolRoute|A"}, "wildcard": "PoolRoute|B"}',
            'route.policies.""',
            "write it as the wildcard",
        ),
        (
            '{"type": "PrefixSelectorRoute", "policies": {"a b": "PoolRoute|A"}, "wildcard": "PoolRoute|B"}',
            'route.policies."a b"',
            'no key begins with "a b"',
        ),
        (
            '{"type": "PrefixSelectorRoute", "policies": {"${X}": "PoolRoute|A"}, "wildcard": "PoolRoute|B"}',
            'route.policies."${X}"',
            "would be taken for an environment variable",
        ),
        (
            '{"type": "PrefixSelectorRoute", "wildcard": {"type": "PrefixSelectorRoute"}}',
            "route.wildcard.type",
            "it can only be the outermost route",
        ),
    ],
)
def test_a_route_that_outrider_has_not_is_refused_by_name_and_place(
    text: str, path: str, reason: str
) -> None:
    ((told, message),) = mcrouter_problems(route(text))
    assert told == path
    assert reason in message


def selector(first: str, second: str) -> str:
    return route(f'{{"type": "PrefixSelectorRoute", "policies": {{"a": {first}}}, "wildcard": {second}}}')


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (all_route("FailoverRoute", "A", "B"), '"PoolRoute|A"', "another failover than route.policies.a"),
        (all_route("FailoverRoute", "A", "B"), all_route("FailoverRoute", "A", "C"), "another failover than"),
        (all_route("AllSyncRoute", "A", "B"), all_route("AllSyncRoute", "B", "A"), "copies otherwise than"),
        (all_route("AllSyncRoute", "A", "B"), all_route("AllSyncRoute", "A", "C"), "copies otherwise than"),
        (
            '{"type": "PoolRoute", "pool": "A", "hash": {"salt": "x"}}',
            '"PoolRoute|A"',
            'places the keys of the pool "A" otherwise than route.policies.a does',
        ),
    ],
)
def test_routes_that_want_different_things_of_a_pool_are_refused(
    first: str, second: str, reason: str
) -> None:
    ((path, message),) = mcrouter_problems(selector(first, second))
    assert path == "route.wildcard"
    assert reason in message


def test_a_circle_of_failovers_is_refused() -> None:
    text = selector(all_route("FailoverRoute", "A", "B"), all_route("FailoverRoute", "B", "A"))
    problems = mcrouter_problems(text)
    assert [path for path, _ in problems] == ["route.policies.a", "route.wildcard"]
    assert all("failover runs in a circle" in message for _, message in problems)


def test_a_pool_whose_name_is_none_here_is_refused() -> None:
    text = '{"pools": {"my\\tpool": {"servers": ["a:1"]}}, "route": "PoolRoute|my\\tpool"}'
    ((path, message),) = mcrouter_problems(text)
    assert path == 'pools."my\\tpool"'
    assert message.startswith('"my\\tpool" is not a name here')


@pytest.mark.parametrize("named", ['{"x": "y", "y": "x"}', '{"x": ["x"]}'])
def test_a_circle_of_names_is_refused(named: str) -> None:
    ((_, message),) = mcrouter_problems(f'{{{POOLS} "named_handles": {named}, "route": "x"}}')
    assert message == "leads back to itself"


@pytest.mark.parametrize(
    ("pool", "path", "reason"),
    [
        ("{}", "pools.A", "a pool needs at least one server"),
        ('{"servers": []}', "pools.A", "a pool needs at least one server"),
        ('{"servers": "a:1"}', "pools.A.servers", 'expected a list, got "a:1"'),
        ('{"servers": [7]}', "pools.A.servers[0]", "expected a string, got 7"),
        (
            '{"servers": [{"hostname": "a:1"}]}',
            "pools.A.servers[0]",
            "expected a string, got keys and values",
        ),
        ('{"servers": ["a"]}', "pools.A.servers[0]", "is not a port"),
        ('{"servers": [""]}', "pools.A.servers[0]", "has no host"),
        ('{"servers": ["[::1"]}', "pools.A.servers[0]", "is not a port"),
        ('{"servers": ["a:1:caret"]}', "pools.A.servers[0]", 'the protocol "caret" has no counterpart here'),
        (
            '{"servers": ["a:1:ascii:ssl"]}',
            "pools.A.servers[0]",
            'the encryption "ssl" has no counterpart here',
        ),
        ('{"servers": ["[::1]:1:umbrella"]}', "pools.A.servers[0]", 'the protocol "umbrella"'),
        ('{"servers": ["a:1:ascii:plain:notcompressed:x"]}', "pools.A.servers[0]", 'expected "host:port"'),
        (
            '{"servers": ["a:1", "a:1"]}',
            "pools.A.servers[1]",
            "is in this pool already, as pools.A.servers[0]",
        ),
        ('{"servers": ["cache-{0..2}:1"]}', "pools.A.servers[0]", "is neither a host name nor an IP address"),
        ('{"servers": ["127.0.0.1:11211"]}', "pools.A.servers[0]", "where Outrider itself listens"),
        (
            '{"servers": ["a:1"], "server_timeout": 0}',
            "pools.A.server_timeout",
            "0 is out of range: 1 to 1000000",
        ),
        ('{"servers": ["a:1"], "server_timeout": "1s"}', "pools.A.server_timeout", "expected a whole number"),
        ('{"servers": ["a:1"], "connect_timeout": true}', "pools.A.connect_timeout", "got true"),
        (
            '{"servers": ["a:1"], "protocol": "caret"}',
            "pools.A.protocol",
            "speaks memcached's text protocol only",
        ),
        (
            '{"servers": ["a:1"], "use_ssl": true}',
            "pools.A.use_ssl",
            "true has no counterpart: Outrider does not",
        ),
        (
            '{"servers": ["a:1"], "keep_routing_prefix": true}',
            "pools.A.keep_routing_prefix",
            "routing prefixes",
        ),
        ('{"servers": ["a:1"], "weights": [1]}', "pools.A.weights", "give the servers weights"),
        ('{"inherit": "file", "servers": ["a:1"]}', "pools.A.inherit", "is not in this file"),
        ('{"servers": ["a:1"], "server_timout": 1}', "pools.A.server_timout", "(server_timeout?)"),
        ("[]", "pools.A", "expected keys and values, got a list"),
    ],
)
def test_a_pool_that_outrider_cannot_have_is_refused_with_its_place(
    pool: str, path: str, reason: str
) -> None:
    ((told, message),) = mcrouter_problems(f'{{"pools": {{"A": {pool}}}, "route": "PoolRoute|A"}}', "ketama")
    assert told == path
    assert reason in message


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("[]", "", "expected keys and values, got a list"),
        ("{}", "route", "is missing"),
        (f"{{{POOLS}}}", "route", "is missing"),
        (f'{{{POOLS} "route": "PoolRoute|A", "routes": []}}', "routes", 'is here next to "route"'),
        (f'{{{POOLS} "routes": []}}', "routes", "has 0 trees"),
        (f'{{{POOLS} "routes": {{"/a/": "PoolRoute|A", "/b/": "PoolRoute|B"}}}}', "routes", "has 2 trees"),
        (f'{{{POOLS} "routes": [{{"route": "PoolRoute|A"}}]}}', "routes[0]", 'needs "aliases" and "route"'),
        (f'{{{POOLS} "routes": [7]}}', "routes[0]", "expected keys and values, got 7"),
        (f'{{{POOLS} "routes": 7}}', "routes", "expected a list, got 7"),
        (f'{{{POOLS} "rout": "PoolRoute|A", "route": "PoolRoute|A"}}', "rout", "unknown key (route?)"),
        ('{"pools": [], "route": "PoolRoute|A"}', "pools", "expected keys and values, got a list"),
        (
            f'{{{POOLS} "named_handles": 7, "route": "PoolRoute|A"}}',
            "named_handles",
            "expected a list, got 7",
        ),
        (f'{{{POOLS} "macros": {{}}, "route": "PoolRoute|A"}}', "macros", "macros are not expanded here"),
        (f'{{{POOLS} "consts": [], "route": "PoolRoute|A"}}', "consts", "macros are not expanded here"),
        (route('"@pool(A)"'), "route", '"@pool(A)": macros are not expanded here'),
        (route('"PoolRoute|%pool%"'), "route", "macros are not expanded here"),
        (route('"PoolRoute|\\\\%"'), "route", "macros are not expanded here"),
        (route('{"type": "if", "condition": "x"}'), "route.type", "macros are not expanded here"),
        (route('{"type": "PoolRoute", "pool": "A", "@x": 1}'), 'route."@x"', "macros are not expanded here"),
    ],
)
def test_a_file_that_is_none_of_mcrouter_s_is_refused(text: str, path: str, reason: str) -> None:
    ((told, message),) = mcrouter_problems(text)
    assert told == path
    assert reason in message


def test_routes_in_routes_without_end_are_refused() -> None:
    text = '"PoolRoute|A"'
    for _ in range(300):
        text = f'{{"type": "FailoverRoute", "children": [{text}, "PoolRoute|B"]}}'
    ((_, message),) = mcrouter_problems(route(text))
    assert message == "is nested too deeply"
