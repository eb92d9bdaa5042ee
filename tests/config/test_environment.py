import pytest

from proxy.config import TcpAddress
from proxy.config.environment import expand
from proxy.config.problems import RefusedError
from tests.config.parsing import POOL, config_of, problem_of

ENVIRON = {"HOST": "10.0.0.1", "EMPTY": "", "NESTED": "${HOST}"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${HOST}", "10.0.0.1"),
        ("${HOST}:${PORT:-11211}", "10.0.0.1:11211"),
        ("a${EMPTY}b", "ab"),
        ("${EMPTY:-default}", "default"),
        ("${UNSET:-}", ""),
        ("${NESTED}", "${HOST}"),
    ],
)
def test_a_variable_is_put_in_once(text: str, expanded: str) -> None:
    assert expand(text, ENVIRON) == expanded


@pytest.mark.parametrize(
    "text", ["$HOST", "${HOST", "$${", "${}", "${1A}", "${A B}", "${A-b}", "{HOST}", "${HOST:+x}"]
)
def test_anything_else_stays_literal(text: str) -> None:
    assert expand(text, ENVIRON) == text


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(RefusedError, match="UNSET is not set"):
        expand("a ${UNSET} b", ENVIRON)


def test_variables_work_in_arrays_and_tables() -> None:
    text = '[pools.main]\nservers = ["${HOST}:1", { address = "x:2", name = "${NAME:-y}" }]'
    first, second = config_of(text, HOST="h").pools["main"].servers
    assert first.address == TcpAddress("h", 1)
    assert second.name == "y"


def test_a_variable_may_hold_a_number_or_a_boolean() -> None:
    text = f"""{POOL}
[proxy]
max_connections = "${{LIMIT}}"
allow_flush_all = "${{FLUSH:-false}}"
[pools.main.health]
max_ejected = "${{SHARE}}"
"""
    config = config_of(text, LIMIT="7", SHARE="0.5")
    assert config.proxy.max_connections == 7
    assert config.proxy.allow_flush_all is False
    assert config.pools["main"].health.max_ejected == 0.5


def test_a_number_in_quotes_is_still_a_string() -> None:
    assert "expected a whole number" in problem_of(f'{POOL}[proxy]\nmax_connections = "7"').message


def test_an_unset_variable_is_reported_at_its_key() -> None:
    problem = problem_of('[pools.main]\nservers = [\n  "a:1",\n  "${POD_IP}:1",\n]')
    assert (problem.line, problem.key) == (4, "pools.main.servers[1]")
    assert "POD_IP" in problem.message
