import tomllib
from typing import Any

import pytest

from proxy.config import PoolConfig, TcpAddress, UnixAddress
from tests.convert.conversions import (
    nutcracker_config,
    nutcracker_problems,
    nutcracker_toml,
    remarks,
)

POOL = "main:\n  listen: 127.0.0.1:22121\n  servers:\n    - 10.0.0.1:11211:1\n"
TWO = f"{POOL}other:\n  listen: 127.0.0.1:22122\n  servers:\n    - 10.0.0.2:11211:1\n  redis: true\n"

EVERY_KEY = """\
gamma:
  listen: /run/nutcracker.sock 0666
  hash: murmur
  hash_tag: "{}"
  distribution: ketama
  timeout: 400
  backlog: 1024
  client_connections: 100
  tcpkeepalive: true
  preconnect: true
  redis: false
  redis_db: 0
  server_connections: 2
  auto_eject_hosts: true
  server_retry_timeout: 2000
  server_failure_limit: 3
  servers:
    - cache-2.example:11211:1
    - 10.0.0.1:11212:2 cache-1
    - /run/memcached.sock:1
"""
EVERY_SETTING = """\
# Converted from "conf/nutcracker.yml", pool "gamma", by `outrider convert twemproxy`.
#
# Not translated, or different here:
# - gamma.servers, line 17: the order is that in which nutcracker counts servers, by the length of their names and \
then by the names themselves
# - gamma.redis, line 11 ("false"): nothing to do here
# - gamma.redis_db, line 12 ("0"): nothing to do here
# - gamma.tcpkeepalive, line 9 ("true"): Outrider keeps the connections to servers alive in any case, those of \
clients never
# - gamma.preconnect, line 10 ("true"): Outrider connects to every server when it starts, and stays connected, in \
any case
# - gamma.backlog, line 7 ("1024"): the queue of clients that are not accepted yet has a fixed length here
# - gamma.client_connections, line 8 ("100"): nutcracker 0.5 reads it and ignores it; proxy.max_connections is the \
limit here, and it is kept

[proxy]
listen = ["unix:/run/nutcracker.sock"]  # gamma.listen, line 2
socket_mode = "0666"  # gamma.listen, line 2

[pools.gamma]
servers = [
  { address = "10.0.0.1:11212", name = "cache-1", weight = 2 },  # gamma.servers[1], line 19
  "cache-2.example:11211",  # gamma.servers[0], line 18
  { address = "unix:/run/memcached.sock", name = "/run/memcached.sock:" },  # gamma.servers[2], line 20
]
distribution = "twemproxy"  # gamma.distribution, line 5: ketama
hash = "murmur"  # gamma.hash, line 3
hash_tag = "{}"  # gamma.hash_tag, line 4
connections = 2  # gamma.server_connections, line 13
connect_timeout = "400ms"  # gamma.timeout, line 6
timeout = "400ms"  # gamma.timeout, line 6

[pools.gamma.health]
eject = true  # gamma.auto_eject_hosts, line 14
eject_after = "1s"  # gamma.auto_eject_hosts, line 14: nutcracker ejects at once
max_ejected = 1.0  # gamma.auto_eject_hosts, line 14: nutcracker has no such limit
timeouts_until_down = 3  # gamma.server_failure_limit, line 16: a refused connection counts at once here
probe_interval = "2s"  # gamma.server_retry_timeout, line 15
probe_max = "2s"  # gamma.server_retry_timeout, line 15
"""


def pool_of(text: str) -> PoolConfig:
    return nutcracker_config(text).pools["main"]


def test_every_key_becomes_a_setting_or_a_remark_with_its_place() -> None:
    assert nutcracker_toml(EVERY_KEY) == EVERY_SETTING


def test_the_same_file_gives_the_same_text() -> None:
    assert nutcracker_toml(EVERY_KEY) == nutcracker_toml(EVERY_KEY)


def test_what_is_not_given_is_nutcracker_s_default() -> None:
    assert tomllib.loads(nutcracker_toml(POOL)) == {
        "proxy": {"listen": ["127.0.0.1:22121"]},
        "pools": {
            "main": {
                "servers": ["10.0.0.1:11211"],
                "distribution": "twemproxy",
                "hash": "fnv1a_64",
                "connect_timeout": "250ms",
                "timeout": "250ms",
            }
        },
    }
    assert "nutcracker's default for hash" in nutcracker_toml(POOL)


def test_a_timeout_that_nutcracker_does_not_have_is_told() -> None:
    for text in (POOL, f"{POOL}  timeout: 0\n"):
        pool = pool_of(text)
        assert (pool.connect_timeout, pool.timeout) == (0.25, 0.25)
        assert nutcracker_toml(text).count("without timeout nutcracker waits for ever") == 2


def test_ejection_has_nutcracker_s_defaults() -> None:
    health = pool_of(f"{POOL}  auto_eject_hosts: true\n").health
    assert health.eject
    assert (health.timeouts_until_down, health.probe_interval, health.probe_max) == (2, 30.0, 30.0)
    assert health.max_ejected == 1.0


def test_what_ejection_would_use_is_left_out_without_it() -> None:
    text = f"{POOL}  auto_eject_hosts: false\n  server_failure_limit: 7\n  server_retry_timeout: 9\n"
    assert pool_of(text).health == PoolConfig().health
    assert [remark.split(",")[0] for remark in remarks(nutcracker_toml(text))] == [
        "main.server_failure_limit",
        "main.server_retry_timeout",
    ]


def test_ketama_with_md5_is_libmemcached_s() -> None:
    pool = pool_of(f"{POOL}  distribution: ketama\n  hash: md5\n")
    assert (pool.distribution, pool.hash) == ("ketama", "")


def test_modula_keeps_its_name_and_its_hash() -> None:
    pool = pool_of(f"{POOL}  distribution: modula\n  hash: crc32a\n")
    assert (pool.distribution, pool.hash) == ("modula", "crc32a")


@pytest.mark.parametrize(
    ("line", "address", "name"),
    [
        ("10.0.0.2:11211:1", TcpAddress("10.0.0.2", 11211), ""),
        ("10.0.0.2:11212:1", TcpAddress("10.0.0.2", 11212), ""),
        ("10.0.0.2:11211:1 10.0.0.2", TcpAddress("10.0.0.2", 11211), "10.0.0.2"),
        ("10.0.0.2:011212:1", TcpAddress("10.0.0.2", 11212), "10.0.0.2:011212"),
        ("10.0.0.2:011211:1", TcpAddress("10.0.0.2", 11211), ""),
        ("Cache.example:11212:1", TcpAddress("Cache.example", 11212), ""),
        ("::1:11212:1", TcpAddress("::1", 11212), ""),
        ("::1:11211:1", TcpAddress("::1", 11211), ""),
        ("/tmp/s:1", UnixAddress("/tmp/s"), "/tmp/s:"),
        ("/tmp/s:1 s", UnixAddress("/tmp/s"), "s"),
    ],
)
def test_a_server_keeps_what_stands_for_it_on_the_ring(
    line: str, address: TcpAddress | UnixAddress, name: str
) -> None:
    server = pool_of(f"{POOL}    - {line}\n").servers
    found = next(one for one in server if one.address == address)
    assert found.name == name


def test_servers_come_in_nutcracker_s_order() -> None:
    lines = ("10.0.0.30:1:1", "10.0.0.9:1:1", "10.0.0.2:1:1", "10.9.9.9:9:1 b", "10.9.9.8:9:1 a")
    text = POOL.replace("    - 10.0.0.1:11211:1\n", "".join(f"    - {line}\n" for line in lines))
    labels = [server.label for server in pool_of(text).servers]
    assert labels == ["a", "b", "10.0.0.2:1", "10.0.0.9:1", "10.0.0.30:1"]


def test_a_file_with_one_pool_needs_no_name() -> None:
    assert nutcracker_config(POOL).pools == nutcracker_config(POOL, "main").pools


def test_several_pools_need_a_name_and_are_listed() -> None:
    ((line, path, message),) = nutcracker_problems(TWO)
    assert (line, path) == (1, "")
    assert '--pool, once for each (pools: "main", "other")' in message


def test_a_pool_that_is_not_chosen_does_not_matter() -> None:
    assert list(nutcracker_config(TWO, "main").pools) == ["main"]
    assert [path for _, path, _ in nutcracker_problems(TWO, "other")] == ["other.redis"]


def test_a_pool_that_is_not_there_is_told_with_those_that_are() -> None:
    ((_, _, message),) = nutcracker_problems(TWO, "othr")
    assert message == 'there is no pool "othr" (pools: "main", "other") (other?)'


@pytest.mark.parametrize(
    ("line", "path", "reason"),
    [
        ("redis: true", "main.redis", "the memcached protocol only"),
        ("redis_auth: secret", "main.redis_auth", "is for redis"),
        ("distribution: random", "main.distribution", "random sends each request of a key to any server"),
        ("distribution: ketma", "main.distribution", "is not one of ketama, modula, random (ketama?)"),
        ("hash: fnv1a_65", "main.hash", "(fnv1a_64?)"),
        ("hash_tag: abc", "main.hash_tag", "not exactly two ASCII characters"),
        ("timeout: 1s", "main.timeout", 'expected a whole number up to 2147483647, got "1s"'),
        ("timeout: 99999999999", "main.timeout", "expected a whole number"),
        ("timeout: -1", "main.timeout", "expected a whole number"),
        ("timeout: [1]", "main.timeout", "expected a string, got a list"),
        ("server_connections: 2000", "main.server_connections", "out of range: 1 to 1024"),
        ("preconnect: yes", "main.preconnect", '"yes" is not one of false, true'),
        ("server_conections: 1", "main.server_conections", "unknown key (server_connections?)"),
        ("auto_eject_hosts: {a: b}", "main.auto_eject_hosts", "got keys and values"),
        ("timeout: 1\n  timeout: 1", "main.timeout", "is here twice, first in line 5"),
        ("  - 10.0.0.2:11211", "main.servers[1]", 'expected "host:port:weight name"'),
        ("  - 10.0.0.2:11211:0", "main.servers[1]", 'expected "host:port:weight name"'),
        ("  - 10.0.0.2:0:1", "main.servers[1]", "expected"),
        ("  - 10.0.0.2:65536:1", "main.servers[1]", "expected"),
        ("  - :11211:1", "main.servers[1]", "expected"),
        ("  - '10.0.0.2:11211:1 '", "main.servers[1]", "ends with a space"),
        ("  - 10.0.0.256:11211:1", "main.servers[1]", "neither a host name nor an IP address"),
        ("  - '[::1]:11211:1'", "main.servers[1]", "not an IPv6 address"),
        ("  - 10.0.0.2:11211:2000000000", "main.servers[1]", "divide all weights"),
        (
            "  - 10.0.0.1:11211:1 a",
            "main.servers[1]",
            "the address of the server in line 4, under another name",
        ),
        ("  - 10.0.0.2:11211:1 10.0.0.1", "main.servers[1]", "the name of the server in line 4"),
        ("  - 10.0.0.2:11211:1 ${HOME}", "main.servers[1]", "taken for an environment variable"),
        ("  - 10.0.0.2:11211:1 ключ", "main.servers[1]", "is not a name"),
        ("  - {a: b}", "main.servers[1]", "expected a string, got keys and values"),
        ("  - memory://a:1", "main.servers[1]", "expected"),
        ("  - 127.0.0.1:22121:1", "main.servers[1]", "where Outrider itself listens"),
        ("  - memory:11211:1", "main.servers[1]", "names no store"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_its_line(line: str, path: str, reason: str) -> None:
    (problem,) = nutcracker_problems(f"{POOL}  {line}\n")
    assert problem[:2] == (5 if "\n" not in line else 6, path)
    assert reason in problem[2]


@pytest.mark.parametrize(
    ("listen", "reason"),
    [
        ("22121", "has no port"),
        ("127.0.0.1:x", "is not a port"),
        (":22121", "has no host"),
        ("/run/s 999", "is not the mode of a socket"),
        ("/run/s 01777", "is not the mode of a socket"),
        ("/run/", "is not the path of a socket"),
        (f"/{'x' * 108}", "at most 107 bytes"),
    ],
)
def test_a_listener_that_is_none_is_refused(listen: str, reason: str) -> None:
    (problem,) = nutcracker_problems(POOL.replace("127.0.0.1:22121", listen))
    assert problem[:2] == (2, "main.listen")
    assert reason in problem[2]


def test_a_socket_without_a_mode_is_told() -> None:
    text = POOL.replace("127.0.0.1:22121", "/run/s")
    assert nutcracker_config(text).proxy.socket_mode == 0o660
    assert "umask" in remarks(nutcracker_toml(text))[0]


def test_everything_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = f"{POOL}    - nothing\n  hash: x\n  redis: true\n  what: ever\n".replace("22121", "x")
    assert [(line, path) for line, path, _ in nutcracker_problems(text)] == [
        (2, "main.listen"),
        (5, "main.servers[1]"),
        (6, "main.hash"),
        (7, "main.redis"),
        (8, "main.what"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "path", "reason"),
    [
        ("", None, "", "is empty"),
        ("# nothing\n", None, "", "is empty"),
        ("main", 1, "", 'expected keys and values, got "main"'),
        ("- a\n- b\n", 1, "", "expected keys and values, got a list"),
        ("{}", 1, "", "there is no pool"),
        ("main:\n", 1, "main", 'expected keys and values, got ""'),
        (POOL.replace("  listen: 127.0.0.1:22121\n", ""), 1, "main.listen", "is missing"),
        (POOL.partition("  servers")[0], 1, "main.servers", "is missing"),
        (POOL.partition("    -")[0], 3, "main.servers", 'expected a list, got ""'),
        (f"{POOL}---\n{POOL}", 5, "", "is not valid YAML: but found another document"),
        (f"{POOL}\tx", 5, "", "is not valid YAML: found character '\\t' that cannot start any token"),
        ("main: [", 1, "", "is not valid YAML: expected the node content, but found '<stream end>'"),
        ("main: &a\n  listen: *a\n", 1, "", "is nested too deeply"),
        ("[" * 2000, None, "", "is nested too deeply"),
        ("? [a]\n: b\n", 1, "", "a key has to be a word"),
        ('"\\ud800": b\n', 1, "", "a key has to be a word"),
        ('main: "\\ud800"\n', 1, "main", "half a character"),
        ('main: "\\Uffffffff"\n', None, "", "is not valid YAML: it names a character that there is not"),
        ("main: \0\n", None, "", "is not valid YAML: "),
        ("my pool:" + POOL[5:], 1, '"my pool"', '"my pool" is not a name here'),
    ],
)
def test_a_file_that_is_no_nutcracker_yml_is_refused(
    text: str, line: int | None, path: str, reason: str
) -> None:
    problem = nutcracker_problems(text)[0]
    assert problem[:2] == (line, path)
    assert reason in problem[2]


def test_numbers_and_words_of_yaml_are_text() -> None:
    """As in nutcracker: 0x10 is no number, and a name may look like one."""
    config: Any = nutcracker_config(f"{POOL}    - 10.0.0.2:11211:1 007\n")
    assert [server.name for server in config.pools["main"].servers] == ["007", ""]
    assert nutcracker_problems(f"{POOL}  timeout: 0x10\n")[0][1] == "main.timeout"
