"""The relay's own contract: transparent while no fault is on, and each fault does what it says."""

import random
import select
import socket
import time
from collections.abc import Iterator

import pytest

from tests.faults.relay import Relay
from tests.servers import Memcached, Wire, accepts, wait_until


@pytest.fixture(name="memcached", scope="module")
def _memcached() -> Iterator[Memcached]:
    with Memcached() as memcached:
        yield memcached


@pytest.fixture(name="relay")
def _relay(memcached: Memcached) -> Iterator[Relay]:
    with Relay(memcached.port) as relay:
        yield relay


def _script(seed: int) -> bytes:
    """Requests of many kinds and sizes, all with a reply."""
    chance = random.Random(seed)
    lines = []
    for number in range(200):
        value = chance.randbytes(chance.choice((0, 1, 100, 5000, 300_000 if number % 50 == 0 else 3)))
        lines += [
            b"set relay:%d 5 0 %d\r\n%b\r\n" % (number, len(value), value),
            b"get relay:%d relay:%d absent\r\n" % (number, number // 2),
            b"incr relay:%d x\r\nbogus\r\nmg relay:%d v f\r\n" % (number, number),
        ]
    return b"".join(lines) + b"mn\r\n"


def test_without_a_fault_it_passes_every_byte_both_ways(memcached: Memcached, relay: Relay) -> None:
    script = _script(1)
    replies = []
    for port in (memcached.port, relay.port):
        with Wire(port) as wire:
            wire.sock.settimeout(20)
            chunks = [script[start : start + 9999] for start in range(0, len(script), 9999)]
            received = b""
            for chunk in chunks:
                wire.send(chunk)
                received += _drain(wire)
            while not received.endswith(b"MN\r\n"):
                received += wire.sock.recv(65536)
            replies.append(received)
    assert len(replies[0]) > 1_000_000
    assert replies[0] == replies[1]


def _drain(wire: Wire) -> bytes:
    """What is there already, so that neither side ever waits for the other."""
    received = b""
    while select.select([wire.sock], [], [], 0)[0]:
        received += wire.sock.recv(65536)
    return received


def test_without_a_fault_it_passes_ends_of_file_both_ways(relay: Relay) -> None:
    with Wire(relay.port) as wire:
        wire.send(b"set k 0 0 1\r\na\r\nget k\r\n")
        wire.sock.shutdown(socket.SHUT_WR)
        assert wire.read_to_end() == b"STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n"
    wait_until(lambda: relay.connections == 0, "the relay forgets ended connections")


def test_without_a_fault_it_passes_a_reset_on_to_the_backend(memcached: Memcached, relay: Relay) -> None:
    def open_now() -> int:
        with Wire(memcached.port) as wire:
            reply = wire.ask(b"stats\r\n", b"END\r\n")
        return int(reply.split(b"curr_connections ")[1].split()[0])

    before = open_now()
    wire = Wire(relay.port)
    assert wire.ask(b"version\r\n").startswith(b"VERSION ")
    assert open_now() == before + 1
    wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.close()
    wait_until(lambda: open_now() == before, "the backend's connection ends too")


def test_pieces_arrive_one_by_one_and_complete(relay: Relay) -> None:
    relay.replies.piece = relay.requests.piece = 7
    with Wire(relay.port) as wire:
        assert wire.ask(b"set k 0 0 100\r\n" + b"v" * 100 + b"\r\n") == b"STORED\r\n"
        assert wire.ask(b"get k\r\n", b"END\r\n") == b"VALUE k 0 100\r\n" + b"v" * 100 + b"\r\nEND\r\n"


def test_a_delay_delays(relay: Relay) -> None:
    with Wire(relay.port) as wire:
        relay.replies.delay = 0.1
        start = time.monotonic()
        wire.ask(b"version\r\n")
        assert 0.1 <= time.monotonic() - start < 5


def test_the_rate_is_kept(relay: Relay) -> None:
    relay.replies.rate = 20_000
    with Wire(relay.port) as wire:
        wire.ask(b"set k 0 0 6000\r\n" + b"v" * 6000 + b"\r\n")
        start = time.monotonic()
        wire.ask(b"get k\r\n", b"END\r\n")
        assert 0.25 <= time.monotonic() - start < 5


def test_what_is_held_comes_later_and_what_is_dropped_never(relay: Relay) -> None:
    with Wire(relay.port, timeout=0.1) as wire, Wire(relay.port) as other:
        assert wire.ask(b"version\r\n")
        assert other.ask(b"version\r\n")
        relay.hold_established()
        wire.send(b"version\r\n")
        with pytest.raises(TimeoutError):
            wire.read_until(b"\r\n")
        with Wire(relay.port) as third:
            assert third.ask(b"version\r\n").startswith(b"VERSION ")
        relay.release()
        assert other.ask(b"version\r\n").startswith(b"VERSION ")
        assert wire.read_until(b"\r\n").startswith(b"VERSION ")
        relay.replies.is_dropped = True
        wire.send(b"version\r\n")
        with pytest.raises(TimeoutError):
            wire.read_until(b"\r\n")


@pytest.mark.parametrize("by_reset", [False, True])
def test_a_reply_is_cut_after_so_many_bytes(relay: Relay, by_reset: bool) -> None:
    with Wire(relay.port) as wire:
        assert wire.ask(b"set k 0 0 5\r\nhello\r\n") == b"STORED\r\n"
        relay.replies.cut_after(10, by_reset=by_reset)
        wire.send(b"get k\r\n")
        received = b""
        was_reset = False
        try:
            while data := wire.sock.recv(100):
                received += data
        except ConnectionResetError:
            was_reset = True
        assert was_reset is by_reset
        assert received == b"VALUE k 0 " or (by_reset and not received)
    with Wire(relay.port) as wire:
        assert wire.ask(b"get k\r\n", b"END\r\n") == b"VALUE k 0 5\r\nhello\r\nEND\r\n"


def test_a_forgotten_connection_is_reset_by_the_next_request(relay: Relay) -> None:
    with Wire(relay.port) as wire:
        assert wire.ask(b"version\r\n")
        relay.forget()
        wire.send(b"version\r\n")
        with pytest.raises(ConnectionResetError):
            wire.sock.recv(100)


def test_it_refuses_and_listens_again(relay: Relay) -> None:
    with Wire(relay.port) as wire:
        assert wire.ask(b"version\r\n")
        relay.refuse()
        assert not accepts(relay.port)
        assert wire.ask(b"version\r\n").startswith(b"VERSION ")
    relay.listen()
    assert accepts(relay.port)


def test_it_edits_replies_and_sends_what_nobody_asked_for(relay: Relay) -> None:
    with Wire(relay.port) as wire:
        relay.replies.edit = lambda reply: reply.replace(b"VERSION", b"OTHER")
        assert wire.ask(b"version\r\n").startswith(b"OTHER ")
        relay.send(b"garbage\r\n")
        assert wire.read_until(b"\r\n") == b"garbage\r\n"
