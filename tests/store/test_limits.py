"""The memory limit holds after every operation, and who goes is the policy's choice."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from proxy.store.dynamic import OVERHEAD
from tests.store.oracle import Memcached, Oracle, SocketOracle, StoreOracle
from tests.store.requests import Requests

BIG = 305_000  # in the same slab class as FILLING: any other class has its first page free
FILLING = 300_000
NO_MEMORY = b"SERVER_ERROR out of memory storing object\r\n"


def stored(key: bytes, size: int, verb: bytes = b"set", rest: bytes = b"") -> bytes:
    return b"%b %b 0 0 %d%b\r\n%b\r\n" % (verb, key, size, rest, b"x" * size)


def cost(key: bytes, size: int) -> int:
    return OVERHEAD + len(key) + size


def keys_of(oracle: StoreOracle, *keys: bytes) -> list[bytes]:
    """Which of `keys` are there, without using them."""
    return [key for key in keys if oracle.ask(b"mg %b u\r\n" % key) == b"HD\r\n"]


# ---- the limit ----


@pytest.mark.parametrize("on_full", ["evict", "reject"])
@pytest.mark.parametrize("max_bytes", [200, 600, 1000, 1500, 2000])
def test_the_limit_holds_after_every_request(
    max_bytes: int, on_full: str, new_store: Callable[..., StoreOracle]
) -> None:
    oracle = new_store(max_bytes=max_bytes, on_full=on_full)
    random = Random(f"{max_bytes} {on_full}")
    requests = Requests(random)
    for _ in range(3000):
        oracle.ask(requests.next().replace(b"{", b"").replace(b"}", b""))
        oracle.now += random.choice([0, 0, 0, 0.3, 40])
        statistics = oracle.store.statistics()
        assert 0 <= statistics.memory_bytes <= statistics.max_bytes == max_bytes
        assert oracle.store.check() == []


def test_the_account_is_of_keys_values_and_overhead(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store()
    oracle.ask(stored(b"a", 10) + stored(b"bb", 20))
    assert oracle.store.statistics().memory_bytes == cost(b"a", 10) + cost(b"bb", 20)
    oracle.ask(stored(b"a", 3))
    oracle.ask(stored(b"bb", 5, b"append"))
    assert oracle.store.statistics().memory_bytes == cost(b"a", 3) + cost(b"bb", 25)
    oracle.ask(b"delete a\r\n")
    assert oracle.store.statistics().memory_bytes == cost(b"bb", 25)
    oracle.ask(b"flush_all\r\n")
    assert oracle.store.statistics().memory_bytes == 0


# ---- eviction ----


def three_items(new_store: Callable[..., StoreOracle], on_full: str = "evict") -> StoreOracle:
    oracle = new_store(max_bytes=3 * cost(b"k", 100), on_full=on_full)
    oracle.ask(stored(b"1", 100) + stored(b"2", 100) + stored(b"3", 100))
    return oracle


@pytest.mark.parametrize(
    "use",
    [
        b"get 1\r\n",
        b"gats 0 1\r\n",
        b"touch 1 0\r\n",
        b"mg 1\r\n",
        b"mg 1 h\r\n",
        stored(b"1", 100),
        stored(b"1", 1, b"add"),
        stored(b"1", 0, b"append"),
        b"ms 1 100 MR\r\n%b\r\n" % (b"x" * 100),
    ],
)
def test_what_was_used_last_goes_last(use: bytes, new_store: Callable[..., StoreOracle]) -> None:
    oracle = three_items(new_store)
    oracle.ask(use)
    oracle.ask(stored(b"4", 100))
    assert keys_of(oracle, b"1", b"2", b"3", b"4") == [b"1", b"3", b"4"]
    assert oracle.store.statistics().evictions == 1


@pytest.mark.parametrize(
    "use", [b"mg 1 u v h\r\n", b"me 1\r\n", b"md 1 I\r\n", b"delete 9\r\n", b"md 1 C9\r\n"]
)
def test_what_does_not_count_as_use_saves_nobody(use: bytes, new_store: Callable[..., StoreOracle]) -> None:
    oracle = three_items(new_store)
    oracle.ask(use)
    oracle.ask(stored(b"4", 100))
    assert oracle.ask(b"get 1\r\n") == b"END\r\n"


def test_a_large_item_costs_several_small_ones(new_store: Callable[..., StoreOracle]) -> None:
    oracle = three_items(new_store)
    oracle.ask(stored(b"4", 101))
    assert keys_of(oracle, b"1", b"2", b"3", b"4") == [b"3", b"4"]


def test_a_value_that_grows_evicts_others_and_never_itself(new_store: Callable[..., StoreOracle]) -> None:
    oracle = three_items(new_store)
    oracle.ask(stored(b"1", 100, b"append"))
    assert keys_of(oracle, b"1", b"2", b"3") == [b"1", b"3"]
    oracle.ask(stored(b"1", 3 * cost(b"k", 100) - cost(b"k", 0)))
    assert keys_of(oracle, b"1", b"2", b"3") == [b"1"]


def test_an_expired_item_goes_before_a_live_one_that_is_older(new_store: Callable[..., StoreOracle]) -> None:
    oracle = three_items(new_store)
    oracle.ask(b"touch 2 5\r\ntouch 3 0\r\n")
    oracle.now += 5
    oracle.ask(stored(b"4", 100))
    assert keys_of(oracle, b"1", b"2", b"3", b"4") == [b"1", b"3", b"4"]
    statistics = oracle.store.statistics()
    assert (statistics.expired, statistics.evictions) == (1, 0)


def test_what_can_never_fit_evicts_nobody(new_store: Callable[..., StoreOracle]) -> None:
    oracle = three_items(new_store)
    assert oracle.ask(stored(b"4", 3 * cost(b"k", 100))) == NO_MEMORY
    assert keys_of(oracle, b"1", b"2", b"3", b"4") == [b"1", b"2", b"3"]
    assert oracle.ask(stored(b"1", 3 * cost(b"k", 100))) == NO_MEMORY
    assert keys_of(oracle, b"1", b"2", b"3", b"4") == [b"2", b"3"]
    assert oracle.store.statistics().rejected == 2


# ---- rejection ----


@pytest.fixture(scope="module")
def small_memcached() -> Iterator[Memcached]:
    server = Memcached("-M", "-m", "4", "-o", "no_modern")
    yield server
    server.stop()


@pytest.fixture(params=["memcached -M", "store"])
def full(
    request: pytest.FixtureRequest, small_memcached: Memcached, new_store: Callable[..., StoreOracle]
) -> Iterator[Oracle]:
    """A few megabytes, and no room left."""
    oracle: Oracle
    if request.param == "store":
        oracle = new_store(max_bytes=10 * cost(b"0", FILLING), on_full="reject")
    else:
        oracle = small_memcached.connect()
    oracle.begin()
    number = 0
    while (reply := oracle.ask(stored(b"%d" % number, FILLING))) == b"STORED\r\n":
        number += 1
    assert reply == NO_MEMORY
    assert number > 5
    yield oracle
    if isinstance(oracle, SocketOracle):
        oracle.close()


@pytest.mark.parametrize(
    ("verb", "rest"), [(b"replace", b""), (b"append", b""), (b"prepend", b""), (b"cas", b" {1}")]
)
def test_a_write_without_memory_leaves_the_old_value(verb: bytes, rest: bytes, full: Oracle) -> None:
    assert full.converse(stored(b"0", BIG, verb, rest)) == NO_MEMORY
    assert full.ask(b"mg 0 s\r\n") == b"HD s%d\r\n" % FILLING


@pytest.mark.parametrize("line", [b"set 0 0 0 %d", b"ms 0 %d", b"ms 0 %d MR", b"ms MA== %d b"])
def test_a_set_or_any_ms_without_memory_unlinks_the_old_value(line: bytes, full: Oracle) -> None:
    assert full.ask(b"%b\r\n%b\r\n" % (line % BIG, b"x" * BIG)) == NO_MEMORY
    assert full.ask(b"mg 0\r\n") == b"EN\r\n"


def test_a_counter_without_memory(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(max_bytes=cost(b"k", 1), on_full="reject")
    oracle.ask(b"set k 0 0 1\r\n9\r\n")
    assert oracle.ask(b"incr k 1\r\n") == b"SERVER_ERROR out of memory\r\n"
    assert oracle.ask(b"ma k\r\n") == b"SERVER_ERROR out of memory\r\n"
    assert oracle.ask(b"ma j N0\r\n") == b"SERVER_ERROR Out of memory allocating new item\r\n"
    assert oracle.ask(b"mg j N0\r\n") == b"EN\r\n"
    assert oracle.ask(b"decr k 1\r\n") == b"8\r\n"


def test_a_full_store_still_takes_a_value_over_an_old_one(new_store: Callable[..., StoreOracle]) -> None:
    oracle = three_items(new_store, "reject")
    assert oracle.ask(stored(b"4", 100)) == NO_MEMORY
    assert oracle.ask(stored(b"1", 100)) == b"STORED\r\n"
    assert oracle.ask(stored(b"1", 101, b"replace")) == NO_MEMORY
    assert keys_of(oracle, b"1", b"2", b"3") == [b"1", b"2", b"3"]


def test_no_expired_item_blocks_a_rejecting_store_for_ever(new_store: Callable[..., StoreOracle]) -> None:
    count = 40
    oracle = new_store(max_bytes=count * cost(b"00", 100), on_full="reject")
    for number in range(count):
        oracle.ask(stored(b"%02d" % number, 100))
    oracle.ask(b"touch 20 1\r\n")
    for number in range(count):  # the one that expires is in the middle of the order
        oracle.ask(b"touch %02d %d\r\n" % (number, number == 20))
    oracle.now += 1
    replies = [oracle.ask(stored(b"new", 99)) for _ in range(count)]
    assert replies.count(b"STORED\r\n") > 0
    assert oracle.store.statistics().evictions == 0
