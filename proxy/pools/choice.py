"""From a key to where its call goes: the ring chooses the backend, the key's hash one of its connections."""

import zlib
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from proxy.ring import HashTag, Memo, Placement, Ring

_MEMO_LIMIT: Final = 16384  # keys, as the ring's own

S = TypeVar("S")


def choose_by_key(ring: Ring, sinks: Sequence[Sequence[S]], hash_tag: str) -> Callable[[bytes], S]:
    """A function from a key to its sink.

    :param sinks: for each node of the ring the sinks it has: all operations on a key go to the same one
    :param hash_tag: two characters, or empty
    """
    tag = HashTag(hash_tag) if hash_tag else None
    if all(len(group) == 1 for group in sinks):
        return Placement(ring, [group[0] for group in sinks], tag).find
    return _choose_connection(Placement(ring, sinks, tag).find)


def _choose_connection(find: Callable[[bytes], Sequence[S]]) -> Callable[[bytes], S]:
    memo: Memo[S] = Memo(_MEMO_LIMIT)

    def choose(key: bytes) -> S:
        sink = memo.get(key)
        if sink is None:
            group = find(key)
            # Not the ring's hash: the keys of one backend share parts of the ring, which would skew the choice.
            sink = group[zlib.crc32(key) % len(group)]
            memo.remember(key, sink)
        return sink

    return choose
