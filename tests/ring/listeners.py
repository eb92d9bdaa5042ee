"""Backends that say which one they are, to see where a proxy sends a key.

Real listening sockets, served by one thread, that understand `get` and nothing else. A hundred memcached would tell the
same, but not on a machine with two cores.
"""

import os
import selectors
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

Address = tuple[str, int]
"""Host and port; for a Unix socket its path and 0."""


@contextmanager
def tcp_listeners(count: int) -> Iterator[list[Address]]:
    """Listeners on 127.0.0.1, on ports that the kernel chose; each answers every key with its index in the list.

    In the order of their ports, for nutcracker sorts its servers, and of equal points those of the first one win.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        sockets.sort(key=socket.socket.getsockname)
        with _answering(sockets):
            yield [one.getsockname() for one in sockets]


@contextmanager
def default_port_listeners(count: int) -> Iterator[list[Address]]:
    """Listeners on port 11211 of as many loopback addresses."""
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for number in range(count, count + 1000):
            # Another run of these tests may hold some of the addresses; 127.0.0.1 is left to real memcached.
            host = f"127.{os.getpid() % 199 + 50}.{number >> 8}.{number & 255}"
            try:
                sockets.append(stack.enter_context(socket.create_server((host, 11211))))
            except OSError:
                continue
            if len(sockets) == count:
                break
        else:
            pytest.fail("port 11211 is taken on all of loopback: stop what listens on 0.0.0.0:11211")
        with _answering(sockets):
            yield [one.getsockname() for one in sockets]


@contextmanager
def unix_listeners(directory: Path, count: int) -> Iterator[list[Address]]:
    """Listeners on Unix sockets in `directory`; the port is 0."""
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for index in range(count):
            one = stack.enter_context(socket.socket(socket.AF_UNIX))
            one.bind(str(directory / f"backend{index}"))
            one.listen()
            sockets.append(one)
        with _answering(sockets):
            yield [(one.getsockname(), 0) for one in sockets]


@contextmanager
def _answering(sockets: Sequence[socket.socket]) -> Iterator[None]:
    """Serve the listening sockets in a thread."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        thread = threading.Thread(target=_serve, args=(sockets, theirs))
        thread.start()
        try:
            yield
        finally:
            ours.close()
            thread.join()


def _serve(sockets: Sequence[socket.socket], stop: socket.socket) -> None:
    with selectors.DefaultSelector() as selector, ExitStack() as connections:
        selector.register(stop, selectors.EVENT_READ)
        for index, listening in enumerate(sockets):
            selector.register(listening, selectors.EVENT_READ, (index, None))
        while True:
            for ready, _ in selector.select():
                if ready.fileobj is stop:
                    return
                assert isinstance(ready.fileobj, socket.socket)
                index, unread = ready.data
                if unread is None:
                    connection = connections.enter_context(ready.fileobj.accept()[0])
                    selector.register(connection, selectors.EVENT_READ, (index, bytearray()))
                elif received := _received(ready.fileobj):
                    unread += received
                    ready.fileobj.sendall(_replies(index, unread))
                else:
                    selector.unregister(ready.fileobj)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:  # a proxy that is ended does not say goodbye
        return b""


def _replies(index: int, unread: bytearray) -> bytes:
    """Answer the whole request lines at the head of `unread`, and take them off it."""
    whole, _, rest = bytes(unread).rpartition(b"\r\n")
    unread[:] = rest
    value = b"%d" % index
    replies = bytearray()
    for line in whole.split(b"\r\n") if whole else ():
        verb, *asked = line.split(b" ")
        if verb == b"version":  # memcached's proxy asks at first
            replies += b"VERSION 1\r\n"
            continue
        assert verb == b"get", line
        for key in asked:
            if key:  # nutcracker's requests end in a space
                replies += b"VALUE %b 0 %d\r\n%b\r\n" % (key, len(value), value)
        replies += b"END\r\n"
    return bytes(replies)
