"""What no client should send: memcached's class of answer, no crash, no hang, no memory."""

import random
import socket
import ssl
import time

import pytest

from tests.faults.levels import back_to_level
from tests.faults.load import Canary
from tests.faults.stage import stage
from tests.servers import Memcached, Wire, wait_until

_LINES = [
    b"\r\n",
    b"\n",
    b" \r\n",
    b"get\r\n",
    b"get \r\n",
    b"get" + b" " * 772 + b"a b\r\n",  # CVE-2023-46852
    b"get a b c\n",  # CVE-2023-46853
    b"gets a\nget b\n",
    b"set k 0 0 1\nv\r\nget k\n",
    b"get " + b"k" * 251 + b"\r\n",
    b"set " + b"k" * 251 + b" 0 0 1\r\nv\r\n",
    b"delete " + b"k" * 251 + b"\r\n",
    b"incr " + b"k" * 251 + b" 1\r\n",
    b"touch " + b"k" * 251 + b" 1\r\n",
    b"mg " + b"k" * 251 + b" v\r\n",
    b"ms " + b"k" * 251 + b" 1\r\nv\r\n",
    b"set k 0 0 -1\r\n",
    b"set k 0 0 2147483647\r\n",
    b"set k 0 0 2147483648\r\n",
    b"set k 0 0 18446744073709551615\r\n",
    b"set k 0 0 18446744073709551616\r\n",
    b"set k 0 0 abc\r\n",
    b"set k x 0 1\r\nv\r\n",
    b"set k 0 x 1\r\nv\r\n",
    b"set k -1 0 1\r\nv\r\n",
    b"set k 4294967296 0 1\r\nv\r\n",
    b"set k 0 0\r\n",
    b"set k 0 0 1 noreply extra\r\n",
    b"set k 0 0 1\r\nvv\r\n",
    b"set k 0 0 5\r\nv\r\nabc\r\n",
    b"cas k 0 0 1\r\nv\r\n",
    b"cas k 0 0 1 x\r\nv\r\n",
    b"incr k\r\n",
    b"incr k x\r\n",
    b"incr k -1\r\n",
    b"incr k 18446744073709551616\r\n",
    b"touch k\r\n",
    b"touch k x\r\n",
    b"gat x k\r\n",
    b"delete k 5\r\n",
    b"delete k 0\r\n",
    b"flush_all x\r\n",
    b"verbosity\r\n",
    b"mg k " + b"v " * 30 + b"\r\n",
    b"ms k x\r\n",
    b"ms k 1 q q\r\nv\r\n",
    b"ma k Nx\r\n",
    b"me\r\n",
    b"unknown command\r\n",
    b"GET k\r\n",
    b"get k\x00evil\r\n",
    b"get \x01\x02\x7f\xff\r\n",
    b"get a HTTP/1.1\r\n",
    b"stats nosuchthing\r\n",
    b"shutdown\r\n",
    b"%s%n%x %d\r\n",  # CVE-2013-0179 and its kind
    b"get %s%n%x%d\r\n",
    b"delete \xff\xfe\xfd\r\n",
    b"set " + b"k" * 3000 + b" 0 0 1\r\nv\r\n",
]
_CLOSED_FOR = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /x HTTP/1.0\r\n\r\nset k 0 0 1\r\nv\r\n",
    b"OPTIONS * HTTP/1.1\r\n\r\n",
    b"x" * 2050,
]


def test_the_answers_are_those_of_memcached() -> None:
    with stage(1) as on, Memcached() as oracle, back_to_level(on.outrider):
        for line in _LINES:
            replies = []
            for port in (oracle.port, on.port):
                with Wire(port) as wire:
                    assert wire.ask(b"flush_all\r\n") == b"OK\r\n"
                    wire.send(line + b"mn\r\n")
                    replies.append(wire.read_until(b"MN\r\n"))
            assert replies[1] == replies[0], line


def test_where_memcached_closes_so_does_the_proxy() -> None:
    with stage(1) as on, Memcached() as oracle, back_to_level(on.outrider):
        for line in _CLOSED_FOR:
            replies = []
            for port in (oracle.port, on.port):
                with Wire(port) as wire:
                    assert wire.ask(b"version\r\n").startswith(b"VERSION ")
                    wire.send(line)
                    replies.append(wire.read_to_end())
            assert replies[1] == replies[0], line


_BINARY_GET = b"\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01" + b"\0" * 12 + b"k"


def test_a_binary_client_is_closed_counted_and_told_of_once() -> None:
    with stage(1) as on, back_to_level(on.outrider):
        for _ in range(30):
            with on.client() as wire:
                wire.send(_BINARY_GET)
                assert wire.read_to_end() == b""
        assert on.count("binary_clients") == 30
        told = [line for line in on.outrider.output().splitlines() if b"binary" in line]
        assert len(told) == 1
        assert b"switch it to the text protocol" in told[0]


def test_a_binary_byte_later_on_is_an_unknown_command() -> None:
    with stage(1) as on, on.client() as wire:
        assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        assert wire.ask(_BINARY_GET[:1] + b"get k\r\n") == b"ERROR\r\n"
        assert on.count("binary_clients") == 0


def test_a_tls_client_fails_and_does_not_hang() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with stage(1, proxy='stall_timeout = "1s"') as on, back_to_level(on.outrider):
        for _ in range(5):
            start = time.monotonic()
            with on.client() as wire, pytest.raises((ssl.SSLError, OSError)):
                context.wrap_socket(wire.sock)
            assert time.monotonic() - start < 5


def _mutated(chance: random.Random) -> bytes:
    """A request with something wrong somewhere."""
    line = bytearray(
        chance.choice(
            (
                b"set k 0 0 3\r\nabc\r\n",
                b"get k k2 k3\r\n",
                b"ms k 3 T0 q\r\nabc\r\n",
                b"mg k v t f O123\r\n",
                b"incr k 1 noreply\r\n",
                b"cas k 0 0 3 12\r\nabc\r\n",
                b"gat 10 k\r\n",
                b"flush_all 0 noreply\r\n",
            )
        )
    )
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(line) + 1)
        match chance.randrange(4):
            case 0:
                del line[place : place + chance.randint(1, 5)]
            case 1:
                line[place:place] = chance.choice(
                    (b" ", b"\r", b"\n", b"\0", b"-", b"99999999999", b"\xff" * 3, b"\r\n")
                )
            case 2:
                line[place:place] = line[: chance.randint(1, 10)]
            case _:
                line[place:place] = chance.randbytes(chance.randint(1, 300))
    return bytes(line)


@pytest.mark.parametrize("seed", range(3))
def test_mutated_commands_crash_and_hang_nothing(seed: int) -> None:
    chance = random.Random(seed)
    with (
        stage(2, proxy="allow_flush_all = false") as on,
        Canary(on.port, on.key(1)),
        back_to_level(on.outrider),
    ):
        for _ in range(150):
            with on.client() as wire:
                wire.send(b"".join([_mutated(chance) for _ in range(chance.randint(1, 8))]))
                wire.sock.shutdown(socket.SHUT_WR)
                wire.read_to_end()


def test_keys_that_could_hurt_a_log_do_not() -> None:
    with stage(1) as on, on.client() as wire:
        for key in (b"%s%s%n", b"\x1b[2J", b"{}{0}", b"\xff\xfe", b"'\"\\"):
            assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % key) == b"STORED\r\n"
            on.backends[0].kill()
            wait_until(lambda: on.state(0) == "down", "the loss is noticed")
            assert wire.ask(b"get %b\r\n" % key).startswith(b"SERVER_ERROR ")
            on.backends[0].start()
            on.wait_served(0)
        assert on.count("crashes") == 0
