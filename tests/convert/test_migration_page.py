"""Every example of docs/migration.md, run as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from proxy.cli import main
from proxy.convert.mcrouter_kinds import KINDS
from proxy.convert.twemproxy import TRANSLATIONS
from tests.convert.acceptance import accepted
from tests.convert.nutcracker import takes

PAGE = (Path(__file__).parents[2] / "docs" / "migration.md").read_text()
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES = {"yaml": "nutcracker.yml", "jsonc": "mcrouter.json"}


def run(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says on stderr."""
    command, _, target = line.partition(" > ")
    program, *arguments = shlex.split(command)
    assert program == "outrider"
    if arguments[0] == "check":
        accepted(Path(arguments[1]).read_text())  # see there for why not `main(arguments)`
        return ""
    code = main(arguments)
    output = capsys.readouterr()
    assert code == (1 if output.err else 0)
    assert bool(output.out) == bool(target)
    if target:
        Path(target).write_text(output.out)
    return output.err


def test_the_examples_do_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ""
    for kind, text in EXAMPLES:
        match kind:
            case "yaml" | "jsonc":
                Path(FILES[kind]).write_text(text)
            case "sh":
                told = "".join(run(line, capsys) for line in text.splitlines())
            case "toml":
                assert Path("outrider.toml").read_text() == text
                Path("outrider.toml").unlink()
            case "text":
                assert told == text
            case _:
                pytest.fail(f"nothing is known to be done with {kind}")
    assert [kind for kind, _ in EXAMPLES] == ["yaml", "sh", "toml", "jsonc", "sh", "text", "sh", "toml"]


def test_the_page_shows_a_file_that_nutcracker_takes(tmp_path: Path) -> None:
    (text,) = [text for kind, text in EXAMPLES if kind == "yaml"]
    file = tmp_path / "nutcracker.yml"
    file.write_text(text)
    assert takes(file)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_page_names_every_route_that_is_converted(kind: str) -> None:
    assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("key", sorted(TRANSLATIONS))
def test_the_page_names_every_key_of_nutcracker(key: str) -> None:
    assert re.search(rf"`{key}\b", PAGE)
