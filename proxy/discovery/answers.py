"""What sources answer, and how they fail."""

from dataclasses import dataclass
from typing import Final, Protocol, final

from proxy.discovery.members import Member

#: s; how long one look-up may take. A source ends within twice that: names first, then the addresses of each.
LOOK_UP_TIMEOUT: Final = 5.0


class DiscoveryError(Exception):
    """There is no answer, for the reason in the message: nothing is known that was not known before."""


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says.

    :ivar members: all that there are now; empty: the source knows the question and has nobody to name
    :ivar ttl: s; None where the source tells none
    :ivar trouble: why a part of it is older than the rest; empty when none is
    """

    members: tuple[Member, ...]
    ttl: float | None = None
    trouble: str = ""


class Source(Protocol):
    """Something that knows the servers of a pool."""

    async def ask(self) -> Answer:
        """Ask once; ends within 2 * LOOK_UP_TIMEOUT. Raises `DiscoveryError`."""
        ...
