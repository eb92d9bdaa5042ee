"""However replies and requests are sliced, the bytes are the same."""

import random

import pytest

from tests.faults.load import CheckingLoad
from tests.faults.stage import stage
from tests.servers import Memcached, Wire


def _script(seed: int) -> bytes:
    """Requests whose replies do not depend on time or on the server's counters of items."""
    chance = random.Random(seed)
    lines = []
    for number in range(60):
        value = chance.randbytes(chance.choice((0, 1, 30, 300, 2000)))
        key = b"k%d" % chance.randrange(12)
        lines.append(b"set %b %d 0 %d\r\n%b\r\n" % (key, number, len(value), value))
        lines.append(
            chance.choice(
                (
                    b"get %b absent k1 k2 %b\r\n" % (key, key),
                    b"gat 0 %b\r\n" % key,
                    b"mg %b v f k s\r\n" % key,
                    b"ms %b S4 T0\r\nabcd\r\n" % key,
                    b"ms %b 3 Oq\r\nabc\r\n" % key,
                    b"append %b 0 0 2 noreply\r\nxy\r\n" % key,
                    b"incr %b 1\r\n" % key,
                    b"delete %b\r\n" % key,
                    b"set %b 0 0 3\r\ntoolong\r\n" % key,
                    b"bogus\r\nget\r\nset a b c\r\n",
                )
            )
        )
    return b"".join(lines) + b"mn\r\n"


def _replies(port: int, script: bytes, size: int) -> bytes:
    with Wire(port) as wire:
        for start in range(0, len(script), size):
            wire.send(script[start : start + size])
        return wire.read_until(b"MN\r\n")


@pytest.mark.parametrize(("requests", "replies"), [(65536, 7), (1, 0), (1, 1), (7, 7)])
def test_tiny_pieces_make_no_difference(requests: int, replies: int) -> None:
    script = _script(requests + replies)
    with Memcached() as oracle:
        expected = _replies(oracle.port, script, 65536)
    with stage(1, relayed=True, timeout=5.0) as on:
        on.relay.replies.piece = replies
        on.relay.requests.piece = replies
        assert _replies(on.port, script, requests) == expected
        assert on.count("backend_bad_replies") == 0


def test_a_large_value_in_tiny_pieces_is_whole_and_in_time() -> None:
    value = random.Random(5).randbytes(200_000)
    with stage(1, relayed=True, timeout=5.0) as on, on.client() as wire:
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 %d\r\n%b\r\n" % (key, len(value), value)) == b"STORED\r\n"
        on.relay.replies.piece = 7
        head = b"VALUE %b 0 %d\r\n" % (key, len(value))
        assert wire.ask(b"get %b\r\n" % key, b"\r\n") == head
        assert wire.read_exactly(len(value) + 7) == value + b"\r\nEND\r\n"


def test_under_load_sliced_replies_are_right() -> None:
    with stage(2, relayed=True, timeout=5.0) as on:
        on.relay.replies.piece = on.relay.requests.piece = 7
        with CheckingLoad(on.port, on.placement, clients=3, depth=8) as load:
            load.wait_rounds(3, 30)
        assert not load.errors
