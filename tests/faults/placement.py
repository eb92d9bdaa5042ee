"""Which backend a key belongs to, so that a test can aim at one of them."""

from collections.abc import Iterator, Sequence
from typing import Final

from proxy.pools.choice import choose_by_key
from proxy.ring import DISTRIBUTIONS, Node

_SEARCH_LIMIT: Final = 100_000


class Placement:
    """The ring of a pool with default settings over loopback ports."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.size = len(ports)
        self.backend_of = choose_by_key(
            DISTRIBUTIONS["ketama"].ring([Node("127.0.0.1", port, "", 1) for port in ports]),
            list(range(len(ports))),
            hash_tag="",
        )

    def keys_of(self, backend: int, prefix: str = "key") -> Iterator[bytes]:
        """Keys of that backend, without end for practical purposes."""
        for number in range(_SEARCH_LIMIT):
            key = b"%b:%d" % (prefix.encode(), number)
            if self.backend_of(key) == backend:
                yield key

    def key_of(self, backend: int, prefix: str = "key") -> bytes:
        return next(self.keys_of(backend, prefix))
