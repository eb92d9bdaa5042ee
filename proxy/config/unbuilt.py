"""What is part of the schema and not of the program yet.

Such a feature is read and checked in full, and refused when it is switched on. Once it is built, its row goes
away; nothing else has to change.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from proxy.config.paths import select
from proxy.config.problems import Problems
from proxy.config.schema import Config


class Unbuilt(NamedTuple):
    """:ivar key: where it is reported, when that is not the last part of `pattern`."""

    pattern: str
    is_on: Callable[[object], bool]
    feature: str
    key: str | None = None


NOT_BUILT: Final = (
    Unbuilt("proxy.admin", lambda value: value is not None, "the admin port"),
    Unbuilt("hot_cache.enabled", bool, "the hot cache"),
    Unbuilt("pools.*.failover.to", bool, "failover"),
    Unbuilt("pools.*.health.eject", bool, "ejecting a server"),
    Unbuilt("pools.*.health.timeouts_until_down", lambda value: value != 3, "counting timeouts until down"),
    Unbuilt("pools.*.health.rise", lambda value: value != 1, "counting probes until live"),
    Unbuilt("pools.*.health.failback_delay", bool, "a delay of the failback"),
    Unbuilt("memory.*.policy", lambda value: value != "lru", 'a policy other than "lru"'),
    Unbuilt("memory.*.allocator", lambda value: value != "dynamic", 'an allocator other than "dynamic"'),
    Unbuilt("replication.to", bool, "replication"),
    Unbuilt("routes.*.replicate", lambda value: value is not True, "a choice of what is replicated"),
    Unbuilt("routes.*.ack", lambda value: value == "secondary", "waiting for the secondary"),
    Unbuilt("routes.*.hot_cache", bool, "the hot cache"),
)


def refuse_unbuilt(config: Config, problems: Problems) -> None:
    for row in NOT_BUILT:
        for path, value in select(config, row.pattern):
            if row.is_on(value):
                reported = path if row.key is None else (*path[:-1], row.key)
                problems.add(reported, f"{row.feature} is not built yet in this version")
