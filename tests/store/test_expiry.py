"""Time: expiry, delayed flushes, and the flags that show either."""

from collections.abc import Callable
from random import Random

import pytest

from proxy.store.ticks import FIRST_TICK, NEVER, PAST, deadline, tick_at
from tests.store.oracle import Oracle, StoreOracle

END = b"END\r\n"
HIT = b"VALUE k 0 1\r\nx\r\nEND\r\n"
#: A server's clock is moved by a timer of its own, which may come a little late.
LATENESS = 0.5


# ---- as a server, in its time ----


def test_an_item_lives_for_most_of_its_exptime_and_no_longer(oracle: Oracle) -> None:
    oracle.ask(b"set k 0 2 1\r\nx\r\n")
    assert oracle.ask(b"get k\r\n") == HIT
    assert 0.9 < oracle.wait_for(b"get k\r\n", END) < 2 + LATENESS


def test_a_delayed_flush_hits_what_is_stored_before_it_and_then_no_more(oracle: Oracle) -> None:
    oracle.ask(b"flush_all 3\r\n")
    oracle.ask(b"set k 0 0 1\r\nx\r\n")
    assert oracle.ask(b"get k\r\n") == HIT
    assert 0.9 < oracle.wait_for(b"get k\r\n", END) < 3 + LATENESS
    # Within the very tick in which it falls due, what is stored is not seen either.
    assert oracle.ask(b"set k 0 0 1\r\nx\r\nget k\r\n") == b"STORED\r\n" + END
    oracle.wait_for(b"set k 0 0 1\r\nx\r\nget k\r\n", b"STORED\r\n" + HIT)
    assert oracle.ask(b"get k\r\n") == HIT


# ---- a store, in anybody's time ----


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.999])
@pytest.mark.parametrize("exptime", [1, 2, 30, 2592000])
def test_the_life_of_an_item_lies_within_the_last_second_of_its_exptime(
    exptime: int, fraction: float, new_store: Callable[..., StoreOracle]
) -> None:
    start = 77.0 + fraction
    oracle = new_store(now=start)
    oracle.ask(b"set k 0 %d 1\r\nx\r\n" % exptime)
    oracle.now = start + exptime - 1
    assert oracle.ask(b"mg k v u\r\n") == b"VA 1\r\nx\r\n"
    oracle.now = start + exptime
    assert oracle.ask(b"mg k v u\r\n") == b"EN\r\n"


def test_no_absolute_exptime_is_overstayed() -> None:
    random = Random(5)
    for _ in range(2000):
        now = random.uniform(0, 1e6)
        unix_now = random.uniform(1.6e9, 1.8e9)
        exptime = int(unix_now) + random.randrange(-10, 100)
        tick = deadline(exptime, now, unix_now)
        true_end = now + exptime - unix_now
        assert tick_at(max(true_end, 0.0)) >= tick  # gone when its time has come
        if true_end > now + 1:
            assert tick_at(true_end - 1) < tick  # and at most a second before


def test_exptimes_that_are_no_time_at_all() -> None:
    assert deadline(0, 5.5, 1.7e9) == NEVER
    assert deadline(-1, 5.5, 1.7e9) == PAST
    assert deadline(2592001, 5.5, 1.7e9) == PAST  # a date in January 1970
    assert PAST < FIRST_TICK == tick_at(0.0)


def test_an_absolute_exptime(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=50.5)
    oracle.unix_start = 1_700_000_000.0 - 50.5
    oracle.ask(b"set k 0 1700000010 1\r\nx\r\n")
    assert oracle.ask(b"mg k t\r\n") == b"HD t10\r\n"
    oracle.now = 59.9
    assert oracle.ask(b"get k\r\n") == HIT
    oracle.now = 60.5
    assert oracle.ask(b"get k\r\n") == END


def test_the_flags_t_and_l_count_ticks(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=10.9)
    oracle.ask(b"set k 0 100 1\r\nx\r\n")
    assert oracle.ask(b"mg k t l u\r\n") == b"HD t100 l0\r\n"
    oracle.now = 11.0
    assert oracle.ask(b"mg k t l u\r\n") == b"HD t99 l1\r\n"
    oracle.now = 20.0
    assert oracle.ask(b"mg k t l\r\n") == b"HD t90 l10\r\n"  # the first reading leaves the time alone
    assert oracle.ask(b"mg k t l\r\n") == b"HD t90 l10\r\n"
    assert oracle.ask(b"mg k t l\r\n") == b"HD t90 l0\r\n"
    assert oracle.ask(b"mg k T-1 t\r\n") == b"HD t%d\r\n" % (PAST - tick_at(20.0) + (1 << 32))


@pytest.mark.parametrize(
    "prolong", [b"touch k 100\r\n", b"gat 100 k\r\n", b"mg k T100\r\n", b"ms k 1 T100\r\nx\r\n"]
)
def test_a_new_exptime_counts_from_the_present(prolong: bytes, new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=10.0)
    oracle.ask(b"set k 0 5 1\r\nx\r\n")
    oracle.now = 14.5
    oracle.ask(prolong)
    assert oracle.ask(b"mg k t\r\n") == b"HD t100\r\n"


def test_joined_and_counted_values_keep_their_exptime(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=10.0)
    oracle.ask(b"set k 0 50 1\r\n9\r\n")
    oracle.now = 20.0
    oracle.ask(b"append k 0 0 1\r\n9\r\nincr k 1\r\nincr k 0\r\n")
    assert oracle.ask(b"mg k t v\r\n") == b"VA 3 t40\r\n100\r\n"


def test_an_expired_item_is_nothing_to_any_command(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=10.0)
    for request, reply in (
        (b"get k\r\n", END),
        (b"touch k 0\r\n", b"NOT_FOUND\r\n"),
        (b"incr k 1\r\n", b"NOT_FOUND\r\n"),
        (b"delete k\r\n", b"NOT_FOUND\r\n"),
        (b"replace k 0 0 1\r\ny\r\n", b"NOT_STORED\r\n"),
        (b"cas k 0 0 1 1\r\ny\r\n", b"NOT_FOUND\r\n"),
        (b"me k\r\n", b"EN\r\n"),
        (b"md k\r\n", b"NF\r\n"),
        (b"ma k\r\n", b"NF\r\n"),
        (b"ms k 1 ME c\r\ny\r\n", b"HD c"),
        (b"mg k N0\r\n", b"HD W\r\n"),
    ):
        oracle.ask(b"set k 0 1 1\r\n1\r\n")
        expired = oracle.store.statistics().expired
        oracle.now += 1
        assert oracle.ask(request).startswith(reply), request
        assert oracle.store.statistics().expired == expired + 1
        oracle.ask(b"delete k\r\n")


# ---- flushing ----


def test_what_is_stored_before_a_flush_falls_due_goes_with_it(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=10.0)
    oracle.ask(b"set a 0 0 1\r\nx\r\nflush_all 10\r\n")
    oracle.now = 18.9
    oracle.ask(b"set b 0 0 1\r\nx\r\n")
    assert oracle.ask(b"mg a\r\nmg b\r\n") == b"HD\r\nHD\r\n"
    oracle.now = 19.0  # as on a server the tick before the due one is its last
    assert oracle.ask(b"mg a\r\nmg b\r\n") == b"EN\r\nEN\r\n"
    assert oracle.ask(b"set k 0 0 1\r\nx\r\nget k\r\n") == b"STORED\r\n" + END
    oracle.now = 20.0
    assert oracle.ask(b"set k 0 0 1\r\nx\r\nget k\r\n") == b"STORED\r\n" + HIT
    oracle.now = 1000.0
    assert oracle.ask(b"get k\r\n") == HIT
    assert oracle.store.statistics().flushed == 3


def test_a_flush_that_fell_due_unseen_spares_what_comes_after(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=10.0)
    oracle.ask(b"set a 0 0 1\r\nx\r\nflush_all 5\r\n")
    oracle.now = 500.0
    assert oracle.ask(b"set k 0 0 1\r\nx\r\nget k a\r\n") == b"STORED\r\n" + HIT


@pytest.mark.parametrize(
    ("second", "is_left"), [(b"100", True), (b"2", False), (b"0", False), (b"2592001", True)]
)
def test_a_second_flush_replaces_the_first(
    second: bytes, is_left: bool, new_store: Callable[..., StoreOracle]
) -> None:
    oracle = new_store(now=10.0)
    oracle.ask(b"set k 0 0 1\r\nx\r\nflush_all 10\r\n")
    oracle.ask(b"flush_all %b\r\n" % second)
    oracle.now = 30.0
    assert oracle.ask(b"get k\r\n") == (HIT if is_left else END)


def test_a_flush_at_a_date(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=100_000.0)
    oracle.unix_start = 1_700_000_000.0
    oracle.ask(b"set k 0 0 1\r\nx\r\nflush_all 1700100010\r\n")
    oracle.now += 8.5
    assert oracle.ask(b"get k\r\n") == HIT
    oracle.now += 2
    assert oracle.ask(b"get k\r\n") == END
    oracle.ask(b"set k 0 0 1\r\nx\r\nflush_all 1700100000\r\n")  # past, but after the clock's start: at once
    assert oracle.ask(b"get k\r\n") == END
    assert oracle.ask(b"set k 0 0 1\r\nx\r\nget k\r\n") == b"STORED\r\n" + HIT
