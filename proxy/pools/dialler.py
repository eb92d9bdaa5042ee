"""The task that keeps one link connected.

A new connection has to prove itself with a probe before it is used: a kernel accepts connections for a
process that is stopped. Then the link's fences must have closed. Failed attempts are repeated after a delay
that doubles from ``probe_interval`` to ``probe_max``, each shortened at random by up to a quarter, so that the
sidecars of a cluster do not knock at a returning backend all at once. A connection that was lost is dialled
again at once, unless it lived for less than ``probe_interval`` and so did the one before it.
"""

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import trio

from proxy.config import TcpAddress, UnixAddress
from proxy.dataplane.link import Link

_PROBE: Final = b"version\r\n"
_PROBE_REPLY: Final = b"VERSION "
_MAX_PROBE_REPLY: Final = 256


@final
@dataclass(frozen=True, slots=True)
class DialPolicy:
    """All in seconds; the names are those of the config."""

    connect_timeout: float
    timeout: float
    fence_timeout: float
    probe_interval: float
    probe_max: float


class DialError(Exception):
    """An attempt to connect failed, for the reason in the message."""


async def keep_connected(
    link: Link, address: TcpAddress | UnixAddress, current: Callable[[], DialPolicy]
) -> None:
    """Give `link` a socket whenever it has none. Runs until cancelled.

    :param current: the policy of the moment; it may change between attempts
    """
    failures = 0  # attempts in a row that gave no lasting connection
    await link.wait_needs_socket()
    while True:
        policy = current()
        try:
            stream = await _connect(address, policy)
        except DialError as error:
            link.dial_failed(str(error))
            await trio.sleep(_delay(policy, failures))
            failures += 1
            continue
        try:
            with trio.move_on_after(policy.fence_timeout):
                await link.fences.wait_closed()
        except BaseException:
            await _close(stream)
            raise
        # No checkpoint between these: nothing may slip in between the end of the fences and the first bytes.
        removals = link.fences.break_open()
        link.attach(_detach(stream), removals)
        attached_at = trio.current_time()
        await link.wait_needs_socket()
        if trio.current_time() - attached_at >= policy.probe_interval:
            failures = 0
        elif failures:
            link.dial_failed(f"{address}: lost soon after connecting")
            await trio.sleep(_delay(policy, failures))
            failures += 1
        else:
            failures = 1


def _delay(policy: DialPolicy, failures: int) -> float:
    """Seconds until the next attempt, where so many had failed before the last one did."""
    longest = min(policy.probe_interval * 2.0 ** min(failures, 32), policy.probe_max)
    return longest * random.uniform(0.75, 1.0)


async def _connect(address: TcpAddress | UnixAddress, policy: DialPolicy) -> trio.SocketStream:
    """A connection that has answered a probe. Raises `DialError`."""
    stream: trio.SocketStream | None = None
    try:
        with trio.fail_after(policy.connect_timeout):
            if isinstance(address, UnixAddress):
                stream = await trio.open_unix_socket(address.path)
            else:
                stream = await trio.open_tcp_stream(address.host, address.port)
        with trio.fail_after(policy.timeout):
            await _probe(stream)
    except trio.TooSlowError:
        phase = "connecting" if stream is None else "the probe"
        await _close(stream)
        raise DialError(f"{address}: {phase} took too long") from None
    except (
        OSError,
        UnicodeError,
        trio.BrokenResourceError,
    ) as error:  # UnicodeError: no resolver takes the name
        await _close(stream)
        raise DialError(f"{address}: {_reason(error)}") from error
    except BaseException:
        await _close(stream)
        raise
    return stream


async def _probe(stream: trio.SocketStream) -> None:
    await stream.send_all(_PROBE)
    reply = b""
    while not reply.endswith(b"\n"):
        if len(reply) > _MAX_PROBE_REPLY:
            raise DialError("the probe was answered by something that is no memcached")
        received = await stream.receive_some(_MAX_PROBE_REPLY)
        if not received:
            raise DialError("closed during the probe")
        reply += received
    if not reply.startswith(_PROBE_REPLY):
        raise DialError(f"the probe was answered {reply[:60]!r}")


async def _close(stream: trio.SocketStream | None) -> None:
    if stream is not None:
        with trio.CancelScope(shield=True):  # closing does not wait
            await trio.aclose_forcefully(stream)


def _detach(stream: trio.SocketStream) -> socket.socket:
    """The stream's socket, free of trio."""
    trio.lowlevel.notify_closing(stream.socket)  # or trio's epoll set would go on watching the descriptor
    sock = socket.socket(fileno=stream.socket.detach())
    sock.setblocking(False)
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


def _reason(error: BaseException) -> str:
    """The innermost cause: trio wraps the errors of several addresses."""
    while isinstance(error.__cause__, BaseExceptionGroup | OSError) and error.__cause__ is not error:
        error = error.__cause__
    if isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)  # trio's own text has the address once more
    if isinstance(error, OSError) and error.strerror:
        return error.strerror  # of a name that cannot be resolved
    return str(error) or type(error).__name__
