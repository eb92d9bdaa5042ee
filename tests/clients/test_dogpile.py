"""dogpile.cache: one creator at a time, with a lock that lies in the cache."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from dogpile.cache import make_region
from dogpile.cache.api import NO_VALUE

from tests.servers import Outrider

BACKENDS = ["dogpile.cache.pymemcache", "dogpile.cache.pylibmc"]


@contextlib.contextmanager
def connected(backend: str, outrider: Outrider) -> Iterator[Any]:
    """A region of this thread. It has no end of its own, but the client of the thread has one."""
    region = make_region().configure(
        backend,
        expiration_time=600,
        arguments={
            "url": [f"127.0.0.1:{outrider.port}"],
            "distributed_lock": True,
            "lock_timeout": 30,
            "memcached_expire_time": 1000,
        },
    )
    try:
        yield region
    finally:
        client = region.backend.client
        (client.close if hasattr(client, "close") else client.disconnect_all)()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def region(backend: str, outrider: Outrider) -> Iterator[Any]:
    with connected(backend, outrider) as region:
        yield region


def test_a_value_is_created_once_and_then_found(region: Any) -> None:
    created = count(1)
    assert [region.get_or_create("k", lambda: next(created)) for _ in range(3)] == [1, 1, 1]
    region.invalidate()
    assert region.get_or_create("k", lambda: next(created)) == 2
    region.delete("k")
    assert region.get("k") is NO_VALUE


def test_of_many_threads_one_creates_the_value_and_all_get_it(backend: str, outrider: Outrider) -> None:
    created = count(1)
    start = threading.Barrier(4)

    def work(_: int) -> object:
        with connected(backend, outrider) as mine:  # as in a process of its own: only the cache is shared
            start.wait(10)
            return mine.get_or_create("k", lambda: next(created))

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [1, 1, 1, 1]
    assert next(created) == 2


def test_the_lock_has_one_holder_and_is_given_back(region: Any, backend: str, outrider: Outrider) -> None:
    with connected(backend, outrider) as other:
        mine, theirs = region.backend.get_mutex("k"), other.backend.get_mutex("k")
        assert mine.acquire(wait=False)
        assert not theirs.acquire(wait=False)
        assert theirs.locked()
        mine.release()
        assert theirs.acquire(wait=False)
        theirs.release()
        assert not mine.locked()


def test_missing_ones_of_many_are_created_together(region: Any) -> None:
    region.set("k1", "there")
    keys = [f"k{number}" for number in range(5)]
    asked: list[str] = []

    def create(*missing: str) -> list[str]:
        asked.extend(missing)
        return [f"made {key}" for key in missing]

    assert region.get_or_create_multi(keys, create) == ["made k0", "there", "made k2", "made k3", "made k4"]
    assert sorted(asked) == ["k0", "k2", "k3", "k4"]
    assert region.get_multi([*keys, "nothing"])[-2:] == ["made k4", NO_VALUE]


def test_a_decorated_function_is_called_once_per_argument(region: Any) -> None:
    calls: list[int] = []

    @region.cache_on_arguments()  # type: ignore[untyped-decorator]
    def square(number: int) -> int:
        calls.append(number)
        return number * number

    assert [square(3), square(4), square(3)] == [9, 16, 9]
    assert calls == [3, 4]
    square.invalidate(3)
    assert square(3) == 9
    assert calls == [3, 4, 3]
