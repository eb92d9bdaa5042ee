import os
import subprocess
import sys
from pathlib import Path

import pytest

from proxy import __version__
from proxy.cli import main

ROOT = Path(__file__).parents[2]
GOOD = """\
[proxy]
listen = ["127.0.0.1:0", "unix:/run/outrider.sock"]
[pools.main]
servers = ["10.0.0.1:11211", "10.0.0.2:11211"]
[pools.spare]
servers = ["memory://spare"]
"""
BAD = """\
[pools.main]
servers = ["10.0.0.1"]
timout = "1s"
"""


def _outrider(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proxy", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_good_file_is_summed_up_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "good.toml"
    file.write_text(GOOD)
    assert main(["check", str(file)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out == (
        f"{file}: ok: 2 pools: main (2 servers), spare (1 server); "
        "listening on 127.0.0.1:0, unix:/run/outrider.sock\n"
    )


def test_every_problem_of_a_bad_file_is_a_line_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(BAD)
    assert main(["check", str(file)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    first, second = output.err.splitlines()
    assert first.startswith(f"{file}:2: pools.main.servers[0]: ")
    assert second == f'{file}:3: pools.main.timout: unknown key (did you mean "timeout"?)'


def test_the_program_names_the_file_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(BAD)
    done = _outrider("check", "bad.toml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("bad.toml:2: ")
    assert done.stdout == ""


def test_the_program_reads_the_environment(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('[pools.main]\nservers = ["${OUTRIDER_NONE:-10.0.0.1}:1"]')
    done = _outrider("check", "good.toml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_example_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ROOT / "config.example.toml")]) == 0
    assert ": ok: 1 pool: main (2 servers)" in capsys.readouterr().out


def test_a_missing_file_is_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.toml"
    assert main(["check", str(file)]) == 1
    assert capsys.readouterr().err == f"{file}: cannot be read: No such file or directory\n"


@pytest.mark.parametrize(
    "arguments", [[], ["chek"], ["check"], ["check", "a", "b"], ["run", "--listen", "x"]]
)
def test_wrong_usage_leaves_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: outrider")


@pytest.mark.parametrize("command", [[], ["run"], ["dev"], ["check"]])
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("usage: outrider")


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"outrider {__version__}\n"


def test_checking_loads_nothing_of_the_proxy_itself(tmp_path: Path) -> None:
    code = (
        "import sys; from proxy.cli import main; main(['check', 'none.toml']);"
        "print([name for name in sys.modules if name in ('trio', 'structlog', 'proxy.serve', 'proxy.dataplane')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "[]\n"
