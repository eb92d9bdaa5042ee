from pathlib import Path

import pytest

from proxy.config import load
from proxy.errors import ConfigError, Problem
from tests.config.parsing import FILE, POOL, config_of, problem_of


def _problem_of_file(path: Path) -> Problem:
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    return problem


def test_a_file_is_read_with_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "outrider.toml"
    path.write_text('[pools.main]\nservers = ["${HOST}:1"]')
    assert str(load(path, {"HOST": "a"}).pools["main"].servers[0].address) == "a:1"


def test_a_missing_file_is_a_problem_without_a_line(tmp_path: Path) -> None:
    problem = _problem_of_file(tmp_path / "none.toml")
    assert problem.line is None
    assert "No such file" in problem.message


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert "cannot be read" in _problem_of_file(tmp_path).message


def test_invalid_utf8_is_reported_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "outrider.toml"
    path.write_bytes(b"# one\n# two \xff\n")
    problem = _problem_of_file(path)
    assert problem.line == 2
    assert "0xff" in problem.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[proxy]\nlisten = [\n", 3),
        ("[proxy]\nlisten = = 1\n", 2),
        ("[proxy]\n[proxy]\n", 2),
        ("[proxy]\ndrain = 10s\n", 2),
        ('x = """\n\n', 3),
    ],
)
def test_broken_toml_is_reported_at_its_line(text: str, line: int) -> None:
    problem = problem_of(text)
    assert problem.line == line
    assert problem.key == ""
    assert "is not valid TOML" in problem.message


@pytest.mark.parametrize("text", ["x = " + 5000 * "[", "x = " + 5000 * "9", "x = 2020-13-45"])
def test_what_python_itself_cannot_read_is_a_problem_of_the_file(text: str) -> None:
    assert problem_of(text).file == FILE


def test_a_key_with_thousands_of_parts_is_just_unknown() -> None:
    problem = problem_of(POOL + "[proxy]\n" + ".".join(3000 * ["a"]) + " = 1")
    assert (problem.line, problem.key) == (4, "proxy.a")


def test_one_pool_is_enough() -> None:
    config = config_of(POOL)
    assert list(config.pools) == ["main"]
    assert config.proxy.default_pool == "main"


def test_a_configuration_cannot_be_changed() -> None:
    config = config_of(POOL)
    with pytest.raises(AttributeError):
        config.proxy.drain = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.pools["main"] = config.pools["main"]  # type: ignore[index]


def test_a_problem_is_one_line_that_an_editor_can_follow() -> None:
    problem = Problem("outrider.toml", 12, "replication.queue_mx", "unknown key", "queue_max")
    assert str(problem) == 'outrider.toml:12: replication.queue_mx: unknown key (did you mean "queue_max"?)'
    assert str(Problem("a.toml", None, "", "cannot be read")) == "a.toml: cannot be read"
    assert str(ConfigError([problem, problem])) == f"{problem}\n{problem}"


def test_text_of_the_user_never_breaks_the_line() -> None:
    problem = problem_of(f'{POOL}[proxy]\n"a\\n\\u001b[31m\\"b" = 1')
    assert problem.line == 4
    assert str(problem).isprintable()
    value = problem_of(f'{POOL}[proxy]\ndefault_pool = "\\n\\u0007{200 * "x"}"')
    assert str(value).isprintable()
    assert len(str(value)) < 200
