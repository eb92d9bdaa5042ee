"""Thousands of random requests: a store's replies are memcached's, byte for byte."""

import os
from collections.abc import Callable
from random import Random, SystemRandom

import pytest

from proxy.store import counter
from proxy.store.ticks import tick_at
from tests.store.oracle import SocketOracle, StoreOracle
from tests.store.requests import KEYS, Requests

LENGTH = 5000
#: One that nobody has tried before; STORE_SEED brings a failing one back.
SEEDS = [1, 2, 3, int(os.environ.get("STORE_SEED") or SystemRandom().randrange(1 << 32))]


def wide_counters(store: StoreOracle) -> list[bytes]:
    """Numbers from 2^63 on.

    When 1.6.18 reads one it looks for a minus sign up to the next NUL, past the end of the value: in whatever
    that memory was used for before. So it may call the number none; a store never does.
    """
    tick = tick_at(store.now)
    items = [store.store.peek(key, tick) for key in KEYS]
    return [item.key for item in items if item is not None and counter.parse(item.value) >= 1 << 63]


@pytest.mark.parametrize("seed", SEEDS)
def test_replies_are_the_server_s(
    seed: int, connection: SocketOracle, new_store: Callable[..., StoreOracle]
) -> None:
    print(f"STORE_SEED={seed}")
    store = new_store()
    store.begin()
    requests = Requests(Random(seed))
    sent: list[bytes] = []
    for _ in range(LENGTH):
        request = requests.next()
        sent.append(request)
        # One at a time: a server with replies still to send does not write counters in place.
        expected = connection.converse(request)
        answer = store.converse(request)
        assert answer == expected, (seed, sent[-12:])
        requests.drawn = store.store.written_cas - store.first_cas
        for key in wide_counters(store):
            assert connection.ask(b"delete %b\r\n" % key) == store.ask(b"delete %b\r\n" % key)
    assert store.store.check() == []
