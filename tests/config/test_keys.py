"""Every key of the schema, taken from the schema itself."""

import random
from pathlib import Path

import pytest

from proxy.config import Config, parse
from proxy.config.tables import Table, keys_of, walk
from proxy.errors import ConfigError
from tests.config.parsing import FILE, POOL, config_of, problem_of, problems_of

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

TABLES = list(walk(Table(Config)))
KEYS = [(header, key) for header, table in TABLES for key in keys_of(table.struct)]
IN_MORE_TABLES = {key for _, key in KEYS if sum(key == other for _, other in KEYS) > 1}


def _around(header: str) -> tuple[str, str]:
    """A text that ends within the table `header`, and the path of that table."""
    if header == "[[routes]]":
        return f'{POOL}[[routes]]\nprefix = "a"\n', "routes[0]."
    if header in ("", "[pools.NAME]"):
        return (POOL, "pools.main.") if header else ("", "")
    name = header.strip("[]").replace("pools.NAME", "pools.main").replace("NAME", "local")
    return f"{POOL}[{name}]\n", f"{name}."


@pytest.mark.parametrize(("header", "key"), [entry for entry in KEYS if entry != ("[pools.NAME]", "servers")])
def test_a_value_of_the_wrong_type_is_reported_at_its_file_line_and_path(header: str, key: str) -> None:
    text, path = _around(header)
    text = text.replace('prefix = "a"\n', "") if key == "prefix" else text
    text += f"{key} = 2020-01-01"
    problem = next(problem for problem in problems_of(text) if problem.key == path + key)
    assert problem.file == FILE
    assert problem.line == len(text.splitlines())
    assert "got a date or time" in problem.message


@pytest.mark.parametrize(("header", "key"), [entry for entry in KEYS if len(entry[1]) > 3])
def test_a_mistyped_key_is_told_what_was_meant(header: str, key: str) -> None:
    text, path = _around(header)
    mistyped = key[:2] + key[1:]
    text += f"{mistyped} = 1\n" + ("" if header else POOL)
    problem = problem_of(text)
    assert problem.key == path + mistyped
    assert problem.line == text.splitlines().index(f"{mistyped} = 1") + 1
    assert problem.message == "unknown key"
    assert problem.suggestion == key


@pytest.mark.parametrize(
    ("header", "key"), [("[proxy]", "max-value"), ("[proxy]", "MAX_VALUE"), ("[log]", "Level")]
)
def test_dashes_and_capitals_are_seen_through(header: str, key: str) -> None:
    assert problem_of(f"{POOL}{header}\n{key} = 1").suggestion == key.lower().replace("-", "_")


def test_a_key_of_another_table_is_told_which() -> None:
    assert problem_of(f"listen = []\n{POOL}").message == "unknown key here; it belongs to [proxy]"
    assert problem_of(f"{POOL}rise = 1").message == "unknown key here; it belongs to [pools.NAME.health]"
    assert "[hot_cache] or [memory.NAME]" in problem_of(f"{POOL}policy = 1").message


def test_a_table_in_the_wrong_place_is_told_the_right_one() -> None:
    assert problem_of(f"{POOL}[health]\nrise = 2").message == "unknown key here; it belongs to [pools.NAME]"
    assert "belongs to the top level" in problem_of(f"{POOL}[pools.main.replication]").message


def test_a_mistyped_key_that_is_required_is_one_problem() -> None:
    assert problem_of('[pools.main]\nservers = [{ adress = "a:1" }]').suggestion == "address"


def test_a_key_like_nothing_else_gets_no_suggestion() -> None:
    assert problem_of(f"{POOL}zzzzzz = 1").suggestion is None


def test_every_table_refuses_to_be_a_number() -> None:
    text = "proxy = 1\npools = 1\nreplication = 1\nhot_cache = 1\nmemory = 1\nroutes = [1]\nlog = 1\n"
    problems = problems_of(text)
    assert [problem.key for problem in problems] == [
        "proxy",
        "pools",
        "replication",
        "hot_cache",
        "memory",
        "routes[0]",
        "log",
    ]
    assert [problem.line for problem in problems] == list(range(1, 8))


def test_all_problems_are_reported_together_in_the_order_of_the_lines() -> None:
    problems = problems_of("""\
[proxy]
drain = 10
default_pool = "mian"
max_valu = "1MiB"
[pools.main]
servers = ["a:1", "b", { address = "127.0.0.1:11211", wieght = 2 }, { name = "x" }]
on_error = "mis"
[pools.main.health]
eject = "yes"
[[routes]]
prefix = "a"
pool = "man"
""")
    assert [(problem.line, problem.key, problem.suggestion) for problem in problems] == [
        (2, "proxy.drain", None),
        (3, "proxy.default_pool", "main"),
        (4, "proxy.max_valu", "max_value"),
        (6, "pools.main.servers[1]", None),
        (6, "pools.main.servers[2].wieght", "weight"),
        (6, "pools.main.servers[3].address", None),
        (6, "pools.main.servers[2]", None),
        (7, "pools.main.on_error", "miss"),
        (9, "pools.main.health.eject", None),
        (12, "routes[0].pool", "main"),
    ]


def test_a_mistyped_key_does_not_cause_a_second_problem() -> None:
    assert problem_of('[pools.main]\nservrs = ["a:1"]').key == "pools.main.servrs"


@pytest.mark.parametrize(
    ("table", "setting"),
    [
        ("[proxy]", 'drain = "10"'),
        ("[proxy]", "drain = 0"),
        ("[proxy]", 'stall_timeout = "0s"'),
        ("[proxy]", "max_connections = 0"),
        ("[proxy]", "max_connections = 1.0"),
        ("[proxy]", "max_connections = true"),
        ("[proxy]", "max_connections = 99999999999999999999"),
        ("[proxy]", f"max_connections = 0x{5000 * 'f'}"),
        ("[proxy]", f"drain = 0x{5000 * 'f'}"),
        ("[memory]", f"local = 0x{5000 * 'f'}"),
        ("[proxy]", 'max_value = "0B"'),
        ("[proxy]", 'max_value = "2GiB"'),
        ("[proxy]", "max_value = 1024"),
        ("[proxy]", "listen = []"),
        ("[proxy]", 'listen = "127.0.0.1:11211"'),
        ("[proxy]", 'listen = ["127.0.0.1:65536"]'),
        ("[proxy]", 'admin = "unix:/run/admin"'),
        ("[proxy]", "admin = 9150"),
        ("[proxy]", "socket_mode = 660"),
        ("[proxy]", 'socket_mode = "0888"'),
        ("[proxy]", 'socket_mode = "07777"'),
        ("[proxy]", "allow_flush_all = 1"),
        ("[proxy]", 'allow_flush_all = "true"'),
        ("[pools.main]", 'distribution = "Ketama"'),
        ("[pools.main]", 'hash_tag = "{"'),
        ("[pools.main]", 'hash_tag = "{{}"'),
        ("[pools.main]", 'hash_tag = "é("'),
        ("[pools.main]", "connections = 0"),
        ("[pools.main]", 'timeout = "0ms"'),
        ("[pools.main.health]", "max_ejected = 1.01"),
        ("[pools.main.health]", "max_ejected = -0.1"),
        ("[pools.main.health]", "max_ejected = nan"),
        ("[pools.main.health]", "rise = 0"),
        ("[pools.main.failover]", 'exptime = "500ms"'),
        ("[pools.main.failover]", "remember_max = -1"),
        ("[replication]", 'to = "main"'),
        ("[replication]", 'rate_limit = "20000"'),
        ("[replication]", "rate_limit = 20000"),
        ("[replication.spool]", 'fsync = "100"'),
        ("[hot_cache]", 'ttl = "0s"'),
        ("[hot_cache]", 'policy = "fifo"'),
        ("[memory.local]", 'on_full = "fail"'),
        ('[memory."a b"]', ""),
        ('[pools."a b"]', 'servers = ["a:1"]'),
        ("[[routes]]", 'prefix = "a b"'),
        ("[[routes]]", f'prefix = "{251 * "x"}"'),
        ("[[routes]]", 'prefix = "a"\nreplicate = "delete"'),
        ("[log]", 'level = "trace"'),
    ],
)
def test_an_impossible_value_is_refused(table: str, setting: str) -> None:
    text = f"{POOL}{setting}" if table == "[pools.main]" else f"{POOL}{table}\n{setting}"
    problem = problem_of(text)
    assert problem.line is not None
    assert problem.line >= 3
    assert problem.key


@pytest.mark.parametrize(("setting", "mode"), [('"0660"', 0o660), ('"600"', 0o600), ('"0o777"', 0o777)])
def test_a_socket_mode_is_octal(setting: str, mode: int) -> None:
    assert config_of(f"{POOL}[proxy]\nsocket_mode = {setting}").proxy.socket_mode == mode


def test_a_word_that_is_not_known_is_told_the_nearest() -> None:
    assert problem_of(f'{POOL}distribution = "ketema"').suggestion == "ketama"
    assert problem_of(f'{POOL}[log]\nlevel = "warn"').suggestion == "warning"


def test_no_damage_to_a_file_is_anything_but_a_configuration_or_its_problems() -> None:
    """Cut, doubled and swapped pieces of the example, from a fixed seed."""
    text = EXAMPLE.read_text()
    source = random.Random(1)
    found: list[ConfigError] = []
    for _ in range(400):
        broken = text
        for _ in range(source.randint(1, 4)):
            start = source.randrange(len(broken))
            length = source.choice((1, 1, 2, 5, 40))
            piece = source.choice(
                ("", "", '"', "[", "]", "{", "}", "=", "\n", "#", ".", "'", "0", "${A}", "é", "\\")
            )
            broken = broken[:start] + piece + broken[start + length :]
        try:
            parse(broken, name=FILE, environ={})
        except ConfigError as error:
            found.append(error)
    assert len(found) > 100
    assert all(str(problem).startswith(FILE) for error in found for problem in error.problems)
