import os
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.cli import main

ROOT = Path(__file__).parents[2]


def test_a_bad_configuration_is_an_error_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[proxy]\ndrain = 10\n[pools.main]\nservers = ["a"]')
    assert main(["run", "-c", str(file)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    first, second = output.err.splitlines()
    assert first.startswith(f"outrider: error: {file}:2: proxy.drain: ")
    assert second.startswith(f"outrider: error: {file}:4: pools.main.servers[0]: ")


def test_without_a_file_the_one_in_the_directory_is_taken(tmp_path: Path) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "proxy", "run"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    without = run()
    assert without.returncode == 1
    assert without.stderr.startswith("outrider: error: there is no ./outrider.toml here: ")
    (tmp_path / "outrider.toml").write_text("")
    with_one = run()
    assert with_one.returncode == 1
    assert with_one.stderr.startswith("outrider: error: outrider.toml: pools: there is no pool")
