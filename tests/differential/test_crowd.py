"""Many clients at once over the same backend connections: each is answered as if it were alone with a memcached."""

import contextlib
from typing import Final

import pytest

from tests.differential.comparison import difference
from tests.differential.exceptions import MEMCACHED, MEMORY
from tests.differential.generator import Generator, Segment
from tests.differential.sides import Conversation, start
from tests.differential.test_generated import SEED
from tests.differential.words import items_of
from tests.servers import running

CLIENTS: Final = 12
ROUNDS: Final = 120
BACKENDS: Final = {
    "one memcached": (MEMCACHED, 1),
    "three memcached": (MEMCACHED, 3),
    "memory": (MEMORY, 1),
}


@pytest.mark.parametrize("backends", BACKENDS)
def test_clients_among_others_are_answered_as_if_alone(backends: str) -> None:
    print(f"OUTRIDER_SEED={SEED}")
    kind, count = BACKENDS[backends]
    processes, sides = start(kind, backends=count)
    with running(*processes), contextlib.ExitStack() as stack:
        generators = [
            Generator(f"{SEED}/crowd/{client}", kind, items_of(client)) for client in range(CLIENTS)
        ]
        oracles = [stack.enter_context(Conversation(sides.oracle)) for _ in generators]
        clients = [stack.enter_context(Conversation(sides.outrider)) for _ in generators]
        for number in range(ROUNDS):
            segments = [generator.segment() for generator in generators]
            for conversation, segment in zip(clients, segments, strict=True):
                conversation.send(segment.stream, segment.cuts)
            for conversation, segment in zip(oracles, segments, strict=True):
                conversation.send(segment.stream)
            for client, (segment, oracle, conversation) in enumerate(
                zip(segments, oracles, clients, strict=True)
            ):
                compare(
                    segment,
                    oracle.replies(),
                    conversation.replies(),
                    kind,
                    f"client {client}, round {number}",
                )


def compare(segment: Segment, expected: bytes, got: bytes, kind: str, where: str) -> None:
    place = difference(expected, got, kind, with_uniques=False)
    if place is not None:
        start_of = max(place - 200, 0)
        pytest.fail(
            f"OUTRIDER_SEED={SEED}, {where}: {segment.stream!r}\n"
            f"differs near byte {place}\n oracle   {expected[start_of : place + 200]!r}\n"
            f" outrider {got[start_of : place + 200]!r}",
            pytrace=False,
        )
