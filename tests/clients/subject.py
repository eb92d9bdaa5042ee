"""What the contract asks of a client library: one interface in front of all of them.

A library takes part in a contract with the verbs that it has: those its adapter overrides.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self


class Subject:
    """A client library, connected to one address.

    :cvar tells: whether writes say how they ended; with ``noreply`` they do not
    :cvar refusals: what the library raises for a value that it or the server refuses
    :cvar takes_server_errors: whether an error in reply to one key leaves the others alone. libmemcached before 1.1
        gives the whole server up until its ``retry_timeout`` is over; emcache waits for the rest of the reply
    """

    tells: ClassVar[bool] = True
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    takes_server_errors: ClassVar[bool] = True

    def __init__(self, port: int) -> None:
        raise NotImplementedError

    @classmethod
    def can(cls, *verbs: str) -> bool:
        """Whether it has all of these verbs."""
        return all(getattr(cls, verb) is not getattr(Subject, verb) for verb in verbs)

    def get(self, key: str) -> bytes | None:
        raise NotImplementedError

    def set(self, key: str, value: bytes) -> bool:
        raise NotImplementedError

    def delete(self, key: str) -> bool:
        raise NotImplementedError

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Those that are there."""
        raise NotImplementedError

    def set_many(self, values: Mapping[str, bytes]) -> list[str]:
        """The keys that were not stored."""
        raise NotImplementedError

    def delete_many(self, keys: Sequence[str]) -> None:
        raise NotImplementedError

    def set_for(self, key: str, value: bytes, seconds: int) -> None:
        raise NotImplementedError

    def add(self, key: str, value: bytes) -> bool:
        raise NotImplementedError

    def replace(self, key: str, value: bytes) -> bool:
        raise NotImplementedError

    def append(self, key: str, value: bytes) -> bool:
        raise NotImplementedError

    def prepend(self, key: str, value: bytes) -> bool:
        raise NotImplementedError

    def count_from(self, key: str, start: int) -> None:
        """Store a number as this library wants it to count on."""
        raise NotImplementedError

    def incr(self, key: str, delta: int) -> int | None:
        """The new number, or None if there is none."""
        raise NotImplementedError

    def decr(self, key: str, delta: int) -> int | None:
        raise NotImplementedError

    def touch(self, key: str, seconds: int) -> bool:
        raise NotImplementedError

    def gets(self, key: str) -> tuple[bytes | None, object]:
        """The value and its cas unique."""
        raise NotImplementedError

    def cas(self, key: str, value: bytes, unique: object) -> bool:
        raise NotImplementedError

    def flush_all(self) -> None:
        raise NotImplementedError

    def version(self) -> str:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
