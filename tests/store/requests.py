"""Random requests over few keys: every command, every meta flag, and what is wrong with them.

Left out is what 1.6.18 does not know or a store does otherwise on purpose (`transcripts/newer.txt`,
`transcripts/divergent.txt`), and what depends on the moment: me of an item, delayed flushes, exptimes and
recache times close to each other.
"""

from random import Random
from typing import Final

KEYS: Final = [b"a", b"b", b"foo", b"key:4"]
BASE64_KEYS: Final = [b"YQ==", b"Yg==", b"Zm9v", b"a2V5OjQ=", b"Zm.9-v"]
BAD_BASE64: Final = [b"Zm9", b"=", b"===="]
VALUES: Final = [
    b"",
    b"x",
    b"hello",
    b"0",
    b"9",
    b"10",
    b"99",
    b"007",
    b"5 ",
    b" 7",
    b"-1",
    b"5 abc",
    b"5\0z",
]
LARGE_NUMBERS: Final = [b"18446744073709551615", b"18446744073709551614", b"18446744073709551616", b"9" * 19]
#: Far enough from each other and from RECACHE that a few seconds of a real server change nothing.
EXPTIMES: Final = [b"0", b"0", b"0", b"100", b"5000", b"-1", b"2592001", b"+100"]
RECACHE: Final = [b"0", b"50", b"1000", b"100000", b"-1"]
BAD_NUMBERS: Final = [b"", b"x", b"1x", b"99999999999999999999999"]
DELTAS: Final = [b"0", b"1", b"2", b"10", b"100", b"18446744073709551615", b"+3"]
OPAQUES: Final = [b"", b"1", b"token", b"o" * 31]
LONG_OPAQUE: Final = b"o" * 32
#: With four keys, about one in five of so many latest cas uniques is some item's present one.
CAS_SPREAD: Final = 12


class Requests:
    """An endless supply.

    :ivar drawn: the latest cas unique, counted from the first one of the conversation; kept by the caller
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self.drawn = 0

    def next(self) -> bytes:
        kind = self._random.choices(
            (self._storage, self._retrieval, self._keyed, self._mg, self._ms, self._md, self._ma, self._rare),
            (14, 14, 14, 20, 20, 8, 12, 1),
        )[0]
        return kind()

    # ---- pieces ----

    def _key(self) -> bytes:
        return self._random.choice(KEYS)

    def _value(self) -> bytes:
        return self._random.choice(VALUES if self._random.random() < 0.9 else LARGE_NUMBERS)

    def _number(self, good: list[bytes]) -> bytes:
        return self._random.choice(good if self._random.random() < 0.97 else BAD_NUMBERS)

    def _cas(self) -> bytes:
        """One of those that were given out last; `{n}` counts from the first one."""
        if self._random.random() < 0.1:
            return self._number([b"0", b"1", b"18446744073709551615"])
        return b"{%d}" % max(self.drawn - self._random.randrange(CAS_SPREAD), 0)

    def _noreply(self) -> bytes:
        return b" noreply" if self._random.random() < 0.1 else b""

    def _block(self, line: bytes, value: bytes, rest: bytes) -> bytes:
        return b"%b %d%b\r\n%b\r\n" % (line, len(value), rest, value)

    # ---- classic ----

    def _storage(self) -> bytes:
        verb = self._random.choice([b"set", b"set", b"add", b"replace", b"append", b"prepend", b"cas"])
        client_flags = self._random.choice([b"0", b"0", b"1", b"4294967295"])
        line = b"%b %b %b %b" % (verb, self._key(), client_flags, self._random.choice(EXPTIMES))
        rest = self._noreply()
        if verb == b"cas":
            cas = self._cas()
            while cas in BAD_NUMBERS:  # refused without its data block, which would be read as commands
                cas = self._cas()
            rest = b" " + cas + rest
        return self._block(line, self._value(), rest)

    def _retrieval(self) -> bytes:
        keys = b" ".join(self._key() for _ in range(self._random.choice([1, 1, 1, 2, 5])))
        if self._random.random() < 0.6:
            return b"%b %b\r\n" % (self._random.choice([b"get", b"gets"]), keys)
        exptime = self._number(EXPTIMES)
        return b"%b %b %b\r\n" % (self._random.choice([b"gat", b"gats"]), exptime, keys)

    def _keyed(self) -> bytes:
        verb = self._random.choice([b"incr", b"incr", b"decr", b"decr", b"touch", b"delete"])
        if verb == b"delete":
            return b"delete %b%b\r\n" % (self._key(), self._noreply())
        argument = self._number(EXPTIMES if verb == b"touch" else DELTAS)
        return b"%b %b %b%b\r\n" % (verb, self._key(), argument, self._noreply())

    def _rare(self) -> bytes:
        return self._random.choice(
            [b"flush_all\r\n", b"flush_all 0\r\n", b"flush_all -5\r\n", b"me nothing\r\n", b"me bm8= b\r\n"]
        )

    # ---- meta ----

    def _flags(self, letters: bytes) -> tuple[bytes, bytes]:
        """A key and some flags out of `letters`."""
        random = self._random
        flags = [self._flag(letter) for letter in random.sample(letters, random.randrange(len(letters)))]
        if random.random() < 0.02:
            flags.append(
                random.choice([b"!", b"\x7f", b"\xff", b"W", b"X", b"v v", b"t t", b"T0 T0", b"q q"])
            )
        key = self._key()
        if random.random() < 0.25:
            key = random.choice(BASE64_KEYS if random.random() < 0.95 else BAD_BASE64)
            flags.append(b"b")
        random.shuffle(flags)
        return key, b"".join(b" " + flag for flag in flags)

    def _flag(self, letter: int) -> bytes:
        name = bytes([letter])
        if name in b"NT":
            return name + self._number(EXPTIMES)
        if name == b"R":
            return name + self._number(RECACHE)
        if name == b"O":
            return name + (LONG_OPAQUE if self._random.random() < 0.03 else self._random.choice(OPAQUES))
        if name == b"C":
            return name + self._cas()
        if name == b"F":
            return name + self._number([b"0", b"7", b"4294967295", b"4294967296"])
        if name in b"DJ":
            return name + self._number(DELTAS)
        if name in b"PL":
            return name + b"proxy"
        return name

    def _mg(self) -> bytes:
        key, flags = self._flags(b"stcflhOkvuqNTRPL")
        return b"mg %b%b\r\n" % (key, flags)

    def _ms(self) -> bytes:
        key, flags = self._flags(b"OkcqFCTIsu")
        # N with an append is what later servers give a meaning to.
        mode = self._random.choice([b"", b"", b"", b" MS", b" ME", b" MA", b" MP", b" MR", b" Mz", b" MSS"])
        return self._block(b"ms " + key, self._value(), flags + mode)

    def _md(self) -> bytes:
        key, flags = self._flags(b"OkqCIT")
        return b"md %b%b\r\n" % (key, flags)

    def _ma(self) -> bytes:
        # Without T, which 1.6.18 loses when the number grows; and N not quiet: it shows what later ones hide.
        key, flags = self._flags(b"OkvtcCDJ" + self._random.choice([b"q", b"N"]))
        mode = self._random.choice([b"", b"", b" MI", b" M+", b" MD", b" M-", b" Md"])
        return b"ma %b%b%b\r\n" % (key, flags, mode)
