"""Attempts to connect: to nobody, to a host that swallows them, to a memcached that is full, to a socket file."""

import contextlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator

from tests.faults.stage import AT_ONCE, DOWN, TIMED_OUT, Stage, stage
from tests.servers import Memcached, MissingServerError, Outrider, Process, Wire, pool, wait_until

_HEALTH = '[pools.main.health]\nprobe_interval = "200ms"\nprobe_max = "200ms"\n'


@contextlib.contextmanager
def _swallowing() -> Iterator[int]:
    """A port whose kernel drops every further attempt to connect, as a firewall does."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(3):  # fills the queue, and nobody ever accepts
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port


def test_a_host_that_swallows_attempts_to_connect_costs_connect_timeout_once() -> None:
    options = f'connect_timeout = "300ms"\ntimeout = "1s"\n{_HEALTH}'
    with _swallowing() as port, Outrider(pool(f"127.0.0.1:{port}", options=options)) as outrider:
        start = time.monotonic()
        with Wire(outrider.port) as wire:
            assert wire.ask(b"get k\r\n") == DOWN
            assert time.monotonic() - start < 1.5
            for _ in range(5):
                start = time.monotonic()
                assert wire.ask(b"get k\r\n") == DOWN
                assert time.monotonic() - start < AT_ONCE
        state = next(
            value for name, value in outrider.stats("backends").items() if name.endswith("last_error")
        )
        assert "connecting took too long" in state


def test_requests_never_wait_longer_than_their_timeout_for_a_connection() -> None:
    options = f'connect_timeout = "5s"\ntimeout = "200ms"\n{_HEALTH}'
    with _swallowing() as port, Outrider(pool(f"127.0.0.1:{port}", options=options)) as outrider:
        with Wire(outrider.port) as wire:
            start = time.monotonic()
            assert wire.ask(b"get k\r\n") == TIMED_OUT
            assert time.monotonic() - start < 1
        assert outrider.terminate() == 0


def test_a_backend_that_is_not_there_at_the_start_is_found_when_it_comes() -> None:
    with Memcached() as memcached:
        memcached.kill()
        with Outrider(pool(memcached.address, options=_HEALTH)) as outrider, Wire(outrider.port) as wire:
            wait_until(lambda: wire.ask(b"get k\r\n") == DOWN, "the attempt to connect fails")
            memcached.start()
            wait_until(lambda: wire.ask(b"set k 0 0 1\r\nv\r\n") == b"STORED\r\n", "it is found", 1.0)


def test_a_memcached_without_room_for_a_connection_is_down_and_tried_again() -> None:
    with stage(1, relayed=True, memcached=("-c", "30")) as on, contextlib.ExitStack() as crowd:
        on.relay.refuse()
        on.relay.cut(by_reset=False)
        wait_until(lambda: on.state(0) == "down", "the loss is noticed")
        for _ in range(60):
            crowd.enter_context(socket.create_connection(("127.0.0.1", on.backends[0].port)))
        on.relay.listen()
        wait_until(
            lambda: b"Too many open connections" in _last_errors(on), "its answer to the probe is told"
        )
        with on.client() as wire:
            assert wire.ask(b"get k\r\n") == DOWN
        crowd.close()
        on.wait_served(0)


def _last_errors(on: Stage) -> bytes:
    return "".join(on.outrider.stats("backends").values()).encode()


def test_a_backend_on_a_unix_socket_is_lost_and_found() -> None:
    program = shutil.which("memcached")
    if program is None:
        raise MissingServerError("memcached is not installed (Debian: apt-get install memcached)")
    with tempfile.TemporaryDirectory(prefix="outrider-") as directory:
        path = f"{directory}/memcached"
        command = [program, "-s", path, *(["-u", "root"] if os.geteuid() == 0 else [])]
        with Process() as memcached, Outrider(pool(f"unix:{path}", options=_HEALTH)) as outrider:
            memcached.spawn(command)
            with Wire(outrider.port) as wire:
                for _ in range(2):
                    wait_until(lambda: wire.ask(b"set k 0 0 1\r\nv\r\n") == b"STORED\r\n", "it is served")
                    assert wire.ask(b"get k\r\n", b"END\r\n") == b"VALUE k 0 1\r\nv\r\nEND\r\n"
                    memcached.kill()
                    wait_until(lambda: wire.ask(b"get k\r\n") == DOWN, "the loss is noticed")
                    memcached.spawn(command)


def test_something_else_that_listens_there_is_no_memcached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        with Outrider(pool(f"127.0.0.1:{port}", options=_HEALTH)) as outrider, Wire(outrider.port) as wire:
            for greeting in (
                b"HTTP/1.1 400 Bad Request\r\n\r\n",
                b"\0" * 1000,
                b"ERROR Too many open connections\r\n",
                b"",
            ):
                peer, _ = listener.accept()
                with peer:
                    peer.sendall(greeting)
                    wait_until(lambda: wire.ask(b"get k\r\n") in (DOWN, TIMED_OUT), "it is not used")
            assert "live" not in outrider.stats("backends").values()
