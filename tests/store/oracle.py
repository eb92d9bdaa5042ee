"""Two things that answer memcached's protocol: a real memcached, and a store behind the request parser.

A test that holds for both is a contract. Replies are compared after `Oracle.normalised` has taken out what
may differ: cas uniques become their distance from the first one of the conversation, times to live and times
of last access lose their number.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from typing import Final, Literal

from proxy.protocol.commands import ANSWERED, CLOSE
from proxy.protocol.parser import LineMemo, RequestParser
from proxy.protocol.request import NOREPLY, QUIET, Request
from proxy.store.dynamic import Dynamic
from proxy.store.executor import Executor
from proxy.store.lru import Lru
from proxy.store.store import Store

DEADLINE: Final = 10.0  # s; how long a real server may take for anything
MAX_ITEM: Final = 1024 * 1024  # memcached's default
_MAX_BLOCK: Final = 8 * MAX_ITEM  # above any value here: the store, not the parser, shall refuse them

_CLASSIC_CAS: Final = re.compile(rb"^(VALUE [^ ]+ \d+ \d+) (\d+)(?=\r$)", re.MULTILINE)
_META_LINE: Final = re.compile(rb"^(?:HD|VA \d+|EN|NF|NS|EX)(?: [^\r\n]+)?(?=\r$)", re.MULTILINE)
_META_CAS: Final = re.compile(rb" c([1-9]\d*)(?= |$)")
_META_TIME: Final = re.compile(rb" ([tl])\d+(?= |$)")
_CAS_HOLE: Final = re.compile(rb"\{(\d+)\}")


class Oracle(ABC):
    """Asks and answers in bytes; `{5}` in a request stands for the cas unique five after the first one."""

    name = ""

    def __init__(self) -> None:
        self.first_cas = 0

    @abstractmethod
    def ask(self, data: bytes) -> bytes:
        """Everything that is answered to `data`, which must consist of whole requests."""

    @abstractmethod
    def poll_pause(self) -> None:
        """Let a little time pass."""

    @abstractmethod
    def elapsed(self) -> float:
        """Seconds of an arbitrary clock."""

    def begin(self) -> None:
        """Empty the store and start counting cas uniques anew."""
        self.ask(b"flush_all\r\n")
        reply = self.ask(b"ms origin 0 c\r\n\r\n")
        self.first_cas = int(reply[4:])
        self.ask(b"md origin\r\n")

    def converse(self, data: bytes) -> bytes:
        """The reply to `data` in comparable form."""

        def filled(match: re.Match[bytes]) -> bytes:
            return b"%d" % (self.first_cas + int(match[1]))

        return self.normalised(self.ask(_CAS_HOLE.sub(filled, data)))

    def normalised(self, reply: bytes) -> bytes:
        def classic(match: re.Match[bytes]) -> bytes:
            return b"%b {%d}" % (match[1], int(match[2]) - self.first_cas)

        def meta_cas(match: re.Match[bytes]) -> bytes:
            return b" c{%d}" % (int(match[1]) - self.first_cas)

        def meta(match: re.Match[bytes]) -> bytes:
            return _META_TIME.sub(rb" \1~", _META_CAS.sub(meta_cas, match[0]))

        return _META_LINE.sub(meta, _CLASSIC_CAS.sub(classic, reply))

    def wait_for(self, data: bytes, reply: bytes) -> float:
        """Ask until the answer is `reply`; how long that took."""
        start = self.elapsed()
        while (answer := self.ask(data)) != reply:
            assert self.elapsed() - start < DEADLINE, f"still {answer!r}"
            self.poll_pause()
        return self.elapsed() - start


class StoreOracle(Oracle):
    """A store under a session's manners.

    :param piece: how many bytes the parser gets at a time; 0: all there are
    """

    name = "store"

    def __init__(
        self,
        piece: int = 0,
        max_bytes: int = 64 * MAX_ITEM,
        on_full: Literal["evict", "reject"] = "evict",
        now: float = 1000.25,
    ) -> None:
        super().__init__()
        self.store = Store(max_bytes, MAX_ITEM, Lru(), Dynamic(), on_full)
        self.executor = Executor(self.store)
        self.now = now
        self.unix_start = time.time() - now
        self._piece = piece
        self._parser = RequestParser(LineMemo(), _MAX_BLOCK)

    def ask(self, data: bytes) -> bytes:
        step = self._piece or len(data)
        replies: list[bytes] = []
        for start in range(0, len(data), step):
            replies += [self.answer(each) for each in self._parser.receive(data[start : start + step])]
        assert not self._parser.is_midway, f"not whole requests: {data!r}"
        return b"".join(replies)

    def answer(self, request: Request) -> bytes:
        command = request.command
        if command is ANSWERED or command is CLOSE:
            return request.answer or b""
        reply = self.executor.execute(request, self.now, self.unix_start + self.now)
        if request.answer is not None:
            reply = request.answer
        if request.quiet == NOREPLY or (request.quiet == QUIET and reply[:2] in command.hidden):
            return b""
        return reply

    def poll_pause(self) -> None:
        self.now += 0.02

    def elapsed(self) -> float:
        return self.now


class SocketOracle(Oracle):
    """One connection to a real memcached."""

    name = "memcached"

    def __init__(self, port: int) -> None:
        super().__init__()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, data: bytes) -> bytes:
        self._socket.sendall(data + b"mn\r\n")  # MN comes when all before it is answered
        reply = bytearray()
        while not reply.endswith(b"MN\r\n"):
            received = self._socket.recv(1 << 20)
            assert received, f"memcached closed the connection after {data[:200]!r}"
            reply += received
        return bytes(reply[:-4])

    def poll_pause(self) -> None:
        time.sleep(0.02)

    def elapsed(self) -> float:
        return time.monotonic()

    def close(self) -> None:
        self._socket.close()


class Memcached:
    """A real memcached on a free port, until `stop`. One worker, so that nothing happens side by side."""

    def __init__(self, *options: str) -> None:
        program = shutil.which("memcached", path=os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin")
        # Never a skip: what was not compared was not shown to agree.
        assert program is not None, "these tests need memcached (package memcached)"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = [program, "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-t", "1", *options]
        if os.geteuid() == 0:
            command += ["-u", "root"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self._wait_until_listening()

    def _wait_until_listening(self) -> None:
        end = time.monotonic() + DEADLINE
        while True:
            assert self._process.poll() is None, "memcached ended at once"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < end, "memcached does not listen"
                time.sleep(0.01)
            else:
                return

    def connect(self) -> SocketOracle:
        return SocketOracle(self.port)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(DEADLINE)
