"""pymemcache: one connection, a pool of them, and its own hashing with Outrider as the only server."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pymemcache import Client, HashClient, MemcacheServerError, PooledClient

from tests.clients.subject import Subject


class Pymemcache(Subject):
    """As it comes: every write is sent with ``noreply``."""

    tells = False
    refusals = (MemcacheServerError,)
    kind: ClassVar[Any] = Client
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, port: int) -> None:
        self.client = self.kind(self.server(port), timeout=10, **self.options)

    def server(self, port: int) -> Any:
        return ("127.0.0.1", port)

    def get(self, key: str) -> bytes | None:
        value: bytes | None = self.client.get(key)
        return value

    def set(self, key: str, value: bytes) -> bool:
        return bool(self.client.set(key, value))

    def delete(self, key: str) -> bool:
        return bool(self.client.delete(key))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return dict(self.client.get_many(keys))

    def set_many(self, values: Mapping[str, bytes]) -> list[str]:
        return list(self.client.set_many(values))

    def delete_many(self, keys: Sequence[str]) -> None:
        self.client.delete_many(keys)

    def set_for(self, key: str, value: bytes, seconds: int) -> None:
        self.client.set(key, value, expire=seconds)

    def add(self, key: str, value: bytes) -> bool:
        return bool(self.client.add(key, value))

    def replace(self, key: str, value: bytes) -> bool:
        return bool(self.client.replace(key, value))

    def append(self, key: str, value: bytes) -> bool:
        return bool(self.client.append(key, value))

    def prepend(self, key: str, value: bytes) -> bool:
        return bool(self.client.prepend(key, value))

    def count_from(self, key: str, start: int) -> None:
        self.client.set(key, str(start))

    def incr(self, key: str, delta: int) -> int | None:
        number: int | None = self.client.incr(key, delta)
        return number

    def decr(self, key: str, delta: int) -> int | None:
        number: int | None = self.client.decr(key, delta)
        return number

    def touch(self, key: str, seconds: int) -> bool:
        return bool(self.client.touch(key, seconds))

    def gets(self, key: str) -> tuple[bytes | None, object]:
        value, unique = self.client.gets(key)
        return value, unique

    def cas(self, key: str, value: bytes, unique: object) -> bool:
        return bool(self.client.cas(key, value, unique))

    def flush_all(self) -> None:
        self.client.flush_all()

    def version(self) -> str:
        version: bytes = self.client.version()
        return version.decode()

    def close(self) -> None:
        self.client.close()


class PymemcacheWithReplies(Pymemcache):
    tells = True
    options: ClassVar = {"default_noreply": False}


class PymemcachePooled(Pymemcache):
    tells = True
    kind = PooledClient
    options: ClassVar = {"default_noreply": False, "max_pool_size": 4, "no_delay": True}


class PymemcacheHash(Pymemcache):
    kind = HashClient

    def server(self, port: int) -> Any:
        return [f"127.0.0.1:{port}"]

    def version(self) -> str:
        (client,) = self.client.clients.values()
        version: bytes = client.version()
        return version.decode()


class PymemcacheHashPooled(PymemcacheHash):
    tells = True
    options: ClassVar = {"default_noreply": False, "use_pooling": True}
