"""The constant that stands for the true cost of an item is measured here."""

import gc
import tracemalloc

import pytest

from proxy.protocol.parser import LineMemo, RequestParser
from proxy.store.dynamic import OVERHEAD, Dynamic
from proxy.store.executor import Executor
from proxy.store.lru import Lru
from proxy.store.store import Store

COUNT = 30_000


def test_the_overhead_is_about_what_an_item_truly_takes() -> None:
    store = Store(1 << 30, 1 << 20, Lru(), Dynamic(), "evict")
    executor = Executor(store)
    parser = RequestParser(LineMemo(), 1000)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(COUNT):
        (request,) = parser.receive(b"set key:%010d 1000 300 50\r\n%050d\r\n" % (number, number))
        executor.execute(request, 1000 + number * 0.01, 1.7e9)
    del request
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    statistics = store.statistics()
    assert statistics.items == COUNT
    assert statistics.memory_bytes == COUNT * (OVERHEAD + 14 + 50)
    # The limit must not be overrun by much; compiled code is leaner than the constant says.
    assert 0.95 < statistics.memory_bytes / taken < 1.5


def test_an_allocator_serves_one_store() -> None:
    allocator = Dynamic()
    Store(1000, 1000, Lru(), allocator, "evict")
    with pytest.raises(ValueError, match="one shelf"):
        Store(1000, 1000, Lru(), allocator, "evict")


def test_nothing_beyond_the_limit_is_given_out() -> None:
    allocator = Dynamic()
    allocator.limit = 100
    assert allocator.allocate(60)
    assert not allocator.allocate(41)
    assert allocator.used == 60
    assert allocator.allocate(40)
    allocator.release(60)
    assert allocator.used == 40
    allocator.cleared()
    assert allocator.used == 0
