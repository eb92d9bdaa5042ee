"""From mcrouter's flattened routes to Outrider's failover, replication and routes.

There each route has its own; here failover belongs to a pool, and there is one primary. So routes that want different
things of one pool cannot be translated.
"""

from collections.abc import Iterator

from proxy.config.paths import quoted
from proxy.convert.draft import Draft
from proxy.convert.mcrouter_targets import Branch, Target
from proxy.convert.source import Source


def put_failover(pool: str, branches: list[Branch], draft: Draft, source: Source) -> None:
    """What `pool` fails over to, which has to be the same wherever routes lead to it."""
    targets = [target for target in _targets(branches) if target.pool == pool]
    for other in targets[1:]:
        if _wanted(other) != _wanted(targets[0]):
            source.refuse(
                other.origin,
                f"leads to the pool {quoted(pool)} with another failover than {targets[0].origin}; "
                "a pool has one failover here",
            )
    failover = targets[0].failover if targets else None
    if failover is None:
        return
    at = ("pools", pool, "failover")
    draft.put((*at, "to"), failover.to, failover.origin)
    draft.put((*at, "writes"), not failover.is_warm_up, failover.origin)
    if failover.is_warm_up:
        draft.put((*at, "warm_up"), True, failover.origin)
    elif failover.exptime_s is not None:
        draft.put((*at, "exptime"), f"{failover.exptime_s}s", failover.origin)
    else:
        draft.remark(
            f"{failover.origin}: what goes to the pool {quoted(failover.to)} in place of {quoted(pool)} lives no "
            "longer than failover.exptime here, and as long as the client says in mcrouter"
        )


def _targets(branches: list[Branch]) -> Iterator[Target]:
    for branch in branches:
        yield branch.target
        yield from branch.target.copies


def _wanted(target: Target) -> tuple[str, bool, int | None] | None:
    failover = target.failover
    return None if failover is None else (failover.to, failover.is_warm_up, failover.exptime_s)


def put_replication(branches: list[Branch], draft: Draft, source: Source) -> None:
    """One primary and its secondary, the same wherever routes copy."""
    targets = [branch.target for branch in branches if branch.target.copies]
    if not targets:
        return
    first = targets[0]
    for other in targets[1:]:
        if (other.pool, other.secondary) != (first.pool, first.secondary):
            source.refuse(
                other.origin,
                f"copies otherwise than {first.origin}; there is one primary and one secondary here",
            )
    draft.put(("replication", "from"), first.pool, first.origin)
    draft.put(("replication", "to"), list(first.secondary), first.origin)


def put_routes(branches: list[Branch], draft: Draft) -> None:
    primary = next((branch.target.pool for branch in branches if branch.target.copies), None)
    index = 0
    for branch in branches:
        target = branch.target
        is_uncopied = target.pool == primary and not target.copies
        if not (branch.prefix or target.is_synchronous or is_uncopied):
            continue  # the default pool takes these keys as they are
        at = ("routes", index)
        draft.put((*at, "prefix"), branch.prefix, branch.origin)
        draft.put((*at, "pool"), target.pool, target.origin)
        if target.is_synchronous:
            draft.put((*at, "ack"), "secondary", target.origin)
        if is_uncopied:
            draft.put((*at, "replicate"), False, target.origin)
        index += 1
