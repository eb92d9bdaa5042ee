"""Hash tags: keys that share a part are placed together.

With the tag "{}" the keys "user:{42}:name" and "user:{42}:mail" both hash as "42". The rule is that of twemproxy's
`hash_tag` (`nc_server.c`, `server_pool_idx`).
"""

from typing import Final, final

PAIR_LENGTH: Final = 2


@final
class HashTag:
    """The pair of characters around the part of a key that is hashed.

    pair: the opening and the closing character, both ASCII; they may be the same one ("||"). Raises `ValueError` for
        anything else.
    """

    __slots__ = ("_closing", "_opening", "pair")

    def __init__(self, pair: str) -> None:
        if len(pair) != PAIR_LENGTH or not pair.isascii():
            raise ValueError(f"a hash tag is two ASCII characters, not {pair!r}")
        self.pair: Final = pair
        self._opening = pair[0].encode()
        self._closing = pair[1].encode()

    def hashed_part(self, key: bytes) -> bytes:
        """What stands between the first opening and the next closing character.

        The whole key when either is missing or nothing stands between them; a later pair is not looked for then.
        """
        start = key.find(self._opening) + 1
        if start == 0:
            return key
        end = key.find(self._closing, start)
        if end <= start:
            return key
        return key[start:end]
