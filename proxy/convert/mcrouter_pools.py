"""mcrouter's pools: their servers, their timeouts, and where their hash puts keys.

Its hash counts servers in the order of the list, and no distribution of Outrider's does that in the same way, with
one exception. `Crc32` is (crc32 & 0x7fffffff) mod n, and where n is a power of two the mask changes nothing: that is
`modula` with the plain crc32.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, final

from proxy.config import parse_listen
from proxy.config.paths import quoted
from proxy.config.reading import nearest
from proxy.convert.draft import Draft
from proxy.convert.given import Given
from proxy.convert.source import Source, refuse_bad_name
from proxy.convert.toml import milliseconds

_MAX_TIMEOUT_MS: Final = 1_000_000  # mcrouter's
_DEFAULT_TIMEOUT_MS: Final = 1000  # its --server-timeout

#: Hashes of the key alone; another one in their place only moves keys.
_EXCHANGEABLE: Final = ("Ch3", "Crc32", "ConstShard", "Rendezvous")
_WEIGHTS: Final = (
    "weights are shares of a server's own keys in mcrouter, and of the pool's here: convert without them, then give "
    "the servers weights"
)
_MORE_THAN_KEYS: Final = "the key alone chooses the server here"
#: Hashes that have no counterpart even where keys may move.
_REFUSED_HASHES: Final[Mapping[str, str]] = {
    "WeightedCh3": _WEIGHTS,
    "WeightedCh4": _WEIGHTS,
    "WeightedRendezvous": _WEIGHTS,
    "Latest": _MORE_THAN_KEYS,
    "LoadBalancer": _MORE_THAN_KEYS,
}

_TRANSLATED: Final = ("name", "servers", "server_timeout", "connect_timeout")
#: Keys that are harmless with one value, and have no counterpart with any other.
_HARMLESS: Final[Mapping[str, tuple[str | bool, str]]] = {
    "protocol": ("ascii", "Outrider speaks memcached's text protocol only"),
    "security_mech": ("plain", "Outrider does not encrypt"),
    "use_ssl": (False, "Outrider does not encrypt"),
    "use_typed": (False, "Outrider speaks memcached's text protocol only"),
    "keep_routing_prefix": (False, "Outrider knows no routing prefixes"),
}
_REFUSED: Final[Mapping[str, str]] = {
    "inherit": "the pool it inherits from is not in this file: write its servers here",
    "weights": _WEIGHTS,
    "port_override": "write the port behind each server",
}
_REMARKED: Final[Mapping[str, str]] = {
    "region": "only chooses a timeout of mcrouter's command line",
    "cluster": "only chooses a timeout of mcrouter's command line",
    "pool_locality": "only chooses a timeout of mcrouter's command line",
    "qos": "packets are not marked here",
    "hostnames": "is for mcrouter's own messages",
    "failure_domains": "failover does not look at them here",
    "tags": "are for mcrouter's Rendezvous hash",
    "error_on_empty": "a pool without servers is an error here in any case",
    "additional_fanout": "more connections to a server are pools.NAME.connections here",
    "tko_tracker": "see pools.NAME.health",
}
#: What may follow a server's port, in this order, and the only value of each that Outrider has.
_SUFFIXES: Final = (("protocol", "ascii"), ("encryption", "plain"), ("compression", "notcompressed"))


class Hashing(NamedTuple):
    function: str = "Ch3"
    salt: str = ""


class _Use(NamedTuple):
    pool: Given
    hashing: Hashing
    route: Given


@final
class McrouterPools:
    """The pools of a file, and which of them routes lead to."""

    def __init__(self, declared: dict[str, Given], source: Source, distribution: str | None) -> None:
        self._declared = dict(declared)
        self._source = source
        self._distribution = distribution
        self._used: dict[str, _Use] = {}

    def use(self, pool: Given, hashing: Hashing, route: Given) -> str:
        """The name of the pool that `pool` is or names, which `route` leads to."""
        if isinstance(pool.value, str):
            name = pool.value
        else:
            keys = pool.keys()
            if "name" not in keys:
                raise pool.refused("a pool inside of a route needs a name")
            name = keys["name"].text()
            self._declared.setdefault(name, pool)  # mcrouter, too, goes by the first of a name
        if name not in self._declared:
            raise pool.refused(f"there is no pool {quoted(name)}", nearest(name, self._declared))
        refuse_bad_name(name, self._declared[name])
        earlier = self._used.setdefault(name, _Use(self._declared[name], hashing, route))
        if earlier.hashing != hashing:
            raise route.refused(
                f"places the keys of the pool {quoted(name)} otherwise than {earlier.route.origin} does; "
                "a pool has one distribution here"
            )
        return name

    def used(self) -> list[str]:
        """The names of the pools that routes lead to, in the order of the file."""
        return [name for name in self._declared if name in self._used]

    def unused(self) -> Iterator[Given]:
        yield from (pool for name, pool in self._declared.items() if name not in self._used)

    def put(self, name: str, draft: Draft) -> None:
        use = self._used[name]
        at = ("pools", name)
        draft.blame(at, use.pool.origin)
        with self._source.trying(use.pool.origin):
            keys = use.pool.keys()
            self._source.refuse_unknown(keys, (*_TRANSLATED, *_HARMLESS, *_REFUSED, *_REMARKED))
            servers = keys["servers"].entries() if "servers" in keys else []
            for index, server in enumerate(servers):
                with self._source.trying(server.origin):
                    draft.put((*at, "servers", index), _address(server), server.origin)
            if len(servers) != 1 or self._distribution is not None:
                with self._source.trying(use.route.origin):
                    self._put_placement(name, len(servers), draft)
            timeout = _put_timeout(at, "timeout", "server_timeout", _DEFAULT_TIMEOUT_MS, keys, draft)
            _put_timeout(at, "connect_timeout", "connect_timeout", timeout, keys, draft)
            draft.assume((*at, "on_error"), "miss", "mcrouter's, unless --disable-miss-on-get-errors")
            self._judge(keys, draft)

    def _put_placement(self, name: str, count: int, draft: Draft) -> None:
        hashing, route = self._used[name].hashing, self._used[name].route
        path = ("pools", name, "distribution")
        if hashing.function in _REFUSED_HASHES:
            raise route.refused(
                f"the hash {hashing.function} has no counterpart: {_REFUSED_HASHES[hashing.function]}"
            )
        if hashing.function not in _EXCHANGEABLE:
            known = (*_EXCHANGEABLE, *_REFUSED_HASHES)
            raise route.refused(
                f"mcrouter has no hash {quoted(hashing.function)}", nearest(hashing.function, known)
            )
        if count > 1:
            draft.remark('mcrouter hashes a key up to "|#|" where it has that; all of it is hashed here')
        if hashing == Hashing("Crc32") and count & (count - 1) == 0:
            draft.put(path, "modula", route.origin, "Crc32 of as many servers as a power of two")
            draft.put(("pools", name, "hash"), "crc32a", route.origin)
        elif self._distribution is not None:
            remark = f"in place of {hashing.function}; most keys move" if count > 1 else ""
            draft.put(path, self._distribution, route.origin, remark)
        else:
            raise route.refused(
                f"mcrouter's hash {hashing.function} is none of Outrider's distributions, so most keys of the pool "
                f"{quoted(name)} would move to another server and be missed once: accept that with "
                "--distribution NAME"
            )

    def _judge(self, keys: dict[str, Given], draft: Draft) -> None:
        """The keys that no setting comes out of."""
        for key, (harmless, reason) in _HARMLESS.items():
            if key in keys and keys[key].value != harmless:
                self._source.refuse(keys[key].origin, f"{keys[key].described()} has no counterpart: {reason}")
        for key, reason in _REFUSED.items():
            if key in keys:
                self._source.refuse(keys[key].origin, f"has no counterpart: {reason}")
        for key, reason in _REMARKED.items():
            if key in keys:
                draft.remark_on(keys[key], reason)


def _put_timeout(
    at: tuple[str, ...], path: str, key: str, default: int, keys: dict[str, Given], draft: Draft
) -> int:
    """The timeout that came out, in milliseconds; mcrouter's bound on a reply is one on connecting too."""
    if key in keys:
        timeout = keys[key].number(1, _MAX_TIMEOUT_MS)
        draft.put((*at, path), milliseconds(timeout), keys[key].origin)
        return timeout
    if "server_timeout" in keys:
        draft.put((*at, path), milliseconds(default), keys["server_timeout"].origin)
    else:
        draft.assume(
            (*at, path), milliseconds(default), "mcrouter's default, unless its command line says more"
        )
    return default


def _address(server: Given) -> str:
    """Of ``host:port``, ``[v6]:port`` or ``unix:/path``, each with suffixes."""
    text = server.text()
    if text.startswith("["):
        host, _, rest = text.partition("]:")
        port, *suffixes = rest.split(":")
        address = f"{host}]:{port}"
    else:
        first, second, *suffixes = [*text.split(":"), ""] if ":" not in text else text.split(":")
        address = f"{first}:{second}"
    if len(suffixes) > len(_SUFFIXES):
        raise server.unexpected('"host:port"')
    for suffix, (meaning, only) in zip(suffixes, _SUFFIXES, strict=False):
        if suffix != only:
            raise server.refused(f"the {meaning} {quoted(suffix)} has no counterpart here, only {only} has")
    return str(parse_listen(address))
