"""Accepting: what goes wrong with one client that connects is no reason to accept no other."""

import errno
import socket
from typing import Any

import pytest
import trio
import trio.testing

from proxy.dataplane.listener import accept_clients


class _Failing(socket.socket):
    """A listener whose first attempts to accept fail as the kernel may let them."""

    failures: list[int]

    def accept(self) -> tuple[socket.socket, Any]:
        if self.failures:
            raise OSError(self.failures.pop(0), "as the kernel says it")
        return super().accept()


@pytest.mark.parametrize(
    "number",
    [
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ECONNABORTED,
        errno.EPROTO,
        errno.EPERM,
        errno.ENETDOWN,
    ],
)
async def test_an_error_of_one_client_is_not_the_end(number: int) -> None:
    accepted: list[socket.socket] = []
    told: list[str] = []

    def accept(sock: socket.socket) -> None:
        accepted.append(sock)
        nursery.cancel_scope.cancel()

    with _Failing() as listener, socket.socket() as client:
        listener.failures = [number, number]
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        client.connect(listener.getsockname())
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(accept_clients, listener, accept, lambda event, **_: told.append(event))
        assert len(accepted) == 1
        accepted[0].close()
        assert set(told) == (set() if number == errno.ECONNABORTED else {"cannot accept clients for now"})


async def test_a_listener_that_is_closed_as_somebody_connects_ends_the_task_quietly() -> None:
    for _ in range(40):  # trio runs the two tasks that are woken together in random order
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            listener.dup() as twin,
            socket.socket() as client,
        ):
            listener.setblocking(False)
            with trio.fail_after(5):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(accept_clients, listener, socket.socket.close, lambda _: None)
                    await trio.testing.wait_all_tasks_blocked()
                    client.connect(listener.getsockname())
                    await trio.lowlevel.wait_readable(twin)
                    nursery.cancel_scope.cancel()
                    listener.close()
