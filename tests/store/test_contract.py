"""What a real memcached 1.6.18 answers, a store answers too, byte for byte."""

from collections.abc import Callable

import pytest

from tests.store import transcript
from tests.store.oracle import MAX_ITEM, Memcached, Oracle, StoreOracle
from tests.store.transcript import Conversation

CONVERSATIONS = transcript.read("classic", "counters", "meta_get", "meta_write")
NEWER = transcript.read("newer", "divergent")

#: What memcached adds to a key of one byte without client flags.
HEADER = 60


def claim_of(conversation: Conversation) -> str:
    return conversation.claim


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=claim_of)
def test_as_1_6_18(conversation: Conversation, oracle: Oracle) -> None:
    for step in conversation.steps:
        assert oracle.converse(step.sent) == step.reply, step.sent


def test_counters_wrap_at_64_bits(
    untouched_memcached: Memcached, new_store: Callable[..., StoreOracle]
) -> None:
    """On a server of its own: see `test_random.wide_counters`."""
    store = new_store()
    connection = untouched_memcached.connect()
    try:
        for each in (store, connection):
            each.begin()
            for conversation in transcript.read("wide_counters"):
                for step in conversation.steps:
                    assert each.converse(step.sent) == step.reply, step.sent
    finally:
        connection.close()


@pytest.mark.parametrize("conversation", NEWER, ids=claim_of)
@pytest.mark.parametrize("piece", [0, 1])
def test_unlike_1_6_18(conversation: Conversation, piece: int, new_store: Callable[..., StoreOracle]) -> None:
    """Meta flags of later servers, whose replies were taken from 1.6.45, and what is better not copied."""
    store = new_store(piece=piece)
    for step in conversation.steps:
        assert store.converse(step.sent) == step.reply, step.sent


def stored(verb: bytes, size: int) -> bytes:
    return b"%b k 0 0 %d\r\n%b\r\n" % (verb, size, b"x" * size)


TOO_LARGE = b"SERVER_ERROR object too large for cache\r\n"


def test_the_item_size_limit_is_the_server_s_to_the_byte(oracle: Oracle) -> None:
    largest = MAX_ITEM - HEADER
    assert oracle.ask(stored(b"set", largest)) == b"STORED\r\n"
    assert oracle.ask(stored(b"replace", largest + 1)) == TOO_LARGE
    assert oracle.ask(b"mg k s\r\n") == b"HD s%d\r\n" % largest
    assert oracle.ask(b"append k 0 0 1\r\nx\r\n") == b"NOT_STORED\r\n"
    assert oracle.ask(b"ms k 1 MP\r\nx\r\n") == b"NS\r\n"
    assert oracle.ask(b"mg k s\r\n") == b"HD s%d\r\n" % largest
    with_flags = b"ms k %d F1\r\n%b\r\n"
    assert oracle.ask(with_flags % (largest - 4, b"x" * (largest - 4))) == b"HD\r\n"
    assert oracle.ask(with_flags % (largest - 3, b"x" * (largest - 3))) == TOO_LARGE
    assert oracle.ask(b"mg k\r\n") == b"EN\r\n"


@pytest.mark.parametrize("verb", [b"add", b"replace", b"append", b"prepend", b"cas"])
def test_a_value_too_large_leaves_the_old_one(verb: bytes, oracle: Oracle) -> None:
    oracle.ask(stored(b"set", 1))
    request = stored(verb, MAX_ITEM)
    if verb == b"cas":
        request = request.replace(b"\r\n", b" 1\r\n", 1)
    assert oracle.ask(request) == TOO_LARGE
    assert oracle.ask(b"get k\r\n") == b"VALUE k 0 1\r\nx\r\nEND\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b"set k 0 0 %d",
        b"ms k %d",
        b"ms k %d ME",
        b"ms k %d MR",
        b"ms k %d MA",
        b"ms k %d C1",
        b"ms aw== %d b",
    ],
)
def test_a_set_or_any_ms_too_large_unlinks_the_old_value(line: bytes, oracle: Oracle) -> None:
    oracle.ask(stored(b"set", 1))
    request = line % MAX_ITEM + b"\r\n" + b"x" * MAX_ITEM + b"\r\n"
    assert oracle.ask(request) == TOO_LARGE
    assert oracle.ask(b"get k\r\n") == b"END\r\n"
