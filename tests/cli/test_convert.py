import os
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.cli import main
from tests.convert.acceptance import accepted

ROOT = Path(__file__).parents[2]
YAML = "main:\n  listen: 127.0.0.1:22121\n  servers:\n    - 10.0.0.1:11211:1\n"
JSON = '{"pools": {"A": {"servers": ["10.0.0.1:1", "10.0.0.2:1"]}}, /* one */ "route": "PoolRoute|A"}\n'
#: As it is where the extra is not installed.
WITHOUT_YAML = (
    "import sys; sys.modules['yaml'] = None; from proxy.cli import main; sys.exit(main(sys.argv[1:]))"
)


@pytest.fixture
def yaml_file(tmp_path: Path) -> Path:
    file = tmp_path / "nutcracker.yml"
    file.write_text(YAML)
    return file


@pytest.fixture
def json_file(tmp_path: Path) -> Path:
    file = tmp_path / "mcrouter.json"
    file.write_text(JSON)
    return file


def test_a_converted_file_is_printed(yaml_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "twemproxy", str(yaml_file)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert list(accepted(output.out).pools) == ["main"]


def test_what_comes_out_passes_the_check(
    yaml_file: Path, json_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yaml_file.write_text(f"{YAML}  hash: md5\n  timeout: 400\n")
    json_file.write_text(JSON.replace(', "10.0.0.2:1"', ""))
    for arguments in (["twemproxy", str(yaml_file)], ["mcrouter", str(json_file)]):
        assert main(["convert", *arguments]) == 0
        toml = tmp_path / "outrider.toml"
        toml.write_text(capsys.readouterr().out)
        assert main(["check", str(toml)]) == 0
        assert ": ok: 1 pool: " in capsys.readouterr().out


def test_the_pool_and_the_distribution_are_passed_on(
    yaml_file: Path, json_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", "twemproxy", str(yaml_file), "--pool", "main"]) == 0
    assert "[pools.main]" in capsys.readouterr().out
    assert main(["convert", "twemproxy", str(yaml_file), "--pool", "other"]) == 1
    capsys.readouterr()
    assert main(["convert", "mcrouter", str(json_file), "--distribution", "ketama"]) == 0
    assert accepted(capsys.readouterr().out).pools["A"].distribution == "ketama"


def test_what_cannot_be_translated_is_told_and_nothing_is_printed(
    yaml_file: Path, json_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yaml_file.write_text(f"{YAML}  redis: true\n  hsh: md5\n")
    assert main(["convert", "twemproxy", str(yaml_file)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines() == [
        f"outrider: error: {yaml_file}:5: main.redis: Outrider speaks the memcached protocol only",
        f'outrider: error: {yaml_file}:6: main.hsh: unknown key (did you mean "hash"?)',
    ]
    assert main(["convert", "mcrouter", str(json_file)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"outrider: error: {json_file}: route: mcrouter's hash Ch3 is none of")


@pytest.mark.parametrize("proxy", ["twemproxy", "mcrouter"])
def test_a_file_that_cannot_be_read_is_no_traceback(
    proxy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", proxy, str(tmp_path / "none")]) == 1
    assert (
        capsys.readouterr().err
        == f"outrider: error: {tmp_path / 'none'}: cannot be read: No such file or directory\n"
    )
    assert main(["convert", proxy, str(tmp_path)]) == 1
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "latin").write_bytes(b"a:\n b: \xff\n")
    assert main(["convert", proxy, str(tmp_path / "latin")]) == 1
    assert capsys.readouterr().err == f"outrider: error: {tmp_path / 'latin'}:2: is not UTF-8: byte 0xff\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["haproxy", "x"],
        ["twemproxy"],
        ["mcrouter", "x", "--distribution", "ring"],
        ["mcrouter", "x", "--pool", "A"],
    ],
)
def test_wrong_usage_leaves_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["convert", *arguments])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: outrider")


@pytest.mark.parametrize("command", [[], ["twemproxy"], ["mcrouter"]])
def test_it_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["convert", *command, "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("usage: outrider convert")


def _without_yaml(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_YAML, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_without_the_extra_twemproxy_s_file_cannot_be_read(yaml_file: Path) -> None:
    done = _without_yaml("convert", "twemproxy", str(yaml_file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"outrider: error: {yaml_file}: YAML is read by PyYAML, which is not installed: "
        "pip install 'outrider[convert]'\n"
    )


def test_everything_else_does_without_the_extra(json_file: Path, tmp_path: Path) -> None:
    done = _without_yaml("convert", "mcrouter", str(json_file), "--distribution", "rendezvous")
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "good.toml").write_text('[pools.main]\nservers = ["a:1"]')
    assert _without_yaml("check", str(tmp_path / "good.toml")).returncode == 0


def test_the_other_commands_load_no_converter(tmp_path: Path) -> None:
    code = (
        "import sys; from proxy.cli import main; main(['check', 'none.toml']);"
        "print([name for name in sys.modules if name.startswith(('proxy.convert', 'yaml'))])"
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
