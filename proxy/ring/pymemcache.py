"""The `pymemcache` distribution: the rendezvous of pymemcache's `HashClient`.

The algorithm is that of `pymemcache/client/rendezvous.py` and `murmur3.py`: the node whose string "<identity>-<key>" has
the highest MurmurHash3 (32 bits, seed 0) wins, and among equals the greatest identity. The identity is the node's name,
else "host:port" whatever the port is, or the path of a Unix socket. Weights are left out of account, as there.

That hash is over characters, the low eight bits of each. So it depends on what the application hands over as a key, which
the wire does not tell:

- `str`: the characters, as the wire's UTF-8 decodes to them. A key that is not UTF-8 cannot have been one.
- `bytes`: pymemcache formats the key into a string, and so hashes its `repr`, the characters b'…'.

Theory of operation. Hashing a key for every node takes 2.1 µs each in Python (20 bytes), with 100 nodes 210 µs. Two
things are done about it. The blocks of a node's prefix are hashed once, when the ring is built. And nodes whose prefixes
leave the same number of characters for the block that the key completes, four groups at most, are hashed side by side: one
big integer has a lane of 64 bits for each of them, the hash in its lower half, and one operation on the integer is one
step of all lanes. No operation here carries into the next lane, as 32 bits times 32 bits are 64. It takes 18 µs with
100 nodes and 7 µs with 10 (bench/rings.py, CPython 3.11).
"""

from collections.abc import Callable, Sequence
from functools import partial
from struct import Struct
from typing import Final, final

from proxy.ring.identity import plain_identity
from proxy.ring.node import Node
from proxy.ring.ring import Explanation, NodeShare, checked, runner_up

_LANE: Final = 64  # bits
_MASK: Final = 0xFFFFFFFF
_BLOCK: Final = 4  # characters
_WORD: Final = Struct("<I")
_FACTOR_1: Final = 0xCC9E2D51
_FACTOR_2: Final = 0x1B873593
_ADDEND: Final = 0xE6546B64
_FINAL_1: Final = 0x85EBCA6B
_FINAL_2: Final = 0xC2B2AE35

Characters = Callable[[bytes], bytes]
"""From a key on the wire to the characters that pymemcache hashed, the low eight bits of each."""


def str_characters(key: bytes) -> bytes:
    """Those of the `str` that is on the wire as `key`; where there is none, those of the `bytes`."""
    if key.isascii():
        return key
    try:
        return bytes(ord(character) & 0xFF for character in key.decode())
    except UnicodeDecodeError:
        return bytes_characters(key)


def bytes_characters(key: bytes) -> bytes:
    """Those of a `bytes` key formatted into a string: b'…'."""
    return repr(key).encode()


@final
class PymemcacheRing:
    """Raises `ValueError` without nodes."""

    __slots__ = ("_by_rank", "_characters", "_groups", "node_count", "nodes")

    def __init__(self, nodes: Sequence[Node], characters: Characters = str_characters) -> None:
        self.nodes: Final = checked(nodes)
        self.node_count: Final = len(nodes)
        self._characters = characters
        identities = [plain_identity(node) for node in nodes]
        # Nodes go by their rank, so that of two with the same hash the greater identity compares as greater.
        self._by_rank = sorted(range(len(nodes)), key=lambda index: identities[index])
        prefixes: list[dict[int, bytes]] = [{} for _ in range(_BLOCK)]
        for rank in range(len(nodes) - 1, -1, -1):
            prefix = bytes(ord(character) & 0xFF for character in f"{identities[self._by_rank[rank]]}-")
            prefixes[len(prefix) % _BLOCK][rank] = prefix
        self._groups = [_Lanes(phase, group) for phase, group in enumerate(prefixes) if group]

    def locate(self, key: bytes) -> int:
        return self._best(key)[1]

    def explain(self, key: bytes) -> Explanation:
        highest, node = self._best(key)
        rebuild = partial(PymemcacheRing, characters=self._characters)
        return Explanation(node, highest, None, runner_up(rebuild, self.nodes, node, key))

    def statistics(self) -> tuple[NodeShare, ...]:
        return (NodeShare(0, 1 / self.node_count),) * self.node_count

    def _best(self, key: bytes) -> tuple[int, int]:
        characters = self._characters(key)
        highest, rank = max([lanes.best(characters) for lanes in self._groups])
        return highest, self._by_rank[rank]


@final
class _Lanes:
    """The nodes of one group, hashed side by side.

    phase: how many characters of a block their prefixes leave to be completed, 0 … 3.
    prefixes: rank of a node -> what its strings begin with; the highest rank first.
    """

    __slots__ = (
        "_addends",
        "_lengths",
        "_mask",
        "_ones",
        "_phase",
        "_ranks",
        "_rests",
        "_size",
        "_states",
        "_unpack",
    )

    def __init__(self, phase: int, prefixes: dict[int, bytes]) -> None:
        self._phase = phase
        self._ranks = list(prefixes)
        self._size = len(prefixes) * _LANE // 8
        self._unpack = Struct(f"<{len(prefixes)}Q").unpack
        self._ones = _lanes([1] * len(prefixes))
        self._mask = self._ones * _MASK
        self._addends = self._ones * _ADDEND
        self._lengths = _lanes([len(prefix) for prefix in prefixes.values()])
        self._states = _lanes([_hashed_blocks(prefix) for prefix in prefixes.values()])
        self._rests = _lanes([_rest(prefix) for prefix in prefixes.values()])

    def best(self, key: bytes) -> tuple[int, int]:
        """The highest hash, and of those that have it the highest rank."""
        hashes: tuple[int, ...] = self._unpack(self._hashes(key).to_bytes(self._size, "little"))
        highest = max(hashes)
        return highest, self._ranks[hashes.index(highest)]

    def _hashes(self, key: bytes) -> int:
        ones, mask, addends = self._ones, self._mask, self._addends
        states = self._states
        start = -self._phase % _BLOCK
        if start:
            begun = self._rests | ones * (int.from_bytes(key[:start], "little") << 8 * self._phase)
            states ^= self._mixed(begun)
            if start <= len(key):
                states <<= 13
                states = ((states & mask | states >> 32 & mask) * 5 + addends) & mask
        end = start + max(len(key) - start, 0) // _BLOCK * _BLOCK
        for (word,) in _WORD.iter_unpack(key[start:end]):
            states = (states ^ ones * _mixed_word(word)) << 13
            states = ((states & mask | states >> 32 & mask) * 5 + addends) & mask
        if end < len(key):
            states ^= ones * _mixed_word(int.from_bytes(key[end:], "little"))
        states ^= self._lengths + ones * len(key)
        states = (states ^ states >> 16 & mask) * _FINAL_1 & mask
        states = (states ^ states >> 13 & mask) * _FINAL_2 & mask
        return states ^ states >> 16 & mask

    def _mixed(self, words: int) -> int:
        """`_mixed_word` of all lanes."""
        mask = self._mask
        words = words * _FACTOR_1 & mask
        words = words << 15 & mask | words >> 17 & mask
        return words * _FACTOR_2 & mask


def _lanes(values: Sequence[int]) -> int:
    return sum(value << _LANE * lane for lane, value in enumerate(values))


def _mixed_word(word: int) -> int:
    word = word * _FACTOR_1 & _MASK
    return (word << 15 | word >> 17) * _FACTOR_2 & _MASK


def _hashed_blocks(prefix: bytes) -> int:
    """The state of MurmurHash3 after the whole blocks of `prefix`."""
    state = 0
    for (word,) in _WORD.iter_unpack(prefix[: len(prefix) // _BLOCK * _BLOCK]):
        state = (state ^ _mixed_word(word)) & _MASK
        state = ((state << 13 | state >> 19) * 5 + _ADDEND) & _MASK
    return state


def _rest(prefix: bytes) -> int:
    """The characters after the whole blocks of `prefix`, as the lower part of a block."""
    return int.from_bytes(prefix[len(prefix) // _BLOCK * _BLOCK :], "little")
