"""Who belongs to a pool: the answers of a source in, a membership worth acting on out. Sans-IO: time is an argument.

Theory of operation
-------------------
A server that comes late costs a few misses; a server that goes moves the keys of 1/n of the ring, and moves them
back with old copies when it returns. Answers are not good enough for the second: a DNS server that is starting
knows half of the endpoints, an answer may be a random part of the records, and a pod that is replaced has no record
for some seconds. So both directions are treated differently:

- What is in an answer is a member at once, with the address and the weight of that answer.
- What has left the answers is *missing* and stays a member, until an answer lacks it `forget_after` or later after
  the first one that did. A single answer that has it starts this anew. Time alone forgets nobody: without answers
  (failures, empty ones) there is no evidence, and the last good set stays.
- A missing member whose address another one now has is certainly not there any more, and goes at once. (A pod that
  got the address of an earlier one would otherwise serve the keys of both.)

Members are told apart by identity, which is what the ring hashes: the name, or without one the address.
"""

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, final

from proxy.config import TcpAddress

#: As many as a range may stand for. An answer with more is taken for a mistake: each is a connection.
MAX_MEMBERS: Final = 1024

_NEVER: Final = float("inf")


@final
@dataclass(frozen=True, slots=True)
class Member:
    """A server as a source tells it.

    :ivar name: its identity on the ring; empty when it has none but its address
    :ivar weight: at least 1, relative to the others'
    """

    address: TcpAddress
    name: str = ""
    weight: int = 1

    @property
    def identity(self) -> str:
        return self.name or str(self.address)


@final
class Members:
    """The membership that follows from the answers so far.

    :param forget_after: s
    :param limit: of members, missing ones included; beyond it those that have been missing longest go early
    """

    __slots__ = ("_forget_after", "_limit", "_members", "_missing_since")

    def __init__(self, forget_after: float, limit: int = MAX_MEMBERS) -> None:
        self._forget_after = forget_after
        self._limit = limit
        self._members: dict[str, Member] = {}
        self._missing_since: dict[str, float] = {}  # a part of _members

    def observe(self, answer: Iterable[Member], now: float) -> bool:
        """Take an answer of at most `limit` members, and tell whether it changed the membership.

        An empty one changes nothing. `now` never goes backwards.
        """
        present = {member.identity: member for member in answer}
        if not present:
            return False
        taken = {member.address for member in present.values()}
        missing = {
            identity: self._missing_since.get(identity, now)
            for identity, member in self._members.items()
            if identity not in present and member.address not in taken
        }
        missing = {identity: since for identity, since in missing.items() if now < since + self._forget_after}
        excess = len(present) + len(missing) - self._limit
        if excess > 0:
            for identity in sorted(missing, key=missing.__getitem__)[:excess]:
                del missing[identity]
        members = present | {identity: self._members[identity] for identity in missing}
        is_changed = members != self._members
        self._members = members
        self._missing_since = missing
        return is_changed

    def current(self) -> tuple[Member, ...]:
        """All members, in an order that depends on nothing else: distributions that count servers need it."""
        return tuple(sorted(self._members.values(), key=_rank))

    @property
    def missing(self) -> int:
        """How many members are missing from the answers and not forgotten yet."""
        return len(self._missing_since)

    def next_forget(self) -> float:
        """The earliest time at which an answer can make the membership smaller by `forget_after`; infinity if none."""
        return min(self._missing_since.values(), default=_NEVER) + self._forget_after


def distinct_names(places: Collection[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The ring name of each (host, port), from all that one answer has.

    The name is the host. Several servers of one host must not share their points on the ring: all but the one with
    the lowest port are named ``host:port``. Every proxy that sees the same records finds the same names.
    """
    names: dict[tuple[str, int], str] = {}
    hosts: set[str] = set()
    for host, port in sorted(set(places)):
        names[host, port] = f"{host}:{port}" if host in hosts else host
        hosts.add(host)
    return names


def address_rank(ip: str) -> tuple[int, int, str]:
    """What addresses are sorted by: IPv4 first, each family by number, and last what is no address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return 9, 0, ip
    return address.version, int(address), ip


def _rank(member: Member) -> tuple[str, tuple[int, int, str], int]:
    return member.name, address_rank(member.address.host), member.address.port
