"""An authoritative name server for ``test.`` on loopback, over UDP and TCP, that can also misbehave.

What it answers when it behaves is dnsmasq's answer: `test_nameserver_contract` holds the two side by side.
"""

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Final, NamedTuple, Self, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from proxy.config import TcpAddress

ORIGIN: Final = dns.name.from_text("test.")


class Records(NamedTuple):
    """:ivar ttl: s."""

    ttl: int
    values: tuple[str, ...]


Zone = dict[tuple[str, str], Records]
"""(absolute name, type) → records, as a zone file writes them."""


class Fault(NamedTuple):
    """How a question is answered instead of what the zone says.

    :ivar rcode: with nothing else in the answer
    :ivar garbage: bytes that stand for the whole reply
    :ivar delay: s, before the answer
    """

    rcode: str = ""
    is_silent: bool = False
    garbage: bytes = b""
    delay: float = 0.0


class Question(NamedTuple):
    """:ivar at: monotonic, s."""

    at: float
    name: str
    kind: str
    is_tcp: bool


class NameServer:
    """The server, from its making to `close`.

    :ivar zone: may be changed at any time
    :ivar faults: by (name, type), by (name, type, "tcp") for TCP alone, or by name for all types of it
    :ivar questions: all that have come
    :ivar is_generous: addresses of SRV targets are sent along
    """

    def __init__(self, zone: Zone | None = None) -> None:
        self.zone: Zone = dict(zone or {})
        self.faults: dict[tuple[str, ...] | str, Fault] = {}
        self.questions: list[Question] = []
        self.is_generous = True
        self._is_closed = threading.Event()
        self._tcp = _TcpServer(("127.0.0.1", 0), _TcpQuestion)
        self._udp = _UdpServer(self._tcp.server_address, _UdpQuestion)
        for server in (self._tcp, self._udp):
            server.owner = self
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> TcpAddress:
        host, port = self._tcp.server_address[:2]
        return TcpAddress(str(host), port)

    def put(self, name: str, kind: str, *values: str, ttl: int = 0) -> None:
        """Replace the records of `name` and `kind`; without values there are none, though the name still exists."""
        self.zone[name, kind] = Records(ttl, values)

    def asked(self, name: str, kind: str) -> int:
        return sum((question.name, question.kind) == (name, kind) for question in self.questions)

    def reply(self, wire: bytes, *, is_tcp: bool) -> bytes | None:
        """The reply to a question, or None for silence."""
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text().lower()
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        self.questions.append(Question(time.monotonic(), name, kind, is_tcp))
        fault = self.faults.get((name, kind)) or self.faults.get(name) or Fault()
        if is_tcp:
            fault = self.faults.get((name, kind, "tcp")) or fault
        self._is_closed.wait(fault.delay)
        if fault.is_silent or self._is_closed.is_set():
            return None
        if fault.garbage:
            return fault.garbage
        response = dns.message.make_response(query, recursion_available=True)
        if fault.rcode:
            response.set_rcode(dns.rcode.from_text(fault.rcode))
        else:
            self._answer(response, query.question[0].name, kind)
        if is_tcp:
            return response.to_wire()
        try:
            return response.to_wire(max_size=max(query.payload, 512))
        except dns.exception.TooBig:
            response.answer.clear()
            response.additional.clear()
            response.flags |= dns.flags.TC
            return response.to_wire()

    def _answer(self, response: dns.message.Message, name: dns.name.Name, kind: str) -> None:
        if not name.is_subdomain(ORIGIN):
            response.set_rcode(dns.rcode.REFUSED)
            return
        asked = name
        while alias := self._find(name, "CNAME"):
            response.answer.append(alias)
            name = dns.name.from_text(alias[0].to_text())
        found = self._find(name, kind)
        if found:
            response.answer.append(found)
            if kind == "SRV" and self.is_generous:
                response.additional.extend(self._addresses(record.target for record in found))
        elif not any(owner == name.to_text().lower() for owner, _ in self.zone) and name == asked:
            response.set_rcode(dns.rcode.NXDOMAIN)

    def _find(self, name: dns.name.Name, kind: str) -> dns.rrset.RRset | None:
        records = self.zone.get((name.to_text().lower(), kind))
        if records is None or not records.values:
            return None
        return dns.rrset.from_text_list(name, records.ttl, "IN", kind, records.values)

    def _addresses(self, names: Iterable[dns.name.Name]) -> Iterable[dns.rrset.RRset]:
        found = [self._find(name, kind) for name in dict.fromkeys(names) for kind in ("A", "AAAA")]
        return [rrset for rrset in found if rrset]

    def close(self) -> None:
        self._is_closed.set()
        for server in (self._tcp, self._udp):
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    owner: NameServer


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    owner: NameServer


class _UdpQuestion(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sock = cast("tuple[bytes, socket.socket]", self.request)
        reply = cast("_UdpServer", self.server).owner.reply(wire, is_tcp=False)
        if reply is not None:
            with contextlib.suppress(OSError):
                sock.sendto(reply, self.client_address)


class _TcpQuestion(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        length = self.rfile.read(2)
        if len(length) == 2:
            wire = self.rfile.read(struct.unpack("!H", length)[0])
            reply = cast("_TcpServer", self.server).owner.reply(wire, is_tcp=True)
            if reply is not None:
                with contextlib.suppress(OSError):
                    self.wfile.write(struct.pack("!H", len(reply)) + reply)
