"""From a key straight to the object that serves it: what the data plane asks for every key."""

from collections.abc import Sequence
from typing import Generic, TypeVar, final

from proxy.ring.hash_tag import HashTag
from proxy.ring.memo import DEFAULT_MEMO_LIMIT, Memo, MemoStatistics
from proxy.ring.ring import NodeShare, Ring

T = TypeVar("T")


@final
class Placement(Generic[T]):
    """A ring whose nodes are objects.

    ring: places the keys.
    targets: the object for each of the ring's nodes, in the ring's order, none of them None. Raises `ValueError` when
        there are more or fewer than the ring has nodes.
    hash_tag: which part of a key is hashed; None hashes the whole key.
    memo_limit: how many keys to remember, at least 1.

    When the nodes change, build another placement and drop this one: nothing in it can become stale.
    """

    __slots__ = ("_found", "_hash_tag", "_memo", "_only", "_ring", "_targets")

    def __init__(
        self,
        ring: Ring,
        targets: Sequence[T],
        hash_tag: HashTag | None = None,
        memo_limit: int = DEFAULT_MEMO_LIMIT,
    ) -> None:
        if len(targets) != ring.node_count:
            raise ValueError(f"{len(targets)} targets for a ring of {ring.node_count} nodes")
        self._ring = ring
        self._targets: tuple[T, ...] = tuple(targets)
        self._hash_tag = hash_tag
        self._memo: Memo[T] = Memo(memo_limit)
        self._found = self._memo.found
        self._only: T | None = self._targets[0] if len(self._targets) == 1 else None

    def find(self, key: bytes) -> T:
        """The target that `key` belongs to. Never fails."""
        only = self._only
        if only is not None:
            return only
        found = self._found.get(key)
        if found is None:
            tag = self._hash_tag
            found = self._targets[self._ring.locate(key if tag is None else tag.hashed_part(key))]
            self._memo.remember(key, found)
        return found

    def shares(self) -> tuple[NodeShare, ...]:
        """The ring's statistics, one entry per target."""
        return self._ring.statistics()

    def statistics(self) -> MemoStatistics:
        return self._memo.statistics()
