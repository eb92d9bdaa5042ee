"""Base64 keys: what a text stands for is asked of a real server, thousands of times."""

import random
from typing import Final

from proxy.protocol import base64key
from tests.differential.sides import Conversation
from tests.servers import Memcached

_TEXTS: Final = 6000
_ALPHABET: Final = b"ABCDwxyz0189+/==--_!\xff\x01\t"


def random_text(rng: random.Random) -> bytes:
    if rng.random() < 0.3:
        return base64key.encode(rng.randbytes(rng.randrange(1, 60)))
    return bytes(rng.choices(_ALPHABET, k=rng.randrange(1, 30)))


def test_a_text_stands_for_the_key_that_a_server_finds_in_it() -> None:
    rng = random.Random(11)
    texts = [random_text(rng) for _ in range(_TEXTS)]
    with Memcached() as server, Conversation(server.port) as oracle:
        # A miss names the key as it was understood.
        said = b"".join(
            oracle.ask(b"".join([b"mg %b b k\r\n" % text for text in texts[start : start + 100]]))
            for start in range(0, _TEXTS, 100)
        )
    different: list[tuple[bytes, bytes]] = []
    for text, reply in zip(texts, said.split(b"\r\n")[:-1], strict=True):
        key = base64key.decode(text)
        ours = b"CLIENT_ERROR error decoding key" if key is None else b"EN k%b b" % base64key.encode(key)
        if reply != ours:
            different.append((text, reply))
    assert different == []
