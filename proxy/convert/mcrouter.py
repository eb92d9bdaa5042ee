"""mcrouter's JSON. What its keys mean and default to is read from mcrouter's source and wiki.

A configuration there is a tree of routes that can be put together at will. Outrider has a fixed order of them: a
prefix chooses a pool, writes are copied to the secondary, a pool fails over to another. What has that shape is
translated, and every other route is refused by name.
"""

from typing import Final

from proxy.config import ProxyConfig
from proxy.config.paths import quoted
from proxy.convert.draft import Draft
from proxy.convert.given import Given, Origin
from proxy.convert.jsonc import read_json
from proxy.convert.mcrouter_pools import McrouterPools
from proxy.convert.mcrouter_targets import Branch
from proxy.convert.mcrouter_tree import McrouterTree
from proxy.convert.mcrouter_wiring import put_failover, put_replication, put_routes
from proxy.convert.source import Source

_KEYS: Final = ("pools", "route", "routes", "named_handles", "macros", "consts")
#: The values of "type" that make an object a macro of the language itself.
_MACRO_TYPES: Final = ("macroDef", "constDef", "if", "transform", "process", "foreach", "define", "merge")
_NO_MACROS: Final = (
    "macros are not expanded here: convert what mcrouter makes of them, which it answers to "
    "`get __mcrouter__.preprocessed_config`"
)


def from_mcrouter(text: str, *, file: str, distribution: str | None = None) -> str:
    """The TOML of the whole file.

    :param text: of the file, which messages name `file`
    :param distribution: Outrider's, for pools whose hash of mcrouter's it does not have; None refuses those
    :raises ConfigError: with everything that cannot be translated
    """
    source = Source(file)
    draft = Draft(source)
    root = read_json(text, source)
    with source.requiring(root.origin):
        keys = root.keys()
        _refuse_macros(root, source)
    source.refuse_unknown(keys, _KEYS)
    with source.requiring(root.origin):
        pools = McrouterPools(keys["pools"].keys() if "pools" in keys else {}, source, distribution)
        tree = McrouterTree(pools, source, draft, keys.get("named_handles"))
        branches = tree.branches(_route(keys, draft))
    _put(branches, pools, draft, source)
    accepted = f" --distribution {distribution}" if distribution else ""
    return draft.finish(f"Converted from {quoted(file)} by `outrider convert mcrouter{accepted}`.")


def _put(branches: list[Branch], pools: McrouterPools, draft: Draft, source: Source) -> None:
    listen = [str(address) for address in ProxyConfig().listen]
    draft.assume(("proxy", "listen"), listen, "Outrider's default: mcrouter's stands on its command line")
    wildcard = next(branch for branch in branches if not branch.prefix)
    draft.put(("proxy", "default_pool"), wildcard.target.pool, wildcard.origin)
    for name in pools.used():
        pools.put(name, draft)
        put_failover(name, branches, draft, source)
    put_replication(branches, draft, source)
    put_routes(branches, draft)
    for given in pools.unused():
        draft.remark(f"{given.origin}: no route leads to it, so it is left out")


def _route(keys: dict[str, Given], draft: Draft) -> Given:
    """The only tree of routes."""
    if "route" in keys and "routes" in keys:
        raise keys["routes"].refused('is here next to "route": mcrouter takes only one of them')
    if "route" in keys:
        return keys["route"]
    if "routes" not in keys:
        raise Given(None, Origin(("route",))).refused("is missing")
    routes = keys["routes"]
    if isinstance(routes.value, dict):
        trees = {alias: [given] for alias, given in routes.keys().items()}
    else:
        trees = {}
        for given in routes.entries():
            entry = given.keys()
            if "route" not in entry or "aliases" not in entry:
                raise given.refused('needs "aliases" and "route"')
            aliases = ", ".join(alias.text() for alias in entry["aliases"].entries())
            trees.setdefault(aliases, []).append(entry["route"])
    found = [(aliases, given) for aliases, several in trees.items() for given in several]
    if len(found) != 1:
        raise routes.refused(
            f"has {len(found)} trees, chosen by the routing prefix of a key; Outrider knows no routing prefixes, "
            "so it takes exactly one"
        )
    ((aliases, tree),) = found
    draft.remark(
        f"{tree.origin}: mcrouter takes a routing prefix ({quoted(aliases)}) off the keys that carry one; "
        "Outrider leaves keys as they are"
    )
    return tree


def _refuse_macros(given: Given, source: Source) -> None:
    if isinstance(given.value, str):
        text = given.value
        if text.startswith("@") or "%" in text or "\\" in text:
            source.refuse(given.origin, f"{quoted(text)}: {_NO_MACROS}")
    elif isinstance(given.value, list):
        for entry in given.entries():
            _refuse_macros(entry, source)
    elif isinstance(given.value, dict):
        for name, entry in given.keys().items():
            if (name in ("macros", "consts") and len(entry.origin.path) == 1) or (
                name == "type" and entry.value in _MACRO_TYPES
            ):
                source.refuse(entry.origin, f"{quoted(name)} is {entry.described()}: {_NO_MACROS}")
            else:
                _refuse_macros(entry, source)
            if name.startswith("@") or "%" in name or "\\" in name:
                source.refuse(entry.origin, f"{quoted(name)}: {_NO_MACROS}")
