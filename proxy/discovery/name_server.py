"""One name server, as dnspython asks it. Imported only together with `dns_resolver`: dnspython may be missing.

dnspython reads messages where they arrive, in the event loop, and is slow at it: 1.5 ms for a service with 20 hosts
and their addresses, 8 ms for 100, 37 ms for 500 (CPython 3.11). Replies over UDP are short. Those over TCP, which are
all the long ones, are therefore read in a thread, where they hold the loop up no longer than the interpreter takes
to switch.
"""

import struct
from typing import Any, Final, final

import dns.exception
import dns.message
import dns.nameserver
import trio

_LENGTH: Final = struct.Struct("!H")


@final
class NameServer(dns.nameserver.Do53Nameserver):
    """A name server at an IP address."""

    async def async_query(
        self,
        request: dns.message.QueryMessage,
        timeout: float,  # noqa: ASYNC109  # the interface is dnspython's
        source: str | None,
        source_port: int,
        max_size: bool,
        backend: Any,
        one_rr_per_rrset: bool = False,
        ignore_trailing: bool = False,
    ) -> dns.message.Message:
        """Ask once, over TCP where `max_size`. Raises what dnspython reckons with: its own errors, OSError, EOFError."""
        if not max_size:
            return await super().async_query(
                request, timeout, source, source_port, max_size, backend, one_rr_per_rrset, ignore_trailing
            )
        with trio.move_on_after(timeout):
            try:
                wire = await self._converse(request.to_wire())
            except trio.BrokenResourceError as error:
                raise EOFError from error
            response = await trio.to_thread.run_sync(dns.message.from_wire, wire)
            if not request.is_response(response):
                raise dns.exception.FormError(  # type: ignore[no-untyped-call]
                    "the reply is to another question"
                )
            return response
        raise dns.exception.Timeout(timeout=timeout)  # type: ignore[no-untyped-call]

    async def _converse(self, wire: bytes) -> bytes:
        async with await trio.open_tcp_stream(self.address, self.port) as stream:
            await stream.send_all(_LENGTH.pack(len(wire)) + wire)
            (length,) = _LENGTH.unpack(await _receive_exactly(stream, _LENGTH.size))
            return await _receive_exactly(stream, length)


async def _receive_exactly(stream: trio.SocketStream, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        received = await stream.receive_some(size - len(data))
        if not received:
            raise EOFError
        data += received
    return bytes(data)
