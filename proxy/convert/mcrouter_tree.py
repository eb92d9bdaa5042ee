"""mcrouter's tree of routes, walked from its root: short forms, names, and the prefixes at the top."""

from typing import Final, final

from proxy.config.paths import quoted
from proxy.config.reading import nearest
from proxy.convert.draft import Draft
from proxy.convert.given import Given, MisplacedError
from proxy.convert.mcrouter_kinds import KINDS, REFUSED_KINDS
from proxy.convert.mcrouter_pools import McrouterPools
from proxy.convert.mcrouter_targets import Branch, Target
from proxy.convert.source import Source


@final
class McrouterTree:
    """:param named: the routes of ``named_handles``, which others refer to by name."""

    def __init__(self, pools: McrouterPools, source: Source, draft: Draft, named: Given | None) -> None:
        self.pools: Final = pools
        self.source: Final = source
        self.draft: Final = draft
        self._named: dict[str, Given] = {}
        self._visiting: list[Given] = []
        if named is None:
            return
        if isinstance(named.value, dict):
            self._named.update(named.keys())
            return
        for given in named.entries():
            self._remember(given)

    def branches(self, root: Given) -> list[Branch]:
        """The longest prefixes first, as the first that fits applies here; the last one is empty."""
        keys = root.value if isinstance(root.value, dict) else {}
        if "type" not in keys or keys["type"].value != "PrefixSelectorRoute":
            return [Branch("", self.target(root), root.origin)]
        self.source.refuse_unknown(keys, ("type", "name", "policies", "wildcard"))
        if "wildcard" not in keys:
            raise root.refused("has no wildcard; keys that no prefix takes need a pool here")
        policies = keys["policies"].keys() if "policies" in keys else {}
        found = []
        for prefix, given in sorted(policies.items(), key=lambda item: (-len(item[0].encode()), item[0])):
            with self.source.trying(given.origin):
                if not prefix:
                    raise given.refused("is every key: write it as the wildcard")
                found.append(Branch(prefix, self.target(given), given.origin))
        return [*found, Branch("", self.target(keys["wildcard"]), keys["wildcard"].origin)]

    def target(self, given: Given) -> Target:
        """Where the route `given` leads.

        :raises MisplacedError: it is none that Outrider has
        """
        if given in self._visiting:
            raise given.refused("leads back to itself")
        self._visiting.append(given)
        try:
            return self._short(given) if isinstance(given.value, str) else self._long(given)
        finally:
            self._visiting.pop()

    def _short(self, given: Given) -> Target:
        """A name, or ``Type|what it leads to``."""
        text = given.text()
        if text in self._named:
            return self.target(self._named[text])
        kind, bar, rest = text.partition("|")
        if kind == "PoolRoute" and bar:
            return KINDS[kind](self, given, {"pool": Given(rest, given.origin)})
        if kind in KINDS:
            raise given.refused(f"write {kind} in its long form, with the routes it leads to")
        raise _unknown(given, kind)

    def _long(self, given: Given) -> Target:
        if isinstance(given.value, list) and len(given.value) == 1:
            return self.target(given.entries()[0])
        keys = given.keys()
        self._remember(given)
        if "type" not in keys:
            raise given.refused('has no "type"')
        kind = keys["type"].text()
        if kind not in KINDS:
            raise _unknown(keys["type"], kind)
        return KINDS[kind](self, given, keys)

    def _remember(self, given: Given) -> None:
        """mcrouter, too, goes by the first route of a name."""
        keys = given.keys()
        if "name" in keys:
            self._named.setdefault(keys["name"].text(), given)


def _unknown(given: Given, kind: str) -> MisplacedError:
    if kind in REFUSED_KINDS:
        return given.refused(f"{kind} has no counterpart: {REFUSED_KINDS[kind]}")
    return given.refused(f"there is no route {quoted(kind)}", nearest(kind, (*KINDS, *REFUSED_KINDS)))
