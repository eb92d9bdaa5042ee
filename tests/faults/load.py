"""A checking load: pipelined clients that know what each reply can be, and a canary that must stay quick.

Each client has keys of its own, so that it knows every value that a read can bring (`item`); what several clients
do to one key at a time is checked in `races`. A client stops at the first reply that cannot be right: what follows
it on the connection says nothing any more.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from tests.faults.item import Item, WrongReplyError
from tests.faults.operation import Delete, Fixed, Get, MetaGet, MetaSet, Operation, Set
from tests.faults.placement import Placement
from tests.servers import DEADLINE, Wire, wait_until

_SIZES: Final = (20, 20, 100, 100, 1000, 9000)  # bytes of a value

Errors = Counter[tuple[frozenset[int], bytes]]


class CheckingLoad:
    """Runs from entering to leaving the block, where it raises what went wrong.

    :param keys: of each client and backend
    :param depth: requests that a client sends before it reads
    :ivar errors: by the backends that the request needed, and the line
    """

    def __init__(
        self,
        port: int,
        placement: Placement,
        *,
        clients: int = 6,
        depth: int = 16,
        keys: int = 5,
        seed: int = 1,
    ) -> None:
        self.errors: Errors = Counter()
        self._placement = placement
        self._is_over = threading.Event()
        self._clients = [
            _Client(number, port, self, depth, self._items(number, keys), random.Random(seed * 1000 + number))
            for number in range(clients)
        ]

    def _items(self, client: int, keys: int) -> list[Item]:
        items = []
        for backend in range(self._placement.size):
            found = self._placement.keys_of(backend, f"client{client}")
            items += [Item(next(found)) for _ in range(keys)]
        return items

    def __enter__(self) -> Self:
        for client in self._clients:
            client.thread.start()
        self.wait_rounds(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for client in self._clients:
            client.thread.join(2 * DEADLINE)
        if kind is None:
            self.assert_correct()

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    @property
    def requests(self) -> int:
        """Answered and checked so far."""
        return sum(client.requests for client in self._clients)

    def wait_rounds(self, rounds: int, deadline: float = DEADLINE) -> None:
        """Wait until each client has had so many more pipelines answered."""
        goals = [(client, client.rounds + rounds) for client in self._clients]
        wait_until(
            lambda: all(client.rounds >= goal or client.trouble for client, goal in goals),
            f"{rounds} more rounds of each client",
            deadline,
        )
        self.assert_correct()

    def may_lose(self, backend: int) -> None:
        """From now on items of that backend may disappear."""
        self._mark(backend, "is_lossy")

    def may_miss(self, backend: int) -> None:
        """From now on reads from that backend may be answered with misses."""
        self._mark(backend, "misses_lie")

    def _mark(self, backend: int, name: str) -> None:
        for client in self._clients:
            for item in client.items:
                if self._placement.backend_of(item.key) == backend:
                    setattr(item, name, True)

    def note_error(self, keys: Sequence[bytes], line: bytes) -> None:
        self.errors[frozenset(map(self._placement.backend_of, keys)), line] += 1

    def errors_of(self, backend: int) -> Counter[bytes]:
        """The errors of requests that needed that backend, by their line."""
        found: Counter[bytes] = Counter()
        for (backends, line), count in list(self.errors.items()):
            if backend in backends:
                found[line] += count
        return found

    def errors_without(self, backend: int) -> Errors:
        """The errors of requests that did not need that backend."""
        return Counter({key: count for key, count in list(self.errors.items()) if backend not in key[0]})

    def assert_correct(self) -> None:
        troubles = [client.trouble for client in self._clients if client.trouble]
        assert not troubles, "\n".join(troubles)


class _Client:
    """One connection, one thread."""

    def __init__(
        self, number: int, port: int, load: CheckingLoad, depth: int, items: list[Item], chance: random.Random
    ) -> None:
        self.items = items
        self.rounds = 0
        self.requests = 0
        self.trouble = ""
        self.thread = threading.Thread(target=self._run, name=f"load {number}", daemon=True)
        self._port = port
        self._load = load
        self._depth = depth
        self._chance = chance
        self._version = 0

    def _run(self) -> None:
        try:
            with Wire(self._port) as wire:
                while not self._load.is_over:
                    pipeline = [self._choose() for _ in range(self._depth)]
                    # The last one has a reply, or a noreply at the end would not be seen to be silent.
                    pipeline.append(Get([self._chance.choice(self.items)]))
                    wire.send(b"".join(operation.wire for operation in pipeline))
                    for operation in pipeline:
                        operation.check(wire, self._load.note_error)
                    self.rounds += 1
                    self.requests += len(pipeline)
        except WrongReplyError as error:
            self.trouble = f"{self.thread.name}: {error}"
        except (OSError, EOFError) as error:
            self.trouble = f"{self.thread.name}: the connection broke: {error!r:.300}"

    def _choose(self) -> Operation:
        chance = self._chance
        item = chance.choice(self.items)
        kind = chance.randrange(20)
        if kind < 6:
            return Get([item], chance.choice((b"get", b"gets")))
        if kind < 9:
            return Get(chance.sample(self.items, min(len(self.items), chance.randint(2, 8))))
        if kind < 13:
            return Set(item, self._value(item))
        if kind < 14:
            return Set(item, self._value(item), noreply=True)
        if kind < 15:
            return Delete(item)
        if kind < 17:
            return MetaGet(item, chance.randrange(10**9))
        if kind < 19:
            return MetaSet(item, self._value(item), chance.randrange(10**9))
        return Fixed(b"no such command\r\n", b"ERROR\r\n")

    def _value(self, item: Item) -> bytes:
        """A value that names its key and version."""
        self._version += 1
        head = b"%b version %d " % (item.key, self._version)
        return head + b"." * (self._chance.choice(_SIZES) - len(head))


class Canary:
    """One client that asks an unaffected backend for one key, again and again, and is told the truth quickly.

    :ivar slowest: s of the slowest request so far
    """

    def __init__(self, port: int, key: bytes, *, limit: float = 1.0) -> None:
        self.slowest = 0.0
        self.requests = 0
        self._port = port
        self._key = key
        self._limit = limit
        self._is_over = threading.Event()
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def _run(self) -> None:
        try:
            with Wire(self._port) as wire:
                while not self._is_over.wait(0.005):
                    value = b"%b %d" % (self._key, self.requests)
                    block = b"%d\r\n%b\r\n" % (len(value), value)
                    for request, reply in (
                        (b"set %b 0 0 %b" % (self._key, block), b"STORED\r\n"),
                        (b"get %b\r\n" % self._key, b"VALUE %b 0 %bEND\r\n" % (self._key, block)),
                    ):
                        start = time.monotonic()
                        wire.send(request)
                        received = wire.read_exactly(len(reply))
                        self.slowest = max(self.slowest, time.monotonic() - start)
                        self.requests += 1
                        assert received == reply, received
        except (OSError, EOFError, AssertionError) as error:
            self._trouble = repr(error)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.requests > 0 or bool(self._trouble), "the canary is answered")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join(2 * DEADLINE)
        if kind is None:
            assert not self._trouble, f"the canary, on an unaffected backend: {self._trouble}"
            # A machine that has more to do than it can delays everybody.
            limit = self._limit if os.getloadavg()[0] < 2 * (os.cpu_count() or 1) else 5 * self._limit
            assert self.slowest < limit, f"the canary waited {self.slowest:.2f} s"
