"""A TCP relay between Outrider and a real backend, whose faults are switched while it runs.

It runs trio in a thread of its own: the tests and the load that they check with are ordinary blocking code.
With no fault switched on it is transparent, ends of file and resets included (`test_relay`).
"""

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import trio

from tests.servers import DEADLINE, free_port

_READ_SIZE: Final = 65536
_POLL: Final = 0.002  # s between two looks at a fault that holds bytes back
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends a reset

Edit = Callable[[bytes], bytes]


@dataclass
class Way:
    """What happens to the bytes of one direction.

    :ivar is_held: they stay in the relay until this is switched off; the connection looks alive
    :ivar is_dropped: they are read and thrown away
    :ivar delay: s before each read's worth of bytes goes on
    :ivar piece: bytes per send; 0 passes on what came
    :ivar rate: bytes per second; 0 is unlimited
    :ivar edit: what to send in place of each read's worth of bytes
    :ivar bytes_left: after so many bytes more, on all connections together, the connection is cut
    :ivar cut_by_reset: how
    """

    is_held: bool = False
    is_dropped: bool = False
    delay: float = 0.0
    piece: int = 0
    rate: float = 0.0
    edit: Edit | None = None
    bytes_left: int | None = None
    cut_by_reset: bool = False

    def cut_after(self, size: int, *, by_reset: bool) -> None:
        self.cut_by_reset = by_reset
        self.bytes_left = size


class _Connection:
    """A client of the relay and its own connection to the backend.

    :ivar is_held: as `Way.is_held`, both ways, for this connection alone
    :ivar is_forgotten: the next request on it is answered by a reset
    """

    def __init__(self, near: trio.SocketStream, far: trio.SocketStream) -> None:
        self.near = near
        self.far = far
        self.scope = trio.CancelScope()
        self.is_held = False
        self.is_forgotten = False

    def cut(self, *, by_reset: bool) -> None:
        """End both sides."""
        if by_reset:
            for stream in (self.near, self.far):
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.scope.cancel()


class Relay:
    """Relays a port of its own to `target`, also on loopback.

    :ivar requests: the way to the backend
    :ivar replies: the way from the backend
    :ivar accepted: connections so far
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.requests = Way()
        self.replies = Way()
        self.accepted = 0
        self._connections: set[_Connection] = set()
        self._ready: queue.SimpleQueue[trio.lowlevel.TrioToken] = queue.SimpleQueue()
        self._thread = threading.Thread(target=trio.run, args=(self._run,), name="relay")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._connections)

    def __enter__(self) -> Self:
        self._thread.start()
        self._token = self._ready.get(timeout=DEADLINE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._nursery.cancel_scope.cancel)
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "the relay ends"

    # ---- faults that happen at once ----

    def refuse(self) -> None:
        """Stop to listen: whoever connects is refused. Established connections live on."""
        self._do(self._listener.socket.close)

    def listen(self) -> None:
        """Listen again."""
        trio.from_thread.run(self._nursery.start, self._accept, trio_token=self._token)

    def cut(self, *, by_reset: bool) -> None:
        """End every connection, on both sides."""
        self._do(lambda: self._cut_all(by_reset=by_reset))

    def forget(self) -> None:
        """As a gateway that drops idle connections: nobody is told, and the next request meets a reset."""
        for one in list(self._connections):
            one.is_forgotten = True

    def hold_established(self) -> None:
        """Both ways of the connections there are; new ones are not affected."""
        for one in list(self._connections):
            one.is_held = True

    def release(self) -> None:
        """Let the held connections go on with what was held back."""
        self.requests.is_held = self.replies.is_held = False
        for one in list(self._connections):
            one.is_held = False

    def send(self, data: bytes) -> None:
        """Send `data` out of the blue on every connection, as if the backend had."""
        for one in list(self._connections):
            trio.from_thread.run(one.near.send_all, data, trio_token=self._token)

    def _do(self, what: Callable[[], object]) -> None:
        trio.from_thread.run_sync(what, trio_token=self._token)

    # ---- the thread's side ----

    async def _run(self) -> None:
        async with trio.open_nursery() as self._nursery:
            await self._nursery.start(self._accept)
            self._ready.put(trio.lowlevel.current_trio_token())
            await trio.sleep_forever()

    def _cut_all(self, *, by_reset: bool) -> None:
        for one in list(self._connections):
            one.cut(by_reset=by_reset)

    async def _accept(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._listener = (await trio.open_tcp_listeners(self.port, host="127.0.0.1"))[0]
        task_status.started()
        with contextlib.suppress(trio.ClosedResourceError):  # this is how `refuse` ends it
            async with self._listener:
                while True:
                    near = await self._listener.accept()
                    self.accepted += 1
                    self._nursery.start_soon(self._relay, near)

    async def _relay(self, near: trio.SocketStream) -> None:
        with contextlib.closing(near.socket):
            try:
                far = await trio.open_tcp_stream("127.0.0.1", self.target)
            except OSError:
                return
            connection = _Connection(near, far)
            self._connections.add(connection)
            with contextlib.closing(far.socket), connection.scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._pump, connection, self.requests, near, far)
                    nursery.start_soon(self._pump, connection, self.replies, far, near)
            self._connections.discard(connection)

    async def _pump(
        self, connection: _Connection, way: Way, source: trio.SocketStream, sink: trio.SocketStream
    ) -> None:
        try:
            while data := await source.receive_some(_READ_SIZE):
                if way is self.requests and connection.is_forgotten:
                    connection.cut(by_reset=True)
                    return
                await self._wait_released(connection, way)
                await self._pass_on(connection, way, data, sink)
            await self._wait_released(connection, way)
            await sink.send_eof()
        except trio.BrokenResourceError:
            await self._wait_released(connection, way)
            connection.cut(by_reset=True)

    async def _wait_released(self, connection: _Connection, way: Way) -> None:
        while way.is_held or connection.is_held:  # noqa: ASYNC110 - switched by another thread
            await trio.sleep(_POLL)

    async def _pass_on(self, connection: _Connection, way: Way, data: bytes, sink: trio.SocketStream) -> None:
        if way.is_dropped:
            return
        if way.delay:
            await trio.sleep(way.delay)
        if way.edit is not None:
            data = way.edit(data)
        cut = way.bytes_left is not None and len(data) >= way.bytes_left
        if way.bytes_left is not None:
            data = data[: way.bytes_left]
            way.bytes_left = None if cut else way.bytes_left - len(data)
        size = way.piece or (max(int(way.rate / 50), 1) if way.rate else max(len(data), 1))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            await sink.send_all(piece)
            if way.rate:
                await trio.sleep(len(piece) / way.rate)
        if cut:
            connection.cut(by_reset=way.cut_by_reset)
