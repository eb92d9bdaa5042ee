"""What frameworks put around the clients; values are pickled, or whatever else they do, on their side."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pylibmc
from django.core.cache import CacheHandler
from dogpile.cache import make_region
from dogpile.cache.api import NO_VALUE
from flask import Flask
from flask_caching import Cache
from pymemcache import MemcacheServerError

from tests.clients.subject import Subject


class DjangoPymemcache(Subject):
    """`set` says nothing: it deletes the key when it failed, as far as the library tells."""

    refusals = (MemcacheServerError,)
    backend: ClassVar[str] = "django.core.cache.backends.memcached.PyMemcacheCache"

    def __init__(self, port: int) -> None:
        self.client: Any = CacheHandler(
            {"default": {"BACKEND": self.backend, "LOCATION": f"127.0.0.1:{port}"}}
        )["default"]

    def get(self, key: str) -> bytes | None:
        value: bytes | None = self.client.get(key)
        return value

    def set(self, key: str, value: bytes) -> bool:
        self.client.set(key, value)
        return True

    def delete(self, key: str) -> bool:
        return bool(self.client.delete(key))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return dict(self.client.get_many(keys))

    def set_many(self, values: Mapping[str, bytes]) -> list[str]:
        return list(self.client.set_many(values))

    def delete_many(self, keys: Sequence[str]) -> None:
        self.client.delete_many(keys)

    def set_for(self, key: str, value: bytes, seconds: int) -> None:
        self.client.set(key, value, timeout=seconds)

    def add(self, key: str, value: bytes) -> bool:
        return bool(self.client.add(key, value))

    def count_from(self, key: str, start: int) -> None:
        self.client.set(key, start)

    def incr(self, key: str, delta: int) -> int | None:
        try:
            return int(self.client.incr(key, delta))
        except ValueError:
            return None

    def decr(self, key: str, delta: int) -> int | None:
        try:
            return int(self.client.decr(key, delta))
        except ValueError:
            return None

    def touch(self, key: str, seconds: int) -> bool:
        return bool(self.client.touch(key, seconds))

    def flush_all(self) -> None:
        self.client.clear()

    def close(self) -> None:
        self.client.close()


class DjangoPylibmc(DjangoPymemcache):
    refusals = (pylibmc.Error,)
    takes_server_errors = False
    backend = "django.core.cache.backends.memcached.PyLibMCCache"


class DogpilePymemcache(Subject):
    """A region over memcached; writes say nothing."""

    tells = False
    refusals = (MemcacheServerError,)
    backend: ClassVar[str] = "dogpile.cache.pymemcache"

    def __init__(self, port: int) -> None:
        self.client: Any = make_region().configure(
            self.backend,
            arguments={"url": [f"127.0.0.1:{port}"], "distributed_lock": True, "lock_timeout": 30},
        )

    def get(self, key: str) -> bytes | None:
        value: Any = self.client.get(key)
        return None if value is NO_VALUE else value

    def set(self, key: str, value: bytes) -> bool:
        self.client.set(key, value)
        return True

    def delete(self, key: str) -> bool:
        self.client.delete(key)
        return True

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        values = self.client.get_multi(list(keys))
        return {key: value for key, value in zip(keys, values, strict=True) if value is not NO_VALUE}

    def set_many(self, values: Mapping[str, bytes]) -> list[str]:
        self.client.set_multi(dict(values))
        return []

    def delete_many(self, keys: Sequence[str]) -> None:
        self.client.delete_multi(list(keys))

    def close(self) -> None:
        self.client.backend.client.close()


class DogpilePylibmc(DogpilePymemcache):
    refusals = (pylibmc.Error,)
    takes_server_errors = False
    backend = "dogpile.cache.pylibmc"

    def close(self) -> None:
        self.client.backend.client.disconnect_all()


class FlaskCaching(Subject):
    """Takes the first library that it finds, which is pylibmc. Its counters are a get and a set."""

    refusals = (pylibmc.Error,)
    takes_server_errors = False

    def __init__(self, port: int) -> None:
        self.app = Flask("tests.clients")
        self._cache = Cache()
        self._cache.init_app(
            self.app,
            config={"CACHE_TYPE": "MemcachedCache", "CACHE_MEMCACHED_SERVERS": [f"127.0.0.1:{port}"]},
        )
        with self.app.app_context():
            self.client: Any = self._cache.cache

    def get(self, key: str) -> bytes | None:
        value: bytes | None = self.client.get(key)
        return value

    def set(self, key: str, value: bytes) -> bool:
        return bool(self.client.set(key, value))

    def delete(self, key: str) -> bool:
        return bool(self.client.delete(key))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return {key: value for key, value in self.client.get_dict(*keys).items() if value is not None}

    def set_many(self, values: Mapping[str, bytes]) -> list[str]:
        return sorted(set(values) - set(self.client.set_many(values)))

    def delete_many(self, keys: Sequence[str]) -> None:
        self.client.delete_many(*keys)

    def set_for(self, key: str, value: bytes, seconds: int) -> None:
        self.client.set(key, value, timeout=seconds)

    def add(self, key: str, value: bytes) -> bool:
        return bool(self.client.add(key, value))

    def count_from(self, key: str, start: int) -> None:
        self.client.set(key, start)

    def incr(self, key: str, delta: int) -> int | None:
        number: int | None = self.client.inc(key, delta)
        return number

    def decr(self, key: str, delta: int) -> int | None:
        number: int | None = self.client.dec(key, delta)
        return number

    def flush_all(self) -> None:
        self.client.clear()

    def close(self) -> None:
        with self.client._client_context() as connection:
            connection.disconnect_all()
