"""What is left of mcrouter's tree of routes when it is flattened: for each prefix, where its keys go."""

from typing import NamedTuple

from proxy.convert.given import Origin


class Failover(NamedTuple):
    """Where keys go when their own pool fails, or misses.

    :ivar exptime_s: None where mcrouter leaves the client's
    """

    to: str
    origin: Origin
    is_warm_up: bool = False
    exptime_s: int | None = None


class Target(NamedTuple):
    """A pool, and what a route does besides leading there.

    :ivar copies: where writes go as well, each with a failover of its own
    :ivar is_synchronous: whether a write waits for those
    """

    pool: str
    origin: Origin
    failover: Failover | None = None
    copies: tuple["Target", ...] = ()
    is_synchronous: bool = False

    @property
    def secondary(self) -> tuple[str, ...]:
        return tuple(copy.pool for copy in self.copies)


class Branch(NamedTuple):
    """The keys of one prefix.

    :ivar prefix: empty for all keys that no other takes
    """

    prefix: str
    target: Target
    origin: Origin
