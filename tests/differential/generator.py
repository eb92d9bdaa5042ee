"""Generated requests: valid, broken, split and pipelined, the same ones for the same seed.

A segment is what is sent before the replies are waited for. Two rules keep two real servers comparable
(`exceptions.py` has the rest):

- A counter is not counted in the segment that has read it. A memcached that still holds the reply with the old
  value writes the item anew instead of in place, and whether it still holds it depends on how bytes arrived.
- No length above a few hundred is ever announced without its data, so that a known amount of line ends brings
  any server back to reading commands (`PADDING`).
"""

import random
from dataclasses import dataclass
from typing import Final

from tests.differential.exceptions import is_deliberate
from tests.differential.words import (
    BYTES,
    DELTAS,
    EXPTIMES,
    FAR_EXPTIMES,
    FLUSHES,
    ITEMS,
    LONG_VALUES,
    NO_UNIQUES,
    NUMBERS,
    RECACHES,
    STRAYS,
    UNIQUES,
    UNKNOWN,
    VALUES,
    Items,
)

#: Enough to complete any data block that was announced, and no white space alone.
PADDING: Final = b"zz\r\n" * 250
_STORAGE: Final = (b"set", b"set", b"set", b"add", b"replace", b"append", b"prepend", b"cas")
_RETRIEVAL: Final = (b"get", b"get", b"get", b"gets", b"gets", b"gat", b"gats")
_READ_FLAGS: Final = (
    b"v",
    b"v",
    b"f",
    b"s",
    b"c",
    b"t",
    b"k",
    b"h",
    b"l",
    b"u",
    b"q",
    b"O7",
    b"Oa-longer-opaque",
)
_MODES: Final = (b"ME", b"MA", b"MP", b"MR", b"MS", b"MX", b"M", b"Me")


@dataclass(frozen=True)
class Segment:
    """Requests that are sent together.

    :ivar requests: each with its data block, as far as it has one
    :ivar is_broken: whether some of them may leave a server in the middle of a data block
    :ivar cuts: where the stream is cut on its way to Outrider
    """

    requests: tuple[bytes, ...]
    is_broken: bool
    cuts: tuple[int, ...]

    @property
    def stream(self) -> bytes:
        return b"".join(self.requests) + (PADDING if self.is_broken else b"")


class Generator:
    """An endless source of segments.

    :param kind: what is behind Outrider
    :param items: of a client among others; without them all items there are
    :ivar uniques: real ones of items; fed by whoever reads the replies
    """

    def __init__(self, seed: str, kind: str, items: Items | None = None) -> None:
        self._random = random.Random(seed)
        self._kind = kind
        self._items = items or ITEMS
        self._is_alone = items is None
        self.uniques: list[bytes] = []
        self._read: set[bytes] = set()  # items that this segment may have read
        self._is_broken = False

    def segment(self) -> Segment:
        rng = self._random
        self._read.clear()
        self._is_broken = False
        requests: list[bytes] = []
        line = b""  # that the requests so far have left without an end
        for _ in range(rng.choice((1, 5, 20, 40, 80))):
            requests.append(self._request(line))
            line = (line + requests[-1]).rpartition(b"\n")[2]
        stream = b"".join(requests)
        cuts: tuple[int, ...] = ()
        if stream and rng.random() < 0.4:
            count = min(rng.choice((1, 3, 30)), len(stream))
            cuts = tuple(sorted(rng.sample(range(len(stream)), count)))
        return Segment(tuple(requests), self._is_broken, cuts)

    def _request(self, line: bytes) -> bytes:
        """One that makes, behind an unfinished `line`, nothing that the two sides are known to differ in."""
        while True:
            request = self._any_request()
            if not any(is_deliberate(each, self._kind) for each in (line + request).split(b"\n")):
                return request

    def _any_request(self) -> bytes:
        rng = self._random
        choice = rng.random()
        if choice < 0.22:
            words, data = self._storage(), True
        elif choice < 0.42:
            words, data = self._retrieval(), False
        elif choice < 0.52:
            words, data = self._keyed(), False
        elif choice < 0.70:
            words, data = self._meta_read(), False
        elif choice < 0.82:
            words, data = self._meta_storage(), True
        elif choice < 0.95:
            words, data = self._meta_change(), False
        elif choice < 0.955:
            return rng.choice(FLUSHES) if self._is_alone else b"mn\r\n"
        else:
            return rng.choice((*UNKNOWN, b"mn", b"mn", b"mn")) + rng.choice((b"\r\n", b"\r\n", b"\n"))
        is_broken = self._is_alone and rng.random() < 0.12
        value: bytes | None = None
        if data:
            value = rng.choice(LONG_VALUES if not is_broken and rng.random() < 0.01 else VALUES)
            words[words.index(b"<length>")] = b"%d" % len(value)
        if is_broken:
            return self._broken(words, value)
        line = b" ".join(words)
        if rng.random() < 0.1:
            line = line.replace(b" ", b"  ") + b" "
        line += b"\n" if rng.random() < 0.05 else b"\r\n"
        return line if value is None else line + value + b"\r\n"

    # ---- requests that are what they should be ----

    def _key(self) -> bytes:
        return self._random.choice(self._items.keys)

    def _reads(self, key: bytes) -> bytes:
        self._read.add(self._items.base64.get(key, key))
        return key

    def _countable(self) -> bytes | None:
        free = [key for key in self._items.counters if key not in self._read]
        return self._random.choice(free) if free else None

    def _exptime(self) -> bytes:
        rng = self._random
        return rng.choice(FAR_EXPTIMES) if rng.random() < 0.03 else rng.choice(EXPTIMES)

    def _unique(self) -> bytes:
        rng = self._random
        if self.uniques and rng.random() < 0.8:
            return rng.choice(self.uniques)
        return rng.choice(UNIQUES if self._is_alone else NO_UNIQUES)

    def _noreply(self) -> list[bytes]:
        return [b"noreply"] if self._random.random() < 0.3 else []

    def _storage(self) -> list[bytes]:
        rng = self._random
        verb = rng.choice(_STORAGE)
        client_flags = rng.choice((b"0", b"0", b"555", b"4294967295"))
        words = [verb, self._key(), client_flags, self._exptime(), b"<length>"]
        return words + ([self._unique()] if verb == b"cas" else []) + self._noreply()

    def _retrieval(self) -> list[bytes]:
        rng = self._random
        verb = rng.choice(_RETRIEVAL)
        keys = [self._reads(self._key()) for _ in range(rng.choice((1, 1, 1, 1, 2, 3, 30)))]
        return [verb, *([self._exptime()] if verb.startswith(b"gat") else []), *keys]

    def _keyed(self) -> list[bytes]:
        rng = self._random
        verb = rng.choice((b"incr", b"decr", b"touch", b"delete"))
        if verb in (b"incr", b"decr"):
            key = self._countable()
            if key is not None:
                return [verb, key, rng.choice(DELTAS) or b"1", *self._noreply()]
            verb = b"touch"
        if verb == b"touch":
            return [verb, self._key(), self._exptime(), *self._noreply()]
        return [verb, self._key(), *rng.choice(([], [], [b"0"])), *self._noreply()]

    def _meta_key(self, flags: list[bytes]) -> bytes:
        if self._random.random() < 0.25:
            flags.append(b"b")
            return self._random.choice(tuple(self._items.base64))
        return self._key()

    def _shuffled(self, flags: list[bytes]) -> list[bytes]:
        self._random.shuffle(flags)
        return flags

    def _meta_read(self) -> list[bytes]:
        rng = self._random
        if rng.random() < 0.1:
            flags: list[bytes] = []
            return [b"me", self._meta_key(flags), *flags]
        flags = rng.sample(_READ_FLAGS, rng.randrange(7))
        for flag in (b"T", b"N"):
            if rng.random() < 0.1:
                flags.append(flag + self._exptime())
        if rng.random() < 0.1:
            flags.append(b"R" + rng.choice(RECACHES))
        key = self._reads(self._meta_key(flags))
        return [b"mg", key, *self._shuffled(flags)]

    def _meta_storage(self) -> list[bytes]:
        rng = self._random
        flags = rng.sample((b"c", b"k", b"q", b"I", b"O9", b"F5"), rng.randrange(5))
        if rng.random() < 0.4:
            flags.append(rng.choice(_MODES))
        if rng.random() < 0.2:
            flags.append(b"C" + self._unique())
        if rng.random() < 0.2:
            flags.append(b"T" + self._exptime())
        key = self._meta_key(flags)
        return [b"ms", key, b"<length>", *self._shuffled(flags)]

    def _meta_change(self) -> list[bytes]:
        rng = self._random
        flags = rng.sample((b"k", b"q", b"O9", b"t", b"c", b"v"), rng.randrange(4))
        if rng.random() < 0.2:
            flags.append(b"C" + self._unique())
        if rng.random() < 0.2:
            flags.append(b"T" + self._exptime())
        key = self._countable()
        if key is None or rng.random() < 0.4:
            flags += [b"I"] if rng.random() < 0.6 else []
            return [b"md", self._meta_key(flags), *self._shuffled(flags)]
        if rng.random() < 0.5:
            flags.append(b"D" + rng.choice(DELTAS))
        if rng.random() < 0.4:
            flags.append(rng.choice((b"MI", b"MD", b"M+", b"M-", b"MX")))
        if rng.random() < 0.4 and b"q" not in flags:
            flags += [b"N" + self._exptime(), b"J" + rng.choice((b"0", b"7", b"100", b"x"))]
        text = self._items.text_of(key)
        if text is not None and rng.random() < 0.3:
            flags.append(b"b")
            key = text
        return [b"ma", key, *self._shuffled(flags)]

    # ---- requests that are not ----

    def _broken(self, words: list[bytes], value: bytes | None) -> bytes:
        """The request with one thing wrong: a word, a byte, the data, or the end."""
        rng = self._random
        self._is_broken = True
        # Where a word is missing, an exptime may be taken for a length.
        words = [
            b"0" if word in FAR_EXPTIMES or (len(word) > 3 and word.isdigit()) else word for word in words
        ]
        place = rng.randrange(len(words))
        fault = rng.randrange(8)
        if fault == 0:
            del words[place]
        elif fault == 1:
            words.insert(place, rng.choice(STRAYS))
        elif fault == 2:
            words.append(rng.choice(STRAYS))
        elif fault == 3:
            words[place] = rng.choice(NUMBERS)
        elif fault == 4 and words[0] not in (b"get", b"gets", b"gat", b"gats") and len(words) > 1:
            words[1] = b"k" * rng.choice((250, 251, 300))
        elif fault == 5:
            words += [rng.choice((b"k", b"v", b"0", b"noreply"))] * rng.choice((2, 17, 30))
        line = b" ".join(words) + b"\r\n"
        if fault == 6:
            at = rng.choice([at for at, byte in enumerate(line) if byte not in b"0123456789"])
            line = line[:at] + bytes([rng.choice(BYTES)]) + line[at + 1 :]
        if value is not None and (fault == 7 or rng.random() < 0.1):
            return line + rng.choice(
                (value, value + b"x\r\n", value[1:] + b"\r\n", value + b"\n", value + b"\r", b"")
            )
        return line if value is None else line + value + b"\r\n"
