"""How it runs and ends: signals, sockets of the file system, servers whose names lead nowhere."""

import json
import re
import signal
import socket
import stat
import time
from pathlib import Path

import pytest
from pymemcache import Client

from tests.servers import Memcached, Outrider, Wire, free_port, pool, wait_until

MEMORY = pool("memory://main")


def events(outrider: Outrider) -> list[dict[str, str]]:
    """Its log, which is JSON but for the line on standard output."""
    return [json.loads(line) for line in outrider.output().splitlines() if line.startswith(b"{")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_exit_code_0(number: int) -> None:
    with Memcached() as memcached, Outrider(pool(memcached.address)) as outrider:
        outrider.wait_live()
        outrider.signal(number)
        assert outrider.wait() == 0
        assert [event["event"] for event in events(outrider)] == ["listening", "draining", "stopped"]
        assert [event["level"] for event in events(outrider)] == ["info"] * 3


def test_a_client_is_served_until_it_leaves_and_new_ones_are_not_let_in() -> None:
    with Outrider(MEMORY, proxy='drain = "30s"') as outrider, Wire(outrider.port) as wire:
        assert wire.ask(b"mn\r\n") == b"MN\r\n"
        outrider.signal(signal.SIGTERM)
        wait_until(lambda: b"draining" in outrider.output(), "it drains")
        wait_until(lambda: not connects(outrider.port), "nobody is let in")
        assert wire.ask(b"set k 0 0 1\r\nv\r\n") == b"STORED\r\n"
        wire.send(b"quit\r\n")
        assert outrider.wait() == 0


def connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_client_that_stays_is_closed_when_the_drain_is_over() -> None:
    with Outrider(MEMORY, proxy='drain = "300ms"') as outrider, Wire(outrider.port) as wire:
        assert wire.ask(b"mn\r\n") == b"MN\r\n"
        began = time.monotonic()
        outrider.signal(signal.SIGTERM)
        assert wire.read_to_end() == b""
        assert outrider.wait() == 0
        assert 0.25 < time.monotonic() - began < 3


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(second: int) -> None:
    with Outrider(MEMORY, proxy='drain = "60s"') as outrider, Wire(outrider.port) as wire:
        assert wire.ask(b"mn\r\n") == b"MN\r\n"
        outrider.signal(signal.SIGINT)
        wait_until(lambda: b"draining" in outrider.output(), "it drains")
        outrider.signal(second)
        assert outrider.wait() == 0
        assert b"Traceback" not in outrider.output()


def test_a_server_that_refuses_connections_is_named_in_the_log_once() -> None:
    port = free_port()
    health = '[pools.main.health]\nprobe_interval = "10ms"\nprobe_max = "10ms"'
    with Outrider(pool(f"127.0.0.1:{port}", options=health)) as outrider:
        wait_until(
            lambda: int(outrider.stats("proxy")["backend_connect_failures"]) > 5, "it tries again and again"
        )
        assert outrider.stats("backends")[f"main.127.0.0.1:{port}:last_error"] == (
            f"127.0.0.1:{port}: Connection refused"
        )
        (event,) = [event for event in events(outrider) if event["event"] != "listening"]
        assert event["event"] == "backend cannot be connected"
        assert event["reason"] == f"127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize("mode", ["0600", "0666"])
def test_a_socket_of_the_file_system_has_the_mode_it_was_given_and_goes_with_it(
    mode: str, tmp_path: Path
) -> None:
    path = tmp_path / "outrider.sock"
    with Outrider(MEMORY, proxy=f'socket_mode = "{mode}"', listen=f'["unix:{path}"]') as outrider:
        assert stat.S_IMODE(path.stat().st_mode) == int(mode, 8)
        for server in (f"unix:{path}", str(path)):
            client = Client(server)
            client.set("k", "v", noreply=False)
            assert client.get("k") == b"v"
            client.close()
        assert outrider.terminate() == 0
        assert not path.exists()


def test_a_socket_that_a_dead_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "outrider.sock"
    with Outrider(MEMORY, listen=f'["unix:{path}"]') as outrider:
        outrider.kill()
        assert path.is_socket()
        outrider.log.unlink()
        outrider.start()
        client = Client(f"unix:{path}")
        assert client.version() == b"1.6.18"
        client.close()


def test_it_starts_again_at_once_on_the_port_that_it_left_with_clients_connected() -> None:
    with Outrider(MEMORY, proxy='drain = "0s"') as outrider, Wire(outrider.port) as wire:
        assert wire.ask(b"mn\r\n") == b"MN\r\n"
        assert outrider.terminate() == 0
        outrider.log.unlink()
        outrider.start()
        with Wire(outrider.port) as another:
            assert another.ask(b"mn\r\n") == b"MN\r\n"


def test_it_listens_on_several_addresses_and_names_the_port_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "outrider.sock"
    with Outrider(MEMORY, listen=f'["127.0.0.1:0", "unix:{path}"]') as outrider:
        wait_until(lambda: b"outrider: listening" in outrider.output(), "it says so")
        told = re.search(
            rb"^outrider: listening on 127\.0\.0\.1:(\d+), unix:(.*)$", outrider.output(), re.MULTILINE
        )
        assert told
        assert told[2] == str(path).encode()
        with Wire(int(told[1])) as wire:
            assert wire.ask(b"version\r\n") == b"VERSION 1.6.18\r\n"
