"""Clients that read and write without a pause and check every reply."""

import threading
from typing import Self

from tests.servers import Wire


class Load:
    """Threads, each with a connection of its own and keys that nobody else writes.

    :ivar failures: replies that were not the right one
    :ivar requests: how many were answered
    """

    def __init__(self, port: int, clients: int = 4) -> None:
        self.failures: list[bytes] = []
        self.requests = 0
        self._port = port
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(index,)) for index in range(clients)]

    def _run(self, index: int) -> None:
        version = 0
        with Wire(self._port) as wire:
            while not self._end.is_set():
                key = b"load:%d:%d" % (index, version % 50)
                value = b"%b=%d" % (key, version)
                expected = b"STORED\r\nVALUE %b 0 %d\r\n%b\r\nEND\r\n" % (key, len(value), value)
                wire.send(b"set %b 0 0 %d\r\n%b\r\nget %b\r\n" % (key, len(value), value, key))
                reply = wire.read_until(b"\r\n")
                reply += wire.read_until(b"END\r\n") if reply == b"STORED\r\n" else wire.read_until(b"\r\n")
                if reply != expected:
                    self.failures.append(reply)
                self.requests += 2
                version += 1

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()
