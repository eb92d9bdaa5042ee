"""Django's two memcached backends, through the interface that applications use."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pylibmc
import pytest
from django.core.cache import CacheHandler
from django.core.cache.backends.base import InvalidCacheKey
from pymemcache import MemcacheServerError

from tests.servers import Outrider

BACKENDS = ["PyMemcacheCache", "PyLibMCCache"]


def connect(name: str, outrider: Outrider, **settings: object) -> Any:
    backend = f"django.core.cache.backends.memcached.{name}"
    return CacheHandler(
        {"default": {"BACKEND": backend, "LOCATION": f"127.0.0.1:{outrider.port}", **settings}}
    )["default"]


@pytest.fixture(params=BACKENDS)
def cache(request: pytest.FixtureRequest, outrider: Outrider) -> Iterator[Any]:
    with closing(connect(request.param, outrider)) as cache:
        yield cache


def test_a_timeout_of_none_is_for_ever_and_of_zero_is_no_time(cache: Any) -> None:
    cache.set("ever", 1, timeout=None)
    cache.set("never", 1, timeout=0)
    cache.set("long", 1, timeout=60 * 60 * 24 * 90)  # sent as a point in time
    assert cache.get_many(["ever", "never", "long"]) == {"ever": 1, "long": 1}
    assert cache.touch("ever", timeout=0)
    assert not cache.touch("ever")
    assert cache.get("ever") is None
    assert cache.touch("long", timeout=None)
    assert cache.get("long") == 1


def test_versions_of_a_key_are_apart(cache: Any) -> None:
    cache.set("k", "one", version=1)
    cache.set("k", "two", version=2)
    assert (cache.get("k"), cache.get("k", version=2), cache.get("k", version=3)) == ("one", "two", None)
    assert cache.incr_version("k", version=2) == 3
    assert (cache.get("k", version=2), cache.get("k", version=3)) == (None, "two")


def test_add_stores_once_and_get_or_set_asks_once(cache: Any) -> None:
    assert cache.add("k", 1)
    assert not cache.add("k", 2)
    assert cache.get_or_set("k", lambda: 3) == 1
    assert cache.get_or_set("new", lambda: 4) == 4
    assert "new" in cache
    assert "nothing" not in cache


def test_counters_count_both_ways_and_miss(cache: Any) -> None:
    cache.set("n", 10)
    assert (cache.incr("n"), cache.incr("n", 5), cache.decr("n", 4), cache.incr("n", -2)) == (11, 16, 12, 10)
    for verb in (cache.incr, cache.decr):
        with pytest.raises(ValueError, match="not found"):
            verb("nothing")


def test_many_at_a_time_are_set_found_and_deleted(cache: Any) -> None:
    values = {f"k{number}": {"number": number} for number in range(300)}
    assert cache.set_many(values) == []
    assert cache.get_many([*values, "nothing"]) == values
    cache.delete_many(list(values)[:100])
    assert len(cache.get_many(values)) == 200
    cache.clear()
    assert cache.get_many(values) == {}


@pytest.mark.parametrize("name", BACKENDS)
def test_settings_of_the_application_are_kept(name: str, outrider: Outrider) -> None:
    with closing(connect(name, outrider, KEY_PREFIX="app", VERSION=7, TIMEOUT=0)) as cache:
        cache.set("k", 1)
        assert cache.get("k") is None
        cache.set("k", 1, timeout=100)
        assert cache.get("k") == 1
    with closing(connect(name, outrider)) as other:
        assert other.get("k") is None


@pytest.mark.parametrize(
    ("name", "refusal"), [("PyMemcacheCache", MemcacheServerError), ("PyLibMCCache", pylibmc.TooBig)]
)
def test_a_value_too_large_is_an_error_and_takes_the_old_one_with_it(
    name: str, refusal: type[Exception], outrider: Outrider
) -> None:
    with closing(connect(name, outrider)) as cache:
        cache.set("k", "old")
        with pytest.raises(refusal):
            cache.set("k", "x" * 2 * 1024 * 1024)
        assert cache.get("k") is None
        cache.set("k", "new")
        assert cache.get("k") == "new"


def test_a_key_that_memcached_would_refuse_never_leaves_django(cache: Any) -> None:
    for key in ("with space", "x" * 260):
        with pytest.raises(InvalidCacheKey):
            cache.set(key, 1)


def test_the_end_of_a_request_closes_nothing_that_is_needed(cache: Any) -> None:
    cache.set("k", 1)
    cache.close()
    assert cache.get("k") == 1
