"""Request streams for the load generator, made before the clock runs and the same for every system.

The file (native byte order, see stream.h): a header of magic, number of requests, value size and payload size;
one entry per request of offset, length, number of keys and kind of reply; the requests' bytes, one behind the
other.
"""

import itertools
import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

KEYS = 10_000
ZIPF_EXPONENT = 0.99  # YCSB's, which most published cache benchmarks share
GETS_PER_SET = 10

_HEADER = struct.Struct("=8sIIQ")
_ENTRY = struct.Struct("=QIHH")
_MAGIC = b"ORSTRM01"


class ReplyKind(IntEnum):
    """What answers a request: values and END, or STORED."""

    VALUES = 1
    STORED = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """What a stream is made of; `requests` is its length, after which the load generator starts again."""

    requests: int
    value_size: int = 100
    keys_per_get: int = 1
    zipf: bool = True
    has_sets: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    raw: bytes
    keys: int
    kind: ReplyKind


def key_name(number: int) -> bytes:
    return b"bench:item:%010d" % number


def write_traffic(path: Path, shape: Shape, seed: int) -> None:
    write_requests(path, list(_traffic(shape, random.Random(seed))), shape.value_size)


def write_fill(path: Path, shape: Shape, seed: int) -> None:
    """One set of every key, so that the gets of the traffic hit."""
    values = _Values(shape.value_size, random.Random(seed))
    write_requests(path, [set_(key_name(number), values.pick()) for number in range(KEYS)], shape.value_size)


def _traffic(shape: Shape, rng: random.Random) -> Iterator[Request]:
    values = _Values(shape.value_size, rng)
    keys = _zipf_keys(rng) if shape.zipf else _uniform_keys(rng)
    for _ in range(shape.requests):
        if shape.has_sets and rng.random() * (GETS_PER_SET + 1) < 1:
            yield set_(next(keys), values.pick())
        else:
            yield get(_distinct(keys, shape.keys_per_get))


def _zipf_keys(rng: random.Random) -> Iterator[bytes]:
    # A key's rank is not its number: a ring must not see popularity in the order of names.
    names = [key_name(number) for number in range(KEYS)]
    rng.shuffle(names)
    weights = list(itertools.accumulate(1 / rank**ZIPF_EXPONENT for rank in range(1, KEYS + 1)))
    while True:
        yield from rng.choices(names, cum_weights=weights, k=1024)


def _uniform_keys(rng: random.Random) -> Iterator[bytes]:
    while True:
        yield key_name(rng.randrange(KEYS))


def _distinct(keys: Iterator[bytes], count: int) -> list[bytes]:
    chosen: dict[bytes, None] = {}
    while len(chosen) < count:
        chosen[next(keys)] = None
    return list(chosen)


def get(keys: Sequence[bytes]) -> Request:
    return Request(b"get " + b" ".join(keys) + b"\r\n", len(keys), ReplyKind.VALUES)


def set_(key: bytes, value: bytes) -> Request:
    return Request(b"set %b 0 0 %d\r\n%b\r\n" % (key, len(value), value), 1, ReplyKind.STORED)


class _Values:
    """Random bytes, CR and LF among them, so that a parser that looks for lines in values is found out."""

    def __init__(self, size: int, rng: random.Random) -> None:
        self._size = size
        self._rng = rng
        self._pool = rng.randbytes(size + 64 * 1024)

    def pick(self) -> bytes:
        start = self._rng.randrange(len(self._pool) - self._size)
        return self._pool[start : start + self._size]


def write_requests(path: Path, requests: Sequence[Request], value_size: int = 0) -> None:
    """The file. The load generator holds every value of a reply against value_size; 0 takes any."""
    ends = list(itertools.accumulate(len(request.raw) for request in requests))
    with path.open("wb") as file:
        file.write(_HEADER.pack(_MAGIC, len(requests), value_size, ends[-1]))
        for request, end in zip(requests, ends, strict=True):
            size = len(request.raw)
            file.write(_ENTRY.pack(end - size, size, request.keys, request.kind))
        file.writelines(request.raw for request in requests)
