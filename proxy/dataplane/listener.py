"""Listening sockets and the tasks that accept on them."""

import errno
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import trio

from proxy.dataplane.reactor import Notice
from proxy.errors import StartupError

_BACKLOG: Final = 1024
_ACCEPTS_PER_TURN: Final = 64
#: How long to wait after an error: when no descriptor is to be had, a client that leaves frees one.
_BACK_OFF: Final = 0.1  # s
#: The listener's own faults. All else is about the one client or about resources: accept(2) also reports what the
#: network or a firewall has against a new connection.
_BROKEN: Final = (errno.EBADF, errno.EINVAL, errno.ENOTSOCK)


def listen_tcp(host: str, port: int) -> list[socket.socket]:
    """Listen on every address that `host` stands for. Raises `StartupError`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise StartupError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    listeners: list[socket.socket] = []
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            listener = socket.socket(family, kind, protocol)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError as error:
            for one in listeners:
                one.close()
            raise StartupError(f"cannot listen on {_label(host, port)}: {error.strerror}") from None
        listener.setblocking(False)
    return listeners


def listen_unix(path: str, mode: int) -> socket.socket:
    """Listen on a unix socket. A file that is there is replaced only if it is a socket that nobody answers on.

    Raises `StartupError`.
    """
    try:
        is_socket = stat.S_ISSOCK(Path(path).lstat().st_mode)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StartupError(f"cannot listen on {path}: {error.strerror}") from None
    else:
        if not is_socket:
            raise StartupError(f"cannot listen on {path}: the file is there and is no socket")
        if _is_answered(path):
            raise StartupError(f"cannot listen on {path}: another process is listening on it")
        try:
            Path(path).unlink(missing_ok=True)
        except OSError as error:
            raise StartupError(f"cannot listen on {path}: the old socket stays: {error.strerror}") from None
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        Path(path).chmod(mode)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartupError(f"cannot listen on {path}: {error.strerror or error}") from None
    listener.setblocking(False)
    return listener


def _is_answered(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            return True  # not to be replaced in doubt
        return True


def _label(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def describe(listener: socket.socket) -> str:
    """Its address as the config writes it."""
    address = listener.getsockname()
    return f"unix:{address}" if listener.family == socket.AF_UNIX else _label(address[0], address[1])


async def accept_clients(
    listener: socket.socket, accept: Callable[[socket.socket], None], notice: Notice
) -> None:
    """Hand every client that connects to `accept`. Runs until cancelled."""
    while True:
        await trio.lowlevel.wait_readable(listener)
        if listener.fileno() < 0:
            return  # cancelled and closed when it was readable already: too late to be interrupted
        for _ in range(_ACCEPTS_PER_TURN):
            try:
                sock, _ = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                break
            except OSError as error:
                if error.errno in _BROKEN:
                    raise
                notice("cannot accept clients for now", reason=error.strerror)
                await trio.sleep(_BACK_OFF)
                break
            accept(sock)
