"""pylibmc, which is libmemcached: in text mode, with the behaviors that change what goes over the wire."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pylibmc

from tests.clients.subject import Subject


class Pylibmc(Subject):
    refusals = (pylibmc.Error,)
    takes_server_errors = False
    behaviors: ClassVar[dict[str, Any]] = {}

    def __init__(self, port: int) -> None:
        self.client: Any = pylibmc.Client([f"127.0.0.1:{port}"], behaviors={"cas": True, **self.behaviors})

    def get(self, key: str) -> bytes | None:
        value: bytes | None = self.client.get(key)
        return value

    def set(self, key: str, value: bytes) -> bool:
        return bool(self.client.set(key, value))

    def delete(self, key: str) -> bool:
        return bool(self.client.delete(key))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        return dict(self.client.get_multi(keys))

    def set_many(self, values: Mapping[str, bytes]) -> list[str]:
        return list(self.client.set_multi(dict(values)))

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
        try:
            return int(self.client.incr(key, delta))
        except pylibmc.NotFound:
            return None

    def decr(self, key: str, delta: int) -> int | None:
        try:
            return int(self.client.decr(key, delta))
        except pylibmc.NotFound:
            return None

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
        ((_, stats),) = self.client.get_stats()
        version: bytes = stats["version"]
        return version.decode()

    def close(self) -> None:
        self.client.disconnect_all()


class PylibmcNonBlocking(Pylibmc):
    behaviors: ClassVar = {"no_block": True, "tcp_nodelay": True}


class PylibmcKetama(Pylibmc):
    """Its own ring in front of ours: with one server it has nothing to decide."""

    behaviors: ClassVar = {"ketama": True, "remove_failed": 2, "retry_timeout": 1, "dead_timeout": 1}


class PylibmcKetamaWeighted(Pylibmc):
    behaviors: ClassVar = {"ketama_weighted": True, "hash": "md5"}


class PylibmcNoReply(Pylibmc):
    """Without what the library itself cannot do so, also in front of a bare memcached.

    It makes up counters, does not read the reply to a touch, and does not come back from closing after stats.
    """

    tells = False
    behaviors: ClassVar = {"_noreply": True}
    incr = Subject.incr
    decr = Subject.decr
    touch = Subject.touch
    version = Subject.version
