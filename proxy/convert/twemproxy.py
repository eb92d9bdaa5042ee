"""twemproxy's nutcracker.yml. Its keys, their defaults and what they do are read from nutcracker 0.5 (`nc_conf.c`).

One pool of nutcracker is one listener; Outrider has one listener, and prefixes that lead to pools. So one pool
becomes one file.

What the source says and its documentation does not: the servers of a pool are sorted before any ring is built
(`conf_validate_server`), so their order in the file does not matter, and the order that does is the one kept here.
`client_connections` is read and then set to its default.
"""

import re
from collections.abc import Callable
from typing import Final

from proxy.config import PoolConfig, TcpAddress, format_duration, parse_listen
from proxy.config.paths import quoted
from proxy.config.problems import RefusedError
from proxy.config.reading import nearest
from proxy.convert.draft import Draft
from proxy.convert.given import Given
from proxy.convert.nutcracker_pool import NutcrackerPool
from proxy.convert.nutcracker_servers import put_servers
from proxy.convert.source import Source, refuse_bad_name
from proxy.convert.toml import milliseconds
from proxy.convert.yaml_file import read_yaml

#: The key hashes that nutcracker and Outrider both have, under the same names.
_HASHES: Final = (
    "one_at_a_time",
    "md5",
    "crc16",
    "crc32",
    "crc32a",
    "fnv1_64",
    "fnv1a_64",
    "fnv1_32",
    "fnv1a_32",
    "hsieh",
    "murmur",
    "jenkins",
)
_DEFAULT_HASH: Final = "fnv1a_64"
_DISTRIBUTIONS: Final = ("ketama", "modula", "random")
_DEFAULT_FAILURE_LIMIT: Final = 2
_DEFAULT_RETRY_MS: Final = 30_000
_MODE: Final = re.compile("0?[0-7]{1,3}")


def from_twemproxy(text: str, *, file: str, pool: str | None = None) -> str:
    """The TOML of one pool.

    :param text: of the file, which messages name `file`
    :param pool: its name; None where the file has only one
    :raises ConfigError: with everything that cannot be translated
    """
    source = Source(file)
    draft = Draft(source)
    root = read_yaml(text, source)
    with source.requiring(root.origin):
        keys = NutcrackerPool(_chosen(root, pool), source)
    source.refuse_unknown(keys.given, TRANSLATIONS)
    draft.blame(("pools", keys.name), keys.place)
    for translate in dict.fromkeys(TRANSLATIONS.values()):
        translate(keys, draft)
    return draft.finish(
        f"Converted from {quoted(file)}, pool {quoted(keys.name)}, by `outrider convert twemproxy`."
    )


def _chosen(root: Given, name: str | None) -> Given:
    pools = root.keys()
    if not pools:
        raise RefusedError("there is no pool")
    listed = ", ".join(map(quoted, pools))
    if name is None:
        if len(pools) > 1:
            raise RefusedError(
                "there are several pools, each with a listener of its own, and Outrider listens for one: "
                f"say which with --pool, once for each (pools: {listed})"
            )
        (name,) = pools
    if name not in pools:
        raise RefusedError(f"there is no pool {quoted(name)} (pools: {listed})", nearest(name, pools))
    refuse_bad_name(name, pools[name])
    return pools[name]


def _listen(pool: NutcrackerPool, draft: Draft) -> None:
    if not pool.has("listen"):
        pool.refuse_missing("listen")
        return
    given = pool.given["listen"]
    with pool.trying(given):
        text = given.text()
        if not text.startswith("/"):
            address = parse_listen(text)
            if isinstance(address, TcpAddress) and not address.port:
                raise given.refused("port 0 is none that nutcracker listens on")
            draft.put(("proxy", "listen"), [str(address)], given.origin)
            return
        path, _, mode = text.partition(" ")
        draft.put(("proxy", "listen"), [str(parse_listen(f"unix:{path}"))], given.origin)
        if not mode:
            draft.remark_on(given, "nutcracker leaves the mode to the umask; proxy.socket_mode is 0660")
        elif _MODE.fullmatch(mode):
            draft.put(("proxy", "socket_mode"), f"{int(mode, 8):04o}", given.origin)
        else:
            raise given.refused(f"{quoted(mode)} is not the mode of a socket: octal digits, as 0660")


def _placement(pool: NutcrackerPool, draft: Draft) -> None:
    """Under ketama the points are MD5 whatever the hash is, so with the hash md5 it is libmemcached's."""
    key_hash = pool.choice("hash", _HASHES, _DEFAULT_HASH)
    distribution = pool.choice("distribution", _DISTRIBUTIONS, "ketama")
    at = ("pools", pool.name)
    if distribution == "random":
        pool.refuse(
            "distribution",
            "random sends each request of a key to any server, which is no cache of one copy: "
            "Outrider places every key on one server",
        )
    elif distribution == "ketama" and key_hash == "md5":
        remark = "with the hash md5 it is that of libmemcached"
        pool.put_or_assume(draft, (*at, "distribution"), "ketama", "distribution", remark)
    else:
        name = "twemproxy" if distribution == "ketama" else distribution
        pool.put_or_assume(draft, (*at, "distribution"), name, "distribution", distribution)
        pool.put_or_assume(draft, (*at, "hash"), key_hash, "hash")
    if pool.has("hash_tag"):
        draft.put((*at, "hash_tag"), pool.text("hash_tag"), pool.origin("hash_tag"))


def _timeouts(pool: NutcrackerPool, draft: Draft) -> None:
    """It bounds a connection attempt as well as a reply. None, or 0, is no bound."""
    timeout = pool.number("timeout", 0)
    for key, default in (
        ("connect_timeout", PoolConfig().connect_timeout),
        ("timeout", PoolConfig().timeout),
    ):
        path = ("pools", pool.name, key)
        if timeout:
            draft.put(path, milliseconds(timeout), pool.origin("timeout"))
        else:
            draft.assume(
                path,
                format_duration(default),
                "Outrider's default: without timeout nutcracker waits for ever, and Outrider never does",
            )


def _connections(pool: NutcrackerPool, draft: Draft) -> None:
    if pool.has("server_connections"):
        path = ("pools", pool.name, "connections")
        draft.put(path, pool.number("server_connections", 1), pool.origin("server_connections"))


def _ejection(pool: NutcrackerPool, draft: Draft) -> None:
    at = ("pools", pool.name, "health")
    if not pool.flag("auto_eject_hosts"):
        for key in ("server_failure_limit", "server_retry_timeout"):
            if pool.has(key):
                pool.number(key, 0)
                draft.remark_on(pool.given[key], "has no effect in nutcracker without auto_eject_hosts")
        return
    limit = max(pool.number("server_failure_limit", _DEFAULT_FAILURE_LIMIT), 1)
    retry = milliseconds(pool.number("server_retry_timeout", _DEFAULT_RETRY_MS))
    origin = pool.origin("auto_eject_hosts")
    draft.put((*at, "eject"), True, origin)
    draft.put((*at, "eject_after"), "1s", origin, "nutcracker ejects at once")
    draft.put((*at, "max_ejected"), 1.0, origin, "nutcracker has no such limit")
    remark = "a refused connection counts at once here"
    pool.put_or_assume(draft, (*at, "timeouts_until_down"), limit, "server_failure_limit", remark)
    pool.put_or_assume(draft, (*at, "probe_interval"), retry, "server_retry_timeout")
    pool.put_or_assume(draft, (*at, "probe_max"), retry, "server_retry_timeout")


def _redis(pool: NutcrackerPool, draft: Draft) -> None:
    if pool.flag("redis"):
        pool.refuse("redis", "Outrider speaks the memcached protocol only")
    elif pool.has("redis_auth"):
        pool.refuse("redis_auth", "is for redis, and Outrider speaks the memcached protocol only")
    for key in ("redis", "redis_db"):
        if pool.has(key):
            draft.remark_on(pool.given[key], "nothing to do here")


def _flags_without_effect(pool: NutcrackerPool, draft: Draft) -> None:
    for key, text in _OF_NO_EFFECT_FLAGS.items():
        if pool.has(key):
            pool.flag(key)
            draft.remark_on(pool.given[key], text)


def _numbers_without_effect(pool: NutcrackerPool, draft: Draft) -> None:
    for key, text in _OF_NO_EFFECT_NUMBERS.items():
        if pool.has(key):
            pool.number(key, 0)
            draft.remark_on(pool.given[key], text)


_OF_NO_EFFECT_FLAGS: Final = {
    "tcpkeepalive": "Outrider keeps the connections to servers alive in any case, those of clients never",
    "preconnect": "Outrider connects to every server when it starts, and stays connected, in any case",
}
_OF_NO_EFFECT_NUMBERS: Final = {
    "backlog": "the queue of clients that are not accepted yet has a fixed length here",
    "client_connections": "nutcracker 0.5 reads it and ignores it; proxy.max_connections is the limit here, "
    "and it is kept",
}

#: Every key of a pool, in the order of the settings that come out; one translation may read several.
TRANSLATIONS: Final[dict[str, Callable[[NutcrackerPool, Draft], None]]] = {
    "listen": _listen,
    "servers": put_servers,
    "distribution": _placement,
    "hash": _placement,
    "hash_tag": _placement,
    "server_connections": _connections,
    "timeout": _timeouts,
    "auto_eject_hosts": _ejection,
    "server_failure_limit": _ejection,
    "server_retry_timeout": _ejection,
    "redis": _redis,
    "redis_auth": _redis,
    "redis_db": _redis,
    "tcpkeepalive": _flags_without_effect,
    "preconnect": _flags_without_effect,
    "backlog": _numbers_without_effect,
    "client_connections": _numbers_without_effect,
}
