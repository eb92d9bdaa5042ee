"""From a key to where its call goes."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from proxy.ring import HashTag, Placement, Ring

S = TypeVar("S")


def choose_by_key(ring: Ring, sinks: Sequence[S], hash_tag: str) -> Callable[[bytes], S]:
    """A function from a key to its sink.

    :param sinks: one for each node of the ring
    :param hash_tag: two characters, or empty
    """
    return Placement(ring, sinks, HashTag(hash_tag) if hash_tag else None).find
