"""What goes wrong at the start is one line that says what to mend, exit code 1, and never a traceback."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy import __version__
from tests.readme.starting import refusal, started
from tests.servers import Outrider, pool, wait_until

MEMORY = '[pools.main]\nservers = ["memory://main"]\n'


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        yield port


def config(directory: Path, listen: str) -> str:
    file = directory / "outrider.toml"
    file.write_text(f'[proxy]\nlisten = ["{listen}"]\n{MEMORY}')
    return str(file)


def test_a_port_in_use(taken: int, tmp_path: Path) -> None:
    address = f"127.0.0.1:{taken}"
    told = f"cannot listen on {address}: Address already in use"
    assert refusal("dev", "--listen", address) == told
    assert refusal("run", "-c", config(tmp_path, address)) == told


def test_of_several_listeners_one_that_cannot_be_had_frees_the_others(taken: int, tmp_path: Path) -> None:
    path = tmp_path / "o.sock"
    file = config(tmp_path, f'unix:{path}", "127.0.0.1:{taken}')
    assert refusal("run", "-c", file) == f"cannot listen on 127.0.0.1:{taken}: Address already in use"
    assert not path.exists()


def test_an_address_of_another_machine() -> None:
    # Of a range that is kept for documentation.
    assert refusal("dev", "--listen", "192.0.2.1:11211") == (
        "cannot listen on 192.0.2.1:11211: Cannot assign requested address"
    )


def test_a_name_to_listen_on_that_nobody_knows() -> None:
    assert refusal("dev", "--listen", "nobody.invalid:11211").startswith(
        "cannot listen on nobody.invalid:11211: "
    )


def test_a_socket_whose_directory_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "o.sock"
    assert refusal("dev", "--listen", f"unix:{path}") == f"cannot listen on {path}: No such file or directory"


def test_a_socket_where_another_file_is(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    assert (
        refusal("dev", "--listen", f"unix:{path}")
        == f"cannot listen on {path}: the file is there and is no socket"
    )
    assert path.read_text() == "data"


def test_a_socket_that_another_process_listens_on(tmp_path: Path) -> None:
    path = tmp_path / "o.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        assert refusal("dev", "--listen", f"unix:{path}") == (
            f"cannot listen on {path}: another process is listening on it"
        )


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "missing.toml"
    assert refusal("run", "-c", str(file)) == f"{file}: cannot be read: No such file or directory"


def test_a_configuration_that_is_a_directory(tmp_path: Path) -> None:
    assert refusal("run", "-c", str(tmp_path)) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_configuration_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "outrider.toml"
    file.write_text(MEMORY)
    file.chmod(0)
    command = ["run", "-c", str(file)]
    if os.geteuid() == 0:
        # root may read everything; then what cannot be read is a file that fails when it is.
        file.unlink()
        file.symlink_to("/proc/self/mem")
    assert refusal(*command).startswith(f"{file}: cannot be read: ")


def test_a_configuration_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "outrider.toml"
    file.write_bytes(b"\xff\xfe")
    assert refusal("run", "-c", str(file)) == f"{file}:1: is not UTF-8: byte 0xff"


def test_a_configuration_with_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "outrider.toml"
    file.write_text(f"{MEMORY}timeout = 250\n")
    assert refusal("run", "-c", str(file)).startswith(f"{file}:3: pools.main.timeout: ")


def test_a_server_whose_name_does_not_exist(tmp_path: Path) -> None:
    file = tmp_path / "outrider.toml"
    file.write_text('[pools.main]\nservers = ["127.0.0.1:1", "nobody.invalid:11211"]\n')
    with pytest.raises(socket.gaierror) as unknown:
        socket.getaddrinfo("nobody.invalid", 11211)
    if unknown.value.errno == socket.EAI_NONAME:
        assert refusal("run", "-c", str(file)) == "pools.main.servers: unknown host name: nobody.invalid"
    else:
        # There is no resolver to ask: that proves nothing, and the log tells which server cannot be had.
        with Outrider(pool("127.0.0.1:1", "nobody.invalid:11211")) as outrider:
            wait_until(lambda: b"main.nobody.invalid:11211" in outrider.output(), "the log names it")


def test_wrong_usage_is_told_with_the_usage_and_exit_code_2() -> None:
    for arguments in ([], ["nonsense"], ["run", "--nonsense"], ["check"]):
        done = started(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("usage: outrider ")
        assert "Traceback" not in done.stderr


def test_the_version_and_the_help_are_no_failures() -> None:
    done = started("--version")
    assert (done.returncode, done.stdout) == (0, f"outrider {__version__}\n")
    for arguments in (["--help"], ["run", "--help"], ["dev", "--help"], ["check", "--help"]):
        done = started(*arguments)
        assert done.returncode == 0
        assert done.stdout.startswith("usage: outrider")
