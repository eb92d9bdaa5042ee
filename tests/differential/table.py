"""The shape of the tables of cases, and the state each case starts from.

A table maps a claim to streams that show it. Before each stream everything is deleted and flushed, `a` holds ``abc`` with
client flags 5, `n` holds ``10``, and `b` and `c` are not there; behind it all four are looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

#: Steps of which each waits for the replies to the one before it.
Stream = bytes | tuple[bytes, ...]
Table = Mapping[str, tuple[Stream, ...]]

BEFORE: Final = (
    b"delete b noreply\r\ndelete c noreply\r\nflush_all\r\nset a 5 0 3\r\nabc\r\nset n 0 0 2\r\n10\r\n"
)
BEHIND: Final = b"".join(b"mg %b k f s c t h v\r\n" % key for key in (b"a", b"b", b"c", b"n"))


@dataclass(frozen=True)
class Case:
    """One stream of a table."""

    claim: str
    number: int
    steps: tuple[bytes, ...]

    def __str__(self) -> str:
        return f"{self.claim}-{self.number}"


def cases(tables: Mapping[str, Table]) -> Iterator[Case]:
    """One for each stream; what they show has the name of their table in front."""
    for name, table in tables.items():
        for claim, streams in table.items():
            for number, stream in enumerate(streams, 1):
                steps = stream if isinstance(stream, tuple) else (stream,)
                yield Case(f"{name}: {claim}", number, steps)


def each(template: bytes, *values: bytes) -> tuple[bytes, ...]:
    """`template` with each of the values in the place of its ``%b``."""
    return tuple(template.replace(b"%b", value) for value in values)
