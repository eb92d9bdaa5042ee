"""A server that says what it is told to, for replies that no real memcached gives."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence


@contextlib.contextmanager
def scripted_server(pieces: Sequence[bytes]) -> Iterator[int]:
    """A port. To the first bytes of its one client it answers with the pieces, each in a packet of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=_serve, args=(listener, pieces))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(10)
            assert not thread.is_alive()


def _serve(listener: socket.socket, pieces: Sequence[bytes]) -> None:
    client, _ = listener.accept()
    with client, contextlib.suppress(ConnectionError):
        client.settimeout(10)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.recv(65536)
        for piece in pieces:
            client.sendall(piece)
        # A client that is content closes; one that still waits shall see the end of the connection.
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
