"""config.example.toml is held against the code."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, structs

from proxy.config import Config, MemoryConfig, PoolConfig, RouteConfig, Server, TcpAddress, load
from proxy.config.problems import Problems
from proxy.config.reading import Reading
from proxy.config.tables import Table, keys_of, walk

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = EXAMPLE.read_text()
#: With the settings that are commented out; prose has a space behind its #.
UNCOMMENTED = re.sub(r"(?m)^#(?=[\[a-z])", "", TEXT)

TABLES = [
    (header.strip("[]").replace("pools.NAME", "pools.main").replace("NAME", "local"), table)
    for header, table in walk(Table(Config))
]


def _table(header: str) -> dict[str, object]:
    value: Any = tomllib.loads(UNCOMMENTED)
    for part in header.split(".") if header else ():
        value = value[part]
    table: dict[str, object] = value[0] if isinstance(value, list) else value
    return table


@pytest.mark.parametrize(("header", "table"), TABLES)
def test_every_key_is_in_the_example_and_no_other(header: str, table: Table) -> None:
    assert set(_table(header)) == set(keys_of(table.struct))


@pytest.mark.parametrize(("header", "table"), [entry for entry in TABLES if entry[0]])
def test_every_key_has_its_default(header: str, table: Table) -> None:
    problems = Problems()
    given = _table(header)
    given.pop("servers", None)  # has none
    read = table.read(given, (), Reading({}, problems, {}))
    assert isinstance(read, Struct)
    assert read == table.struct()


def test_the_tables_that_stand_for_many_are_those_of_the_schema() -> None:
    assert [
        table.struct for header, table in TABLES if header in ("pools.main", "memory.local", "routes")
    ] == [
        PoolConfig,
        MemoryConfig,
        RouteConfig,
    ]


def test_the_keys_of_a_server_have_their_defaults() -> None:
    (server,) = [
        entry for entry in tomllib.loads(UNCOMMENTED)["pools"]["main"]["servers"] if isinstance(entry, dict)
    ]
    plain = Server(address=TcpAddress("10.0.0.2", 11211))
    assert set(server) == {field.encode_name for field in structs.fields(Server)}
    assert Table(Server).read(server, (), Reading({}, Problems(), {})) == plain


def test_the_example_as_it_is_runs_with_nothing_but_defaults() -> None:
    config = load(EXAMPLE, {})
    pool = structs.replace(config.pools["main"], servers=())
    assert structs.replace(config, pools={"main": pool}) == Config(
        pools={"main": PoolConfig()}, memory={"local": MemoryConfig()}
    )


def test_every_key_has_a_comment_or_a_neighbour_that_has() -> None:
    bare = [line for line in TEXT.splitlines() if "=" in line and "#" not in line[1:]]
    assert len(bare) < 15
