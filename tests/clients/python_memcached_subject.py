"""python-memcached, in pure Python."""

from collections.abc import Mapping, Sequence
from typing import Any

import memcache

from tests.clients.subject import Subject


class PythonMemcached(Subject):
    def __init__(self, port: int) -> None:
        self.client: Any = memcache.Client([f"127.0.0.1:{port}"], cache_cas=True, socket_timeout=10)

    def get(self, key: str) -> bytes | None:
        value: bytes | None = self.client.get(key)
        return value

    def set(self, key: str, value: bytes) -> bool:
        return bool(self.client.set(key, value))

    def delete(self, key: str) -> bool:
        # 1 also when there was nothing; `delete_multi` is alike.
        return bool(self.client.delete(key))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return dict(self.client.get_multi(keys))

    def set_many(self, values: Mapping[str, bytes]) -> list[str]:
        return list(self.client.set_multi(values))

    def delete_many(self, keys: Sequence[str]) -> None:
        self.client.delete_multi(keys)

    def set_for(self, key: str, value: bytes, seconds: int) -> None:
        self.client.set(key, value, time=seconds)

    def add(self, key: str, value: bytes) -> bool:
        return bool(self.client.add(key, value))

    def replace(self, key: str, value: bytes) -> bool:
        return bool(self.client.replace(key, value))

    def append(self, key: str, value: bytes) -> bool:
        return bool(self.client.append(key, value))

    def prepend(self, key: str, value: bytes) -> bool:
        return bool(self.client.prepend(key, value))

    def count_from(self, key: str, start: int) -> None:
        self.client.set(key, start)

    def incr(self, key: str, delta: int) -> int | None:
        number: int | None = self.client.incr(key, delta)
        return number

    def decr(self, key: str, delta: int) -> int | None:
        number: int | None = self.client.decr(key, delta)
        return number

    def touch(self, key: str, seconds: int) -> bool:
        return bool(self.client.touch(key, seconds))

    def gets(self, key: str) -> tuple[bytes | None, object]:
        # It keeps the cas unique itself.
        return self.client.gets(key), None

    def cas(self, key: str, value: bytes, unique: object) -> bool:
        assert unique is None
        return bool(self.client.cas(key, value))

    def flush_all(self) -> None:
        self.client.flush_all()

    def version(self) -> str:
        ((_, stats),) = self.client.get_stats()
        return str(stats["version"])

    def close(self) -> None:
        self.client.disconnect_all()
