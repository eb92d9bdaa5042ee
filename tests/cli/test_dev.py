import pytest

from proxy.cli import main
from proxy.cli.dev import config_of, what_to_try
from proxy.config import Config, MemoryConfig, TcpAddress, UnixAddress, parse

LISTEN = TcpAddress("127.0.0.1", 0)


def test_dev_is_what_this_file_says() -> None:
    text = """
[proxy]
listen = ["127.0.0.1:0"]
admin = ""
[pools.dev]
servers = ["memory://dev"]
[log]
format = "console"
"""
    written: Config = parse(text, name="dev.toml", environ={})
    assert config_of(LISTEN, MemoryConfig().max_bytes) == written


def test_a_small_store_takes_no_item_that_is_larger() -> None:
    assert config_of(LISTEN, 1024).memory["dev"] == MemoryConfig(max_bytes=1024, max_item=1024)


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--listen", "11211", "has no port"),
        ("--listen", "127.0.0.1:x", "is not a port"),
        ("--max-bytes", "64", "has no unit"),
        ("--max-bytes", "0B", "must be more than zero"),
    ],
)
def test_a_wrong_option_is_wrong_usage_with_the_reason(
    option: str, value: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["dev", option, value])
    assert left.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "netcat", "client"),
    [
        ("127.0.0.1:4711", "nc 127.0.0.1 4711", "Client(('127.0.0.1', 4711))"),
        ("[::1]:4711", "nc ::1 4711", "Client(('::1', 4711))"),
        (str(UnixAddress("/tmp/o.sock")), "nc -U /tmp/o.sock", "Client('unix:/tmp/o.sock')"),
    ],
)
def test_what_to_try_names_the_address_that_is_bound(address: str, netcat: str, client: str) -> None:
    text = what_to_try(address)
    assert f"printf 'set greeting 0 0 5\\r\\nhello\\r\\nget greeting\\r\\nquit\\r\\n' | {netcat}\n" in text
    assert client in text
