"""The servers of a nutcracker pool: ``host:port:weight name`` or ``/path:weight name``, the name optional.

A server's place on nutcracker's ring comes from its name, else from its address as the file spells it: the host
alone when the port is 11211, else "host:port", of a Unix socket "path:". Where Outrider's ketama would spell that
differently, it is given as the server's name, so that no key moves.
"""

from typing import Final, NamedTuple

from proxy.config import ListenAddress, TcpAddress, parse_listen
from proxy.config.address import canonical
from proxy.config.paths import quoted
from proxy.convert.draft import Draft
from proxy.convert.given import Given
from proxy.convert.nutcracker_pool import NutcrackerPool

_DEFAULT_PORT: Final = 11211
_MAX_PORT: Final = 65535
_MAX_WEIGHT: Final = 1_000_000  # Outrider's
_FORM: Final = '"host:port:weight name" or "/path:weight name", the name optional'


class _Server(NamedTuple):
    """:ivar identity: what stands for it on nutcracker's ring."""

    address: ListenAddress
    weight: int
    name: str
    identity: str
    given: Given


def put_servers(pool: NutcrackerPool, draft: Draft) -> None:
    if not pool.has("servers"):
        pool.refuse_missing("servers")
        return
    servers: list[_Server] = []
    for given in pool.entries("servers"):
        with pool.trying(given):
            server = _read(given)
            _refuse_repeated(server, servers)
            servers.append(server)
    ordered = sorted(servers, key=_order)
    if ordered != servers:
        draft.remark(
            f"{pool.origin('servers')}: the order is that in which nutcracker counts servers, by the length "
            "of their names and then by the names themselves"
        )
    for index, server in enumerate(ordered):
        draft.put(("pools", pool.name, "servers", index), _entry(server), server.given.origin)


def _order(server: _Server) -> tuple[int, bytes]:
    """How nutcracker sorts (`string_compare`): modula counts in this order, and ketama breaks ties by it."""
    identity = server.identity.encode()
    return len(identity), identity


def _read(given: Given) -> _Server:
    text = given.text()
    located, space, name = text.rpartition(" ") if " " in text else (text, "", "")
    if space and not name:
        raise given.refused("ends with a space, where a name would stand")
    place, _, weight_text = located.rpartition(":")
    weight = _number(weight_text)
    if not place or not weight:
        raise given.unexpected(_FORM)
    if weight > _MAX_WEIGHT:
        raise given.refused(
            f"the weight {weight} is above {_MAX_WEIGHT}, the greatest here: divide all weights of the pool"
        )
    if place.startswith("/"):
        return _Server(parse_listen(f"unix:{place}"), weight, name, name or f"{place}:", given)
    host, _, port_text = place.rpartition(":")
    port = _number(port_text)
    if not host or not port or port > _MAX_PORT:
        raise given.unexpected(_FORM)
    address = parse_listen(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    return _Server(address, weight, name, name or (host if port == _DEFAULT_PORT else place), given)


def _number(text: str) -> int:
    """0 for what is no number, and for one that is out of all bounds here; zeros in front are overlooked."""
    is_number = text.isdecimal() and text.isascii() and len(text.lstrip("0")) <= 10
    return int(text.lstrip("0") or "0") if is_number else 0


def _refuse_repeated(server: _Server, others: list[_Server]) -> None:
    for other in others:
        if server.identity == other.identity:
            message = (
                f"has the name of the server in line {other.given.origin.line}: {quoted(server.identity)}"
            )
            raise server.given.refused(message)
        if canonical(server.address) == canonical(other.address):
            message = (
                f"has the address of the server in line {other.given.origin.line}, under another name: "
                "Outrider takes an address once in a pool"
            )
            raise server.given.refused(message)


def _entry(server: _Server) -> str | dict[str, str | int]:
    entry: dict[str, str | int] = {"address": str(server.address)}
    if server.name or server.identity != _identity(server.address):
        entry["name"] = server.identity
    if server.weight != 1:
        entry["weight"] = server.weight
    return entry if len(entry) > 1 else str(server.address)


def _identity(address: ListenAddress) -> str:
    """What Outrider's ketama puts on the ring for a server without a name."""
    if isinstance(address, TcpAddress):
        return address.host if address.port == _DEFAULT_PORT else f"{address.host}:{address.port}"
    return f"{address.path}:0"
