"""A configuration endpoint as ElastiCache and Memorystore have them, on loopback, that can also misbehave.

`test_elasticache` shows that a client made for the real ones (emcache) finds its way through it.
"""

import contextlib
import socketserver
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from proxy.config import TcpAddress


def reply_of(version: int, *nodes: str) -> bytes:
    """The reply to ``config get cluster``; nodes as ``host|ip|port``."""
    payload = b"%d\n%b\n" % (version, " ".join(nodes).encode())
    return b"CONFIG cluster 0 %d\r\n%b\r\nEND\r\n" % (len(payload), payload)


class Endpoint:
    """The endpoint, from its making to `close`.

    :ivar reply: to ``config get cluster``
    :ivar send: writes a reply; may cut it to pieces, hang or close
    :ivar asked: how often it was asked for the configuration
    :ivar open_connections: now
    """

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.send: Callable[[socketserver.StreamRequestHandler, bytes], None] = send_whole
        self.asked = 0
        self.open_connections = 0
        self.is_closed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.owner = self
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> TcpAddress:
        host, port = self._server.server_address[:2]
        return TcpAddress(str(host), port)

    def hang(self, conversation: socketserver.StreamRequestHandler, reply: bytes) -> None:
        """A `send` that sends half and no more until the endpoint is closed."""
        conversation.wfile.write(reply[: len(reply) // 2])
        self.is_closed.wait(30)

    def close(self) -> None:
        self.is_closed.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def send_whole(conversation: socketserver.StreamRequestHandler, reply: bytes) -> None:
    conversation.wfile.write(reply)


def send_bytes(conversation: socketserver.StreamRequestHandler, reply: bytes) -> None:
    """A byte at a time."""
    for byte in reply:
        conversation.wfile.write(bytes([byte]))
        conversation.wfile.flush()


def send_half(conversation: socketserver.StreamRequestHandler, reply: bytes) -> None:
    """Half of it, then close."""
    conversation.wfile.write(reply[: len(reply) // 2])
    conversation.close_connection = True  # type: ignore[attr-defined]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    owner: Endpoint


class _Conversation(socketserver.StreamRequestHandler):
    """Speaks as much memcached as a client needs to trust it."""

    disable_nagle_algorithm = True
    close_connection = False

    def handle(self) -> None:
        owner = cast("_Server", self.server).owner
        owner.open_connections += 1
        try:
            with contextlib.suppress(OSError):
                while not self.close_connection and (line := self.rfile.readline()) not in (b"", b"quit\r\n"):
                    if line == b"config get cluster\r\n":
                        owner.asked += 1
                        owner.send(self, owner.reply)
                    elif line == b"version\r\n":
                        self.wfile.write(b"VERSION 1.6.22\r\n")
                    else:
                        self.wfile.write(b"ERROR\r\n")
        finally:
            owner.open_connections -= 1
