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
        if len(parts) > _MAX_VECTOR:
            self._join_small()
        while parts:
            if len(parts) == 1:
                part = parts[0]
                size = len(part)
            else:
                vector = parts[:_MAX_VECTOR]
                size = sum(map(len, vector))
                part = b"".join(vector) if size <= _JOIN_LIMIT else b""
            try:
                taken = sock.send(part) if part or len(parts) == 1 else sock.sendmsg(vector)
            except BlockingIOError:
                taken = 0
            sent += taken
            if taken == size and len(parts) <= _MAX_VECTOR:
                parts.clear()
                return sent
            self._drop(taken)
            if taken < size:
                self.is_blocked = True
                return sent
        return sent

    def _join_small(self) -> None:
        """Join what is small, once, so that the rest is not counted again with each system call."""
        joined: list[bytes | memoryview] = []
        small: list[bytes | memoryview] = []
        size = 0
        for part in self.parts:
            small.append(part)
            size += len(part)
            if size >= _JOIN_LIMIT:
                joined.append(small[0] if len(small) == 1 else b"".join(small))
                small = []
                size = 0
        if small:
            joined.append(b"".join(small))
        self.parts[:] = joined

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
