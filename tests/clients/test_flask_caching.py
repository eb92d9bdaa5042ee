"""Flask-Caching: cached views and functions."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_caching import Cache

from tests.servers import Outrider


@pytest.fixture
def app(outrider: Outrider) -> Flask:
    app = Flask("tests.clients")
    app.config.update(
        CACHE_TYPE="MemcachedCache",
        CACHE_MEMCACHED_SERVERS=[f"127.0.0.1:{outrider.port}"],
        CACHE_KEY_PREFIX="app:",
        CACHE_DEFAULT_TIMEOUT=300,
    )
    return app


@pytest.fixture
def cache(app: Flask) -> Iterator[Cache]:
    cache = Cache(app)
    with app.app_context():
        yield cache


def test_a_view_is_rendered_once_per_query(app: Flask, cache: Cache) -> None:
    rendered: list[str] = []

    @app.route("/page")
    @cache.cached(timeout=100, query_string=True)
    def page() -> str:
        rendered.append("page")
        return f"rendered {len(rendered)} ä"

    browser = app.test_client()
    assert [browser.get("/page?a=1&b=2").text, browser.get("/page?b=2&a=1").text] == ["rendered 1 ä"] * 2
    assert browser.get("/page?a=2").text == "rendered 2 ä"


def test_a_memoized_function_is_called_once_until_forgotten(cache: Cache) -> None:
    calls: list[int] = []

    @cache.memoize(100)
    def square(number: int) -> int:
        calls.append(number)
        return number * number

    assert [square(3), square(4), square(3)] == [9, 16, 9]
    cache.delete_memoized(square, 3)
    assert [square(3), square(4)] == [9, 16]
    cache.delete_memoized(square)
    assert square(4) == 16
    assert calls == [3, 4, 3, 4]


def test_the_cache_is_at_hand_without_decorators(cache: Cache) -> None:
    assert cache.set("k", {"a": [1, 2]})
    assert cache.get("k") == {"a": [1, 2]}
    assert cache.has("k")
    assert not cache.has("nothing")
    assert not cache.add("k", "never")
    assert sorted(cache.set_many({"a": 1, "b": 2})) == ["a", "b"]
    assert cache.get_many("a", "nothing", "b") == [1, None, 2]
    assert cache.get_dict("a", "nothing") == {"a": 1, "nothing": None}
    assert cache.delete_many("a", "b")
    assert cache.clear()
    assert cache.get("k") is None
