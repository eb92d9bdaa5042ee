"""README against the files that it shows and names."""

import re
from pathlib import Path

import pytest

from proxy.cli import main
from tests.readme.document import README, ROOT, blocks, links


@pytest.mark.parametrize("block", blocks("toml"))
def test_a_configuration_of_the_readme_is_good(
    block: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "outrider.toml"
    file.write_text(block)
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file}: ok: ")


def test_there_is_a_configuration_in_the_readme() -> None:
    assert len(blocks("toml")) >= 1


def test_an_empty_file_with_one_pool_is_enough_and_a_misspelt_key_is_told_with_the_nearest_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "outrider.toml"
    file.write_text('[pools.any]\nservers = ["a:1"]\n')
    assert main(["check", str(file)]) == 0
    file.write_text('[pools.any]\nservers = ["a:1"]\ntimeuot = "1s"\n')
    assert main(["check", str(file)]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"{file}:3: ")
    assert "timeout" in told


@pytest.mark.parametrize("link", links())
def test_a_link_of_the_readme_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).is_file()


def test_every_target_of_make_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    assert set(re.findall(r"\bmake ([a-z-]+)\b", README)) <= targets
