"""mcrouter's kinds of routes, one function for each that Outrider can do, and one reason for each that it cannot."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from proxy.convert.draft import Draft
from proxy.convert.given import Given
from proxy.convert.mcrouter_pools import Hashing, McrouterPools
from proxy.convert.mcrouter_targets import Failover, Target
from proxy.convert.source import Source

_DEFAULT_FAILOVER_EXPTIME_S: Final = 60  # of FailoverWithExptimeRoute
_MOST_SECONDS: Final = 2**31 - 1

_NO_REWRITING: Final = "keys go out as they come in here"
_NO_RATES: Final = "clients are not held to a rate here"
_COPIES: Final = "the primary answers here (AllSyncRoute, AllAsyncRoute and AllInitialRoute are converted)"
_BY_KEY: Final = "the key alone chooses the server here"
_SWALLOWS: Final = "every key goes to a pool here"
REFUSED_KINDS: Final[Mapping[str, str]] = {
    "AllFastestRoute": _COPIES,
    "AllMajorityRoute": _COPIES,
    "DevNullRoute": _SWALLOWS,
    "ErrorRoute": _SWALLOWS,
    "NullRoute": _SWALLOWS,
    "HashRoute": 'write "PoolRoute|NAME", which hashes over the servers of a pool too',
    "HostIdRoute": _BY_KEY,
    "LatestRoute": _BY_KEY,
    "LoadBalancerRoute": _BY_KEY,
    "RandomRoute": _BY_KEY,
    "KeySplitRoute": _NO_REWRITING,
    "ModifyKeyRoute": _NO_REWRITING,
    "ShardSplitRoute": _NO_REWRITING,
    "ModifyExptimeRoute": "exptimes go out as they come in here, except on failover",
    "L1L2CacheRoute": "the hot cache is the level in front here",
    "L1L2SizeSplitRoute": "the size of a value does not choose its pool here",
    "MigrateRoute": "pools do not change with the time here: convert what it leads to now",
    "MissFailoverRoute": "a miss is an answer here, except that of a WarmUpRoute",
    "OperationSelectorRoute": "the command does not choose the pool here",
    "OutstandingLimitRoute": "pools.NAME.max_in_flight is the limit here",
    "PrefixSelectorRoute": "it can only be the outermost route",
    "RateLimitRoute": _NO_RATES,
    "ShadowRoute": "there is no shadow traffic here",
}
_POOL_ROUTE_REFUSED: Final = {
    "shadows": "there is no shadow traffic here",
    "shard_splits": _NO_REWRITING,
    "bucketize": "keys are not grouped here",
}
_POOL_ROUTE_REMARKED: Final = {
    "asynclog": "deletes that failed are not logged here",
    "asynclog_name": "deletes that failed are not logged here",
    "rates": _NO_RATES,
    "split_shard_fanout": _NO_REWRITING,
}
_FAILOVER_REMARKED: Final = {
    "failover_errors": "whatever fails goes to the other pool here",
    "settings": "whatever fails goes to the other pool here",
    "failover_limit": "there is no limit here",
    "failover_policy": "there is only one other pool here",
    "failover_tag": _NO_REWRITING,
    "enable_lease_pairing": "there are no leases here",
}


class Tree(Protocol):
    """What a kind may ask of the tree that it is in."""

    @property
    def pools(self) -> McrouterPools: ...
    @property
    def source(self) -> Source: ...
    @property
    def draft(self) -> Draft: ...
    def target(self, given: Given) -> Target: ...


def _pool_route(tree: Tree, given: Given, keys: dict[str, Given]) -> Target:
    tree.source.refuse_unknown(
        keys, ("type", "name", "pool", "hash", *_POOL_ROUTE_REFUSED, *_POOL_ROUTE_REMARKED)
    )
    for key, reason in _POOL_ROUTE_REFUSED.items():
        if key in keys and keys[key].value:
            tree.source.refuse(keys[key].origin, f"has no counterpart: {reason}")
    _remark(tree, keys, _POOL_ROUTE_REMARKED)
    pool = _needed(given, keys, "pool")
    hashing = _hashing(tree, keys["hash"]) if "hash" in keys else Hashing()
    return Target(tree.pools.use(pool, hashing, given), given.origin)


def _hashing(tree: Tree, given: Given) -> Hashing:
    if isinstance(given.value, str):
        return Hashing(given.value)
    keys = given.keys()
    # Only the weighted hashes look at weights, and those are refused; of the tags Outrider has no use.
    tree.source.refuse_unknown(keys, ("hash_func", "salt", "weights", "tags"))
    function = keys["hash_func"].text() if "hash_func" in keys else Hashing().function
    return Hashing(function, keys["salt"].text() if "salt" in keys else "")


def _failover_route(tree: Tree, given: Given, keys: dict[str, Given]) -> Target:
    tree.source.refuse_unknown(keys, ("type", "name", "children", *_FAILOVER_REMARKED))
    first, second, *more = _children(given, keys)
    if more:
        raise more[0].refused("a pool fails over to one other here, and not on from there")
    _remark(tree, keys, _FAILOVER_REMARKED)
    failover = Failover(_plain(tree, second).pool, given.origin)
    return _plain(tree, first)._replace(origin=given.origin, failover=failover)


def _failover_with_exptime(tree: Tree, given: Given, keys: dict[str, Given]) -> Target:
    known = ("type", "name", "normal", "failover", "failover_exptime", *_FAILOVER_REMARKED)
    tree.source.refuse_unknown(keys, known)
    normal, spare = _needed(given, keys, "normal"), _needed(given, keys, "failover")
    exptime_s = _DEFAULT_FAILOVER_EXPTIME_S
    if "failover_exptime" in keys:
        exptime_s = keys["failover_exptime"].number(1, _MOST_SECONDS)
    _remark(tree, keys, _FAILOVER_REMARKED)
    failover = Failover(_plain(tree, spare).pool, given.origin, exptime_s=exptime_s)
    return _plain(tree, normal)._replace(origin=given.origin, failover=failover)


def _warm_up_route(tree: Tree, given: Given, keys: dict[str, Given]) -> Target:
    tree.source.refuse_unknown(keys, ("type", "name", "cold", "warm", "exptime"))
    cold, warm = _needed(given, keys, "cold"), _needed(given, keys, "warm")
    _remark(tree, keys, {"exptime": "how long an item lives that is copied back is not set here"})
    failover = Failover(_plain(tree, warm).pool, given.origin, is_warm_up=True)
    return _plain(tree, cold)._replace(origin=given.origin, failover=failover)


def _all_route(tree: Tree, given: Given, keys: dict[str, Given]) -> Target:
    tree.source.refuse_unknown(keys, ("type", "name", "children"))
    first, *others = [_uncopied(tree, child) for child in _children(given, keys)]
    is_synchronous = keys["type"].value == "AllSyncRoute"
    tree.draft.remark_on(
        keys["type"],
        "its first pool answers reads here, and a write once all pools have it"
        if is_synchronous
        else "its first pool answers here, and the others follow",
    )
    return first._replace(origin=given.origin, copies=tuple(others), is_synchronous=is_synchronous)


def _plain(tree: Tree, given: Given) -> Target:
    """The target of a route that does nothing more than lead to a pool."""
    target = tree.target(given)
    if target.failover or target.copies:
        raise given.refused("has to lead to one pool and no further: routes are not nested here")
    return target


def _uncopied(tree: Tree, given: Given) -> Target:
    target = tree.target(given)
    if target.copies:
        raise given.refused("copies are not copied again here")
    return target


def _children(given: Given, keys: dict[str, Given]) -> list[Given]:
    children = _needed(given, keys, "children").entries()
    if len(children) < 2:
        raise keys["children"].refused("needs at least two routes")
    return children


def _needed(given: Given, keys: dict[str, Given], key: str) -> Given:
    if key not in keys:
        raise given.refused(f'has no "{key}"')
    return keys[key]


def _remark(tree: Tree, keys: dict[str, Given], texts: Mapping[str, str]) -> None:
    for key, text in texts.items():
        if key in keys:
            tree.draft.remark_on(keys[key], text)


KINDS: Final[Mapping[str, Callable[[Tree, Given, dict[str, Given]], Target]]] = {
    "PoolRoute": _pool_route,
    "FailoverRoute": _failover_route,
    "FailoverWithExptimeRoute": _failover_with_exptime,
    "WarmUpRoute": _warm_up_route,
    "AllSyncRoute": _all_route,
    "AllAsyncRoute": _all_route,
    "AllInitialRoute": _all_route,
}
