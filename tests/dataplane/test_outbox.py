"""Partial sends lose, double and reorder nothing, however little the socket takes."""

import random
import socket
from collections.abc import Iterator

import pytest

from proxy.dataplane.outbox import Outbox

_SIZES = (1, 2, 7, 100, 1000, 5000, 40_000, 70_000, 300_000)


@pytest.fixture(name="pair")
def _pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the kernel's least: about 4 KB
        near.setblocking(False)
        far.setblocking(False)
        yield near, far


def _take(sock: socket.socket, size: int) -> bytes:
    try:
        return sock.recv(size)
    except BlockingIOError:
        return b""


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_socket_takes_every_byte_arrives_once_and_in_order(
    pair: tuple[socket.socket, socket.socket], seed: int
) -> None:
    chance = random.Random(seed)
    near, far = pair
    outbox = Outbox()
    owed = bytearray()
    arrived = bytearray()
    sent = 0
    for _ in range(40):
        count = chance.choice((0, 1, 1, 2, 30, 700))
        sizes = _SIZES[: 4 if count > 2 else chance.randint(1, len(_SIZES))]
        for _ in range(count):
            part = chance.randbytes(chance.choice(sizes))
            outbox.parts.append(part)
            owed += part
        taken = outbox.send(near)
        sent += taken
        assert outbox.size() == len(owed) - sent
        assert outbox.is_blocked is bool(outbox.parts)
        arrived += _take(far, chance.choice((0, 1, 3000, 1 << 20)))
    while outbox.parts:
        sent += outbox.send(near)
        arrived += _take(far, 1 << 20)
    while len(arrived) < sent:
        arrived += _take(far, 1 << 20)
    assert sent == len(owed)
    assert arrived == owed
    assert not outbox.is_blocked


def test_a_full_socket_blocks_the_outbox_until_it_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    outbox = Outbox()
    outbox.parts += [b"x" * 1000] * 100
    outbox.send(near)
    assert outbox.is_blocked
    assert outbox.send(near) == 0
    assert outbox.is_blocked
    while outbox.parts:
        far.recv(1 << 20)
        outbox.send(near)
    assert not outbox.is_blocked


def test_an_empty_part_is_no_obstacle(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    outbox = Outbox()
    outbox.parts += [b"", b"a", b"", b"b" * 70_000, b"", b"c"]
    received = b""
    while outbox.parts:
        outbox.send(near)
        received += _take(far, 1 << 20)
    while len(received) < 70_002:
        received += _take(far, 1 << 20)
    assert received == b"a" + b"b" * 70_000 + b"c"


def test_a_broken_connection_is_an_error_and_no_block(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.close()
    outbox = Outbox()
    outbox.parts.append(b"x")
    with pytest.raises(OSError, match="Broken pipe"):
        outbox.send(near)
