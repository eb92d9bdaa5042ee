"""A bounded memory of what belongs to which key.

A ring's answer for a key never changes, so a repeated key need not be hashed and searched again: measured with 100
ketama nodes (CPython 3.11), 0.9 µs for a first lookup and 0.07 µs for a repeated one.

At its limit the memo forgets everything. Keeping the recently used half instead (two generations) raised the share of
hits by 4 points of 100 under Zipf-distributed keys, and lost as much with a working set a little under the limit;
neither moved the mean time of a lookup by more than 0.02 µs, for a miss costs so little. Dropping the oldest key,
one by one, was slower than having no memo: each search for the oldest one walks over the holes the others left.
Clearing 16384 keys takes about 0.2 ms, once per 16384 misses.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final

T = TypeVar("T")

DEFAULT_MEMO_LIMIT: Final = 16384  # keys; 6 MB if all have the greatest length of 250 bytes, 2 MB at 20 bytes


@final
@dataclass(frozen=True, slots=True)
class MemoStatistics:
    """keys: remembered now. limit: the most it holds. remembered: since the start. clears: times it forgot everything.

    Hits are not counted, as that would cost a sixth of a hit: they are the lookups less `remembered`.
    """

    keys: int
    limit: int
    remembered: int
    clears: int


@final
class Memo(Generic[T]):
    """Keys and what was found for them; at most `limit` (≥ 1, else `ValueError`) keys.

    :ivar found: to look up directly where a call would cost as much as the look-up; written to here alone
    """

    __slots__ = ("_clears", "_limit", "_remembered", "found")

    def __init__(self, limit: int = DEFAULT_MEMO_LIMIT) -> None:
        if limit < 1:
            raise ValueError(f"a memo of {limit} keys cannot remember anything")
        self._limit = limit
        self.found: dict[bytes, T] = {}
        self._remembered = 0
        self._clears = 0

    def get(self, key: bytes) -> T | None:
        """What was remembered for `key`, or None."""
        return self.found.get(key)

    def remember(self, key: bytes, found: T) -> None:
        """Keep `found`, which must not be None, for `key`, which must not be remembered yet."""
        if len(self.found) >= self._limit:
            self.found.clear()
            self._clears += 1
        self.found[key] = found
        self._remembered += 1

    def statistics(self) -> MemoStatistics:
        return MemoStatistics(
            keys=len(self.found), limit=self._limit, remembered=self._remembered, clears=self._clears
        )
