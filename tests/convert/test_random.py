"""Whatever the file holds: a configuration that Outrider takes comes out, or a ConfigError, and nothing else."""

import random
from collections.abc import Callable
from functools import partial

import pytest

from proxy.errors import ConfigError
from tests.convert.acceptance import accepted
from tests.convert.conversions import mcrouter_toml, nutcracker_toml
from tests.convert.test_mcrouter import EVERYTHING
from tests.convert.test_twemproxy import EVERY_KEY

SEED = 90125
COUNT = 500
PIECES = [
    *"\"'{}[]:,-/*@%$&#|> \t\n\0\\é",
    "\ud800",
    "${X}",
    "null",
    "true",
    "- a",
    "1e999",
    "9" * 50,
    "type",
    "unix:",
]
POOLS = ("A", "B", "C", "D")


def outcome(convert: Callable[[str], str], text: str) -> bool:
    """Whether it was converted, with everything checked that holds in either case."""
    try:
        toml = convert(text)
    except ConfigError as error:
        lines = str(error).splitlines()
    else:
        assert convert(text) == toml, text
        accepted(toml.encode().decode())
        return True
    assert lines, text
    assert all(line.isprintable() for line in lines), text
    return False


def mutated(text: str, rng: random.Random) -> str:
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text))
        end = at + rng.choice((0, 0, 1, 3, 20))
        text = text[:at] + rng.choice((*PIECES, "", text[at : at + 30])) + text[end:]
    return text


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        (nutcracker_toml, EVERY_KEY),
        (partial(mcrouter_toml, distribution="rendezvous"), EVERYTHING),
    ],
    ids=["twemproxy", "mcrouter"],
)
def test_a_damaged_file_is_no_traceback(convert: Callable[[str], str], text: str) -> None:
    rng = random.Random(SEED)
    converted = sum(outcome(convert, mutated(text, rng)) for _ in range(COUNT))
    assert converted, f"seed {SEED}: nothing came through"


def some_pool(rng: random.Random) -> str:
    """A pool of nutcracker, most of its values good ones."""
    odd = ["", "x", "-1", "[a]", "{a: b}", "${X}", "99999999999", "é", "null"]
    values: dict[str, list[str]] = {
        "listen": ["127.0.0.1:1", "a.example:22121", "/run/s", "/run/s 0600", "::1:5"],
        "hash": ["md5", "fnv1a_64", "hsieh"],
        "hash_tag": ['"{}"', "ab", '"${"'],
        "distribution": ["ketama", "modula", "random"],
        "timeout": ["0", "1", "400", "2147483647"],
        "backlog": ["0", "512"],
        "client_connections": ["0", "10"],
        "tcpkeepalive": ["true", "false"],
        "redis": ["false", "false", "true"],
        "redis_db": ["0"],
        "preconnect": ["true", "false"],
        "auto_eject_hosts": ["true", "false"],
        "server_connections": ["1", "7", "1024"],
        "server_retry_timeout": ["1", "2000"],
        "server_failure_limit": ["0", "1", "5"],
        "no_such_key": ["1"],
    }
    lines = []
    for key, good in values.items():
        if key == "listen" or (key != "no_such_key" and rng.random() < 0.4) or rng.random() < 0.02:
            lines.append(f"  {key}: {rng.choice(odd if rng.random() < 0.01 else good)}\n")
    servers = []
    for _ in range(rng.randrange(1, 8)):
        host = rng.choice(
            ["10.0.0.1", "10.0.0.2", "cache-1", "Cache.example", "::1", "memory", "unix"][
                : 7 if rng.random() < 0.1 else 5
            ]
        )
        place = f"{host}:{rng.randrange(11209, 11214)}" if rng.random() < 0.9 else f"/tmp/{rng.randrange(9)}"
        name = f" {rng.choice('abcdef')}{rng.randrange(30)}" if rng.random() < 0.5 else ""
        servers.append(f"    - {place}:{rng.choice((1, 1, 2, 100000))}{name}\n")
    lines.append("  servers:\n" + "".join(servers))
    rng.shuffle(lines)
    return "main:\n" + "".join(lines)


def test_any_pool_of_nutcracker_is_converted_or_refused() -> None:
    rng = random.Random(SEED)
    converted = sum(outcome(nutcracker_toml, some_pool(rng)) for _ in range(COUNT))
    assert converted > 50, f"seed {SEED}: {converted}"


def some_route(rng: random.Random, depth: int) -> str:
    def below() -> str:
        return some_route(rng, depth - 1)

    pool = rng.choice(POOLS)
    choice = rng.random() if depth else 1.0
    if choice < 0.2:
        return f'{{"type": "FailoverRoute", "children": [{below()}, {below()}]}}'
    if choice < 0.3:
        return f'{{"type": "FailoverWithExptimeRoute", "normal": {below()}, "failover": {below()}}}'
    if choice < 0.4:
        return f'{{"type": "WarmUpRoute", "cold": {below()}, "warm": {below()}}}'
    if choice < 0.7:
        kind = rng.choice(("AllSyncRoute", "AllAsyncRoute", "AllInitialRoute"))
        children = ", ".join(below() for _ in range(rng.randrange(2, 4)))
        return f'{{"type": "{kind}", "children": [{children}]}}'
    if choice < 0.72:
        return rng.choice(('"NullRoute"', "7", '"name"', "[]"))
    if rng.random() < 0.2:
        return f'{{"type": "PoolRoute", "pool": "{pool}", "hash": "{rng.choice(("Ch3", "Crc32"))}", "name": "n"}}'
    return f'"PoolRoute|{pool}"'


def some_tree(rng: random.Random) -> str:
    pools = ", ".join(
        f'"{name}": {{"servers": [{", ".join(f"{chr(34)}10.{number}.0.{host}:1{chr(34)}" for host in range(rng.randrange(1, 5)))}]}}'
        for number, name in enumerate(POOLS)
    )
    if rng.random() < 0.5:
        route = some_route(rng, 2)
    else:
        prefixes = rng.sample(["a", "ab", "abc", "b", "é", "x" * 250, "", "a b"], k=rng.randrange(1, 4))
        policies = ", ".join(f'"{prefix}": {some_route(rng, 1)}' for prefix in prefixes)
        route = (
            f'{{"type": "PrefixSelectorRoute", "policies": {{{policies}}}, "wildcard": {some_route(rng, 1)}}}'
        )
    return f'{{"pools": {{{pools}}}, "route": {route}}}'


@pytest.mark.parametrize(("distribution", "least"), [("ketama", 100), (None, 5)])
def test_any_tree_of_mcrouter_is_converted_or_refused(distribution: str | None, least: int) -> None:
    rng = random.Random(SEED)
    convert = partial(mcrouter_toml, distribution=distribution)
    converted = sum(outcome(convert, some_tree(rng)) for _ in range(COUNT))
    assert converted >= least, f"seed {SEED}: {converted}"
