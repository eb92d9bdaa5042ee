"""Several clients at one key: what only one of them may win."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.faults.item import WrongReplyError
from tests.faults.operation import is_error
from tests.servers import DEADLINE, Wire, wait_until


class Races:
    """Clients that race for counters, adds and cas uniques of one backend, until the block is left.

    A number that incr returned is never returned again, an add of one key succeeds once, and so does a cas with one
    unique; what failed may have happened or not.

    :param key: makes the keys, all of one backend, from names
    """

    def __init__(self, port: int, key: Callable[[str], bytes], *, clients: int = 4) -> None:
        self._port = port
        self._key = key
        self._counter = key("counter")
        self._cas = key("cas")
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._numbers: Counter[int] = Counter()
        self._added: Counter[int] = Counter()
        self._swapped: Counter[bytes] = Counter()
        self._attempts: defaultdict[int, set[int]] = defaultdict(set)
        self._trouble: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"racer {number}", daemon=True)
            for number in range(clients)
        ]
        self.rounds = 0

    def _run(self, number: int) -> None:
        try:
            with Wire(self._port) as wire:
                turn = 0
                while not self._is_over.is_set():
                    self._race(wire, number, turn)
                    turn += 1
                    with self._lock:
                        self.rounds += 1
        except (OSError, EOFError, WrongReplyError) as error:
            self._trouble.append(f"racer {number}: {error!r}")

    def _race(self, wire: Wire, number: int, turn: int) -> None:
        counter = wire.ask(b"incr %b 1\r\n" % self._counter)
        added = wire.ask(b"add %b 0 60 1\r\n%d\r\n" % (self._key(f"add{turn}"), number))
        swap = wire.ask(b"gets %b\r\n" % self._cas)
        swapped, unique = b"", b""
        if swap.startswith(b"VALUE "):
            unique = swap.split()[4]
            wire.read_until(b"END\r\n")
            swapped = wire.ask(b"cas %b 0 0 1 %b\r\n%d\r\n" % (self._cas, unique, number))
        with self._lock:
            if counter[:-2].isdigit():
                self._numbers[int(counter)] += 1
            elif not is_error(counter):
                raise WrongReplyError(f"{counter!r} in reply to incr")
            if added == b"STORED\r\n":
                self._added[turn] += 1
            if not is_error(added):
                self._attempts[turn].add(number)
            if swapped == b"STORED\r\n":
                self._swapped[unique] += 1
            elif swapped not in (b"", b"EXISTS\r\n") and not is_error(swapped):
                raise WrongReplyError(f"{swapped!r} in reply to cas")

    def __enter__(self) -> Self:
        with Wire(self._port) as wire:
            for key in (self._counter, self._cas):
                assert wire.ask(b"set %b 0 0 1\r\n0\r\n" % key) == b"STORED\r\n"
        for thread in self._threads:
            thread.start()
        return self

    def wait_rounds(self, rounds: int) -> None:
        goal = self.rounds + rounds
        wait_until(lambda: self.rounds >= goal or bool(self._trouble), f"{rounds} more races")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(2 * DEADLINE)
        if kind is not None:
            return
        assert not self._trouble, self._trouble
        for what, counted in (
            ("incr returned", self._numbers),
            ("add won", self._added),
            ("cas won with", self._swapped),
        ):
            again = [value for value, count in counted.items() if count > 1]
            assert not again, f"{what} more than once: {again[:5]}"
        lost = [
            turn
            for turn, who in self._attempts.items()
            if len(who) == len(self._threads) and not self._added[turn]
        ]
        assert not lost, f"add won by nobody, though nothing failed: {lost[:5]}"
