"""What is still to be written to one socket: collected during a pump, sent in as few system calls as possible."""

import socket
from typing import Final, final

_JOIN_LIMIT: Final = 65536  # bytes up to which copying into one buffer beats a vector of buffers
_MAX_VECTOR: Final = 256  # buffers per sendmsg; the kernel takes 1024


@final
class Outbox:
    """Bytes owed to one socket.

    :ivar parts: what was collected; append to it directly
    :ivar is_blocked: the socket took less than it was offered: wait until it is writable
    """

    __slots__ = ("is_blocked", "parts")

    def __init__(self) -> None:
        self.parts: list[bytes | memoryview] = []
        self.is_blocked = False

    def size(self) -> int:
        return sum(map(len, self.parts))

    def send(self, sock: socket.socket) -> int:
        """Send as much as the socket takes; how much that was. Raises OSError when the connection is broken."""
        parts = self.parts
        sent = 0
        self.is_blocked = False
        while parts:
            if len(parts) == 1:
                part = parts[0]
                size = len(part)
                try:
                    taken = sock.send(part)
                except BlockingIOError:
                    taken = 0
                if taken == size:
                    parts.clear()
                    return sent + taken
            else:
                size = sum(map(len, parts))
                try:
                    if size <= _JOIN_LIMIT:
                        taken = sock.send(b"".join(parts))
                        if taken == size:
                            parts.clear()
                            return sent + taken
                    else:
                        vector = parts[:_MAX_VECTOR]
                        size = sum(map(len, vector))
                        taken = sock.sendmsg(vector)
                except BlockingIOError:
                    taken = 0
            sent += taken
            self._drop(taken)
            if taken < size:
                self.is_blocked = True
                return sent
        return sent

    def _drop(self, taken: int) -> None:
        """Remove the first `taken` bytes."""
        parts = self.parts
        whole = 0
        while taken and taken >= len(parts[whole]):
            taken -= len(parts[whole])
            whole += 1
            if whole == len(parts):
                break
        del parts[:whole]
        if taken:
            parts[0] = memoryview(parts[0])[taken:]
