"""The keys of one pool of nutcracker, read by kind."""

from collections.abc import Collection
from typing import Final, final

from proxy.config.paths import Path
from proxy.convert.draft import Draft
from proxy.convert.given import Given, Origin
from proxy.convert.source import Source, Trying, choose
from proxy.convert.toml import Value

#: nutcracker keeps numbers in an int.
_MOST: Final = 2**31 - 1


@final
class NutcrackerPool:
    """Each getter reports a value that is not of its kind, and goes on with the default.

    :ivar given: the keys that the file has
    :ivar place: where the pool stands
    """

    def __init__(self, pool: Given, source: Source) -> None:
        self.name: Final = str(pool.origin.path[-1])
        self.given: Final = pool.keys()
        self.place: Final = pool.origin
        self._source: Final = source

    def has(self, key: str) -> bool:
        return key in self.given

    def origin(self, key: str) -> Origin:
        """Where the key stands, or the pool where it does not."""
        return self.given[key].origin if key in self.given else self.place

    def refuse(self, key: str, message: str) -> None:
        self._source.refuse(self.origin(key), message)

    def refuse_missing(self, key: str) -> None:
        self._source.refuse(Origin((*self.place.path, key), self.place.line), "is missing")

    def text(self, key: str) -> str:
        """Of a key that the file has."""
        given = self.given[key]
        with self._source.trying(given.origin):
            return given.text()
        return ""

    def number(self, key: str, default: int) -> int:
        if key not in self.given:
            return default
        given = self.given[key]
        with self._source.trying(given.origin):
            text = given.text()
            if text.isdecimal() and text.isascii() and len(text) <= 10 and int(text) <= _MOST:
                return int(text)
            raise given.unexpected(f"a whole number up to {_MOST}")
        return default

    def flag(self, key: str) -> bool:
        """False where the file has none."""
        return self.choice(key, ("false", "true"), "false") == "true"

    def choice(self, key: str, options: Collection[str], default: str) -> str:
        if key in self.given:
            with self._source.trying(self.given[key].origin):
                return choose(self.given[key], options)
        return default

    def entries(self, key: str) -> list[Given]:
        with self._source.trying(self.origin(key)):
            return self.given[key].entries()
        return []

    def trying(self, given: Given) -> Trying:
        return self._source.trying(given.origin)

    def put_or_assume(self, draft: Draft, path: Path, value: Value, key: str, remark: str = "") -> None:
        """Set `path` because of `key`, or because of nutcracker's default for it."""
        if key in self.given:
            draft.put(path, value, self.given[key].origin, remark)
        else:
            draft.assume(path, value, f"nutcracker's default for {key}{remark and f': {remark}'}")
