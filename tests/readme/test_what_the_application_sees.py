"""The table of README, line by line: each row is brought about, and the reply in its second column awaited."""

import contextlib
import re
import time
from collections.abc import Callable
from typing import Final, Self

import pytest

from tests.readme.document import table
from tests.servers import Memcached, Outrider, Wire, pool, running, wait_until

ROWS: Final = table("situation")
KEYS: Final = [b"key-%d" % number for number in range(50)]
TIMEOUT: Final = 0.25  # s; the default, and what README's example says


def quoted(row: str) -> bytes:
    """The reply that README gives."""
    found = re.search("`((?:SERVER_)?ERROR [^`]+)`", ROWS[row])
    assert found
    return found[1].encode() + b"\r\n"


class Two:
    """Outrider in front of two memcached, with every key stored."""

    def __init__(self, options: str = "") -> None:
        self.backends = (Memcached(), Memcached())
        self.outrider = Outrider(pool(*[one.address for one in self.backends], options=options))
        self._running = running(self.outrider, *self.backends)

    def __enter__(self) -> Self:
        self._running.__enter__()
        self.outrider.wait_live()
        self.wire = Wire(self.outrider.port)
        for key in KEYS:
            assert self.wire.ask(b"set %b 0 0 1\r\nv\r\n" % key) == b"STORED\r\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()
        self._running.__exit__(None, None, None)

    def kill_one(self) -> None:
        self.backends[0].kill()
        wait_until(lambda: "down" in self.outrider.stats("backends").values(), "one is down")

    def get(self, key: bytes) -> bytes:
        self.wire.send(b"get %b\r\n" % key)
        reply = self.wire.read_until(b"\r\n")
        return reply + self.wire.read_until(b"END\r\n") if reply.startswith(b"VALUE") else reply

    def keys_on(self, backend: Memcached) -> list[bytes]:
        with Wire(backend.port) as wire:
            found = wire.ask(b"get " + b" ".join(KEYS) + b"\r\n", b"END\r\n")
        return [line.split()[1] for line in found.splitlines() if line.startswith(b"VALUE")]


def value(key: bytes) -> bytes:
    return b"VALUE %b 0 1\r\nv\r\nEND\r\n" % key


def a_backend_is_down(row: str) -> None:
    with Two() as two:
        dead, alive = (two.keys_on(backend) for backend in two.backends)
        assert dead
        assert alive
        two.kill_one()
        began = time.monotonic()
        assert {two.get(key) for key in dead} == {quoted(row)}
        assert time.monotonic() - began < TIMEOUT
        assert [two.get(key) for key in alive] == [value(key) for key in alive]


def a_backend_hangs(row: str) -> None:
    with Two() as two:
        key = two.keys_on(two.backends[0])[0]
        with Wire(two.backends[0].port) as direct:
            before = connections(direct)
            two.backends[0].stop()
            began = time.monotonic()
            assert two.get(key) == quoted(row)
            assert TIMEOUT * 0.9 < time.monotonic() - began < TIMEOUT + 1
            two.backends[0].resume()
            # The answer that is late goes to nobody, and what is asked next goes over another connection.
            wait_until(lambda: two.get(key) == value(key), "it answers again")
            assert connections(direct) > before


def connections(wire: Wire) -> int:
    """How many this memcached has seen so far."""
    stats = wire.ask(b"stats\r\n", b"END\r\n").decode()
    return int(stats.split("STAT total_connections ")[1].split()[0])


def reads_look_like_misses(row: str) -> None:
    assert 'on_error = "miss"' in row
    with Two('on_error = "miss"') as two:
        dead = two.keys_on(two.backends[0])[0]
        two.kill_one()
        for request, miss in (
            (b"get %b\r\n", b"END\r\n"),
            (b"gets %b\r\n", b"END\r\n"),
            (b"gat 10 %b\r\n", b"END\r\n"),
            (b"mg %b v\r\n", b"EN\r\n"),
        ):
            assert two.wire.ask(request % dead) == miss
        assert two.wire.ask(b"set %b 0 0 1\r\nv\r\n" % dead) == b"SERVER_ERROR backend down\r\n"


def a_multi_get_misses_a_backend(_: str) -> None:
    request = b"get " + b" ".join(KEYS) + b"\r\nmn\r\n"
    with Two() as two:
        two.kill_one()
        assert two.wire.ask(request, b"MN\r\n") == b"SERVER_ERROR backend down\r\nMN\r\n"
    with Two('on_error = "miss"') as two:
        alive = two.keys_on(two.backends[1])
        two.kill_one()
        values = b"".join(b"VALUE %b 0 1\r\nv\r\n" % key for key in KEYS if key in alive)
        assert two.wire.ask(request, b"MN\r\n") == values + b"END\r\nMN\r\n"


def a_client_is_binary(_: str) -> None:
    with Outrider(pool("memory://main")) as outrider:
        began = time.monotonic()
        with Wire(outrider.port) as wire:
            wire.send(b"\x80\x0b" + bytes(22))  # a binary "version"
            # Reset, not only ended: some binary clients wait for ever behind an end.
            with pytest.raises(ConnectionResetError):
                wire.sock.recv(1)
        assert time.monotonic() - began < 1
        wait_until(lambda: b"switch it to the text protocol" in outrider.output(), "the log says so")


def there_are_too_many_clients(row: str) -> None:
    with Outrider(pool("memory://main"), proxy="max_connections = 2") as outrider:
        clients = [Wire(outrider.port) for _ in range(2)]
        assert [client.ask(b"mn\r\n") for client in clients] == [b"MN\r\n"] * 2
        with Wire(outrider.port) as refused:
            assert refused.read_to_end() == quoted(row)
        assert clients[0].ask(b"mn\r\n") == b"MN\r\n"
        clients[1].close()

        def is_let_in() -> bool:
            with Wire(outrider.port) as wire, contextlib.suppress(OSError, EOFError):
                return wire.ask(b"mn\r\n") == b"MN\r\n"
            return False

        wait_until(is_let_in, "there is room for another")
        clients[0].close()


#: Every row, and what brings it about.
BROUGHT_ABOUT_BY: Final[dict[str, Callable[[str], None]]] = {
    "the backend of a key is down": a_backend_is_down,
    "the backend does not answer in `timeout`": a_backend_hangs,
    'the same, with `on_error = "miss"`': reads_look_like_misses,
    "a multi-get, one of its backends down": a_multi_get_misses_a_backend,
    "the binary protocol": a_client_is_binary,
    "more than `max_connections` clients": there_are_too_many_clients,
}


def test_every_row_is_shown() -> None:
    assert list(ROWS) == list(BROUGHT_ABOUT_BY)


@pytest.mark.parametrize("row", BROUGHT_ABOUT_BY)
def test_the_application_sees_what_the_row_says(row: str) -> None:
    BROUGHT_ABOUT_BY[row](row)
