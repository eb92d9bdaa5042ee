"""Values that are too large: for the servers, for the proxy, or for both; the replies and what is left behind."""

from collections.abc import Iterator
from typing import Final

import pytest

from proxy.protocol.errors import BAD_DATA_CHUNK, TOO_LARGE
from tests.differential.comparison import difference
from tests.differential.exceptions import MEMCACHED, MEMORY
from tests.differential.sides import Conversation, Sides, start
from tests.servers import Memcached, Outrider, pool, running

MIB: Final = 1 << 20

#: A value of how many bytes, and what is done with it. All of them are above every limit.
_HEADS: Final = (
    *(b"set a 0 0 %d\r\n", b"set a 0 0 %d noreply\r\n", b"add a 0 0 %d\r\n", b"add b 0 0 %d\r\n"),
    *(
        b"replace a 0 0 %d\r\n",
        b"append a 0 0 %d\r\n",
        b"prepend a 0 0 %d noreply\r\n",
        b"cas a 0 0 %d 5\r\n",
    ),
    *(b"ms a %d\r\n", b"ms a %d q\r\n", b"ms a %d ME\r\n", b"ms a %d MA k O5\r\n", b"ms a %d C5 c\r\n"),
    *(b"ms YQ== %d b\r\n", b"ms b %d T500\r\n", b"ms a %d MX\r\n", b"ms a %d v v\r\n", b"ms a %d T\r\n"),
    *(b"ms a %d b\r\n", b"ms a %d !\r\n", b"set a  0 0 %d\r\n", b"set a 0 0 +%d\n", b"set a x 0 %d\r\n"),
    *(b"ms a %d O" + b"x" * 32 + b"\r\n", b"ms a %d O" + b"x" * 32 + b" MX\r\n", b"set b 0 0 %d\r\n"),
)
_BEFORE: Final = b"flush_all\r\nset a 5 0 3\r\nabc\r\n"
_BEHIND: Final = b"mg a v f s c t\r\nmg b v\r\nmn\r\n"


def limited(proxy: str, backend: str) -> Iterator[Sides]:
    """An oracle that takes values up to 1 MiB, and an Outrider with these limits."""
    oracle = Memcached("-I", "1m")
    behind = Memcached("-I", backend)
    outrider = Outrider(pool(behind.address, options='timeout = "30s"'), f'max_value = "{proxy}"')
    outrider.wait_live()
    with running(outrider, behind, oracle):
        yield Sides(oracle.port, outrider.port, MEMCACHED)


#: Who refuses a value of more than 1 MiB: the proxy, though the backend would take it, or both, or the backend.
LIMITS: Final = {"proxy": ("1MiB", "16m"), "both": ("1MiB", "1m"), "backend": ("64MiB", "1m")}


@pytest.fixture(scope="module", params=[*LIMITS, MEMORY])
def sides(request: pytest.FixtureRequest) -> Iterator[Sides]:
    if request.param == MEMORY:
        processes, running_sides = start(MEMORY, "-I", "1m", memory='max_item = "1MiB"')
        with running(*processes):
            yield running_sides
    else:
        yield from limited(*LIMITS[request.param])


@pytest.fixture(scope="module")
def between_limits() -> Iterator[Sides]:
    yield from limited(*LIMITS["backend"])


@pytest.mark.parametrize("head", _HEADS, ids=repr)
def test_a_refused_value_leaves_the_state_that_memcached_leaves(sides: Sides, head: bytes) -> None:
    expected, got = refusal(sides, head, b"\r\n")
    assert difference(expected, got, sides.kind) is None, f"\n oracle   {expected!r}\n outrider {got!r}"


@pytest.mark.parametrize("limits", ["proxy", "both"])
def test_the_end_of_the_data_does_not_matter_where_the_proxy_refuses(limits: str) -> None:
    for sides in limited(*LIMITS[limits]):
        for head in _HEADS:
            expected, got = refusal(sides, head, b"xy")
            assert difference(expected, got, sides.kind) is None, f"{head!r}: {expected!r}, {got!r}"


def test_the_end_of_the_data_is_looked_at_first_where_the_backend_would_refuse(between_limits: Sides) -> None:
    # The one deliberate difference here (`exceptions.py`).
    expected, got = refusal(between_limits, b"set a 0 0 %d\r\n", b"xy")
    assert expected == b"OK\r\nSTORED\r\n" + TOO_LARGE + b"EN\r\nEN\r\nMN\r\n"
    assert got.startswith(b"OK\r\nSTORED\r\n" + BAD_DATA_CHUNK + b"VA 3 ")


def refusal(sides: Sides, head: bytes, ending: bytes) -> tuple[bytes, bytes]:
    """What both say to a value that is too large, and to what is asked behind it."""
    size = MIB + 1
    # Lines in the data: read as commands if anybody lost the boundary.
    block = (b"set b 0 0 1\r\nx\r\n" * (size // 16 + 1))[:size] + ending
    with Conversation(sides.oracle) as oracle, Conversation(sides.outrider) as outrider:
        if b" x 0 " in head:
            block = b"get a\r\n"  # this one is refused without swallowing
        stream = _BEFORE + head % size + block + _BEHIND
        outrider.send(stream, range(5000, len(stream), 50_000))
        oracle.send(stream)
        return oracle.replies(), outrider.replies()


@pytest.mark.parametrize("size", [900_000, 500_000, MIB - 512])
def test_a_large_value_that_is_taken_comes_back_whole(sides: Sides, size: int) -> None:
    value = (b"%07d\n" * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
    with Conversation(sides.oracle) as oracle, Conversation(sides.outrider) as outrider:
        for stream in (
            _BEFORE,
            b"set b 7 0 %d\r\n%b\r\n" % (size, value),
            b"get b\r\nget a b c b\r\nmg b s v\r\n",
            b"append b 0 0 10\r\n0123456789\r\nget b\r\nms a 0 F1\r\n\r\ncas b 0 0 %d 0\r\n%b\r\n"
            % (size, value),
            b"ms b %d q\r\n%bxy" % (size, value),
            b"ms b %d q\r\n%b\r\nmg b v\r\ndelete b\r\n" % (size, value),
        ):
            outrider.send(stream, range(1000, len(stream), 70_001))
            oracle.send(stream)
            expected, got = oracle.replies(), outrider.replies()
            assert difference(expected, got, sides.kind) is None, (
                f"{stream[:60]!r} {expected[:99]!r} {got[:99]!r}"
            )
