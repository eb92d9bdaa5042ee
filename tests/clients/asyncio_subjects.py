"""The asyncio clients, each on a loop of its own that runs while a verb does."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import aiomcache
import emcache

from tests.clients.subject import Subject

T = TypeVar("T")


async def _result(awaitable: Awaitable[T]) -> T:
    return await awaitable


class Aiomcache(Subject):
    refusals = (aiomcache.exceptions.ClientException,)

    def __init__(self, port: int) -> None:
        self._runner = asyncio.Runner()
        self.client = aiomcache.Client("127.0.0.1", port)

    def run(self, awaitable: Awaitable[T]) -> T:
        return self._runner.run(_result(awaitable))

    def get(self, key: str) -> bytes | None:
        return self.run(self.client.get(key.encode()))

    def set(self, key: str, value: bytes) -> bool:
        return self.run(self.client.set(key.encode(), value))

    def delete(self, key: str) -> bool:
        return self.run(self.client.delete(key.encode()))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        values = self.run(self.client.multi_get(*[key.encode() for key in keys]))
        return {key: value for key, value in zip(keys, values, strict=True) if value is not None}

    def set_for(self, key: str, value: bytes, seconds: int) -> None:
        self.run(self.client.set(key.encode(), value, exptime=seconds))

    def add(self, key: str, value: bytes) -> bool:
        return self.run(self.client.add(key.encode(), value))

    def replace(self, key: str, value: bytes) -> bool:
        return self.run(self.client.replace(key.encode(), value))

    def append(self, key: str, value: bytes) -> bool:
        return self.run(self.client.append(key.encode(), value))

    def prepend(self, key: str, value: bytes) -> bool:
        return self.run(self.client.prepend(key.encode(), value))

    def count_from(self, key: str, start: int) -> None:
        self.set(key, b"%d" % start)

    def incr(self, key: str, delta: int) -> int | None:
        try:
            return self.run(self.client.incr(key.encode(), delta))
        except aiomcache.exceptions.ClientException:
            return None

    def decr(self, key: str, delta: int) -> int | None:
        try:
            return self.run(self.client.decr(key.encode(), delta))
        except aiomcache.exceptions.ClientException:
            return None

    def touch(self, key: str, seconds: int) -> bool:
        return self.run(self.client.touch(key.encode(), seconds))

    def gets(self, key: str) -> tuple[bytes | None, object]:
        return self.run(self.client.gets(key.encode()))

    def cas(self, key: str, value: bytes, unique: object) -> bool:
        assert isinstance(unique, int)
        return self.run(self.client.cas(key.encode(), value, unique))

    def flush_all(self) -> None:
        self.run(self.client.flush_all())

    def version(self) -> str:
        return self.run(self.client.version()).decode()

    def close(self) -> None:
        self.run(self.client.close())
        self._runner.close()


class Emcache(Subject):
    refusals = (emcache.StorageCommandError,)
    takes_server_errors = False
    autobatching = False

    def __init__(self, port: int) -> None:
        self._runner = asyncio.Runner()
        self.address = emcache.MemcachedHostAddress("127.0.0.1", port)
        self.client = self.run(
            emcache.create_client([self.address], timeout=10.0, autobatching=self.autobatching)
        )

    def run(self, awaitable: Awaitable[T]) -> T:
        return self._runner.run(_result(awaitable))

    def _did(self, awaitable: Awaitable[object]) -> bool:
        try:
            self.run(awaitable)
        except (emcache.NotStoredStorageCommandError, emcache.NotFoundCommandError):
            return False
        return True

    def get(self, key: str) -> bytes | None:
        item = self.run(self.client.get(key.encode()))
        return None if item is None else item.value

    def set(self, key: str, value: bytes) -> bool:
        return self._did(self.client.set(key.encode(), value))

    def delete(self, key: str) -> bool:
        return self._did(self.client.delete(key.encode()))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        items = self.run(self.client.get_many([key.encode() for key in keys]))
        return {key.decode(): item.value for key, item in items.items()}

    def set_for(self, key: str, value: bytes, seconds: int) -> None:
        self.run(self.client.set(key.encode(), value, exptime=seconds))

    def add(self, key: str, value: bytes) -> bool:
        return self._did(self.client.add(key.encode(), value))

    def replace(self, key: str, value: bytes) -> bool:
        return self._did(self.client.replace(key.encode(), value))

    def append(self, key: str, value: bytes) -> bool:
        return self._did(self.client.append(key.encode(), value))

    def prepend(self, key: str, value: bytes) -> bool:
        return self._did(self.client.prepend(key.encode(), value))

    def count_from(self, key: str, start: int) -> None:
        self.set(key, b"%d" % start)

    def incr(self, key: str, delta: int) -> int | None:
        try:
            return self.run(self.client.increment(key.encode(), delta))
        except emcache.NotFoundCommandError:
            return None

    def decr(self, key: str, delta: int) -> int | None:
        try:
            return self.run(self.client.decrement(key.encode(), delta))
        except emcache.NotFoundCommandError:
            return None

    def touch(self, key: str, seconds: int) -> bool:
        return self._did(self.client.touch(key.encode(), seconds))

    def gets(self, key: str) -> tuple[bytes | None, object]:
        item = self.run(self.client.gets(key.encode()))
        return (None, None) if item is None else (item.value, item.cas)

    def cas(self, key: str, value: bytes, unique: object) -> bool:
        assert isinstance(unique, int)
        try:
            self.run(self.client.cas(key.encode(), value, unique))
        except emcache.StorageCommandError:
            return False
        return True

    def flush_all(self) -> None:
        self.run(self.client.flush_all(self.address))

    def version(self) -> str:
        return str(self.run(self.client.version(self.address)))

    def close(self) -> None:
        self.run(self.client.close())
        self._runner.close()


class EmcacheBatching(Emcache):
    """Gathers the gets of one turn of the loop in a multi-get."""

    autobatching = True
