"""The route by prefix (``[[routes]]``): the first prefix that a key begins with decides; else the default.

A multi-get whose keys take different routes is split and gathered again. flush_all goes to each route once.
"""

from collections.abc import Sequence
from typing import Final, final

from proxy.dataplane.call import Call
from proxy.dataplane.session import Route
from proxy.ring import Memo
from proxy.routes.gather import FanOut, Gather

MEMO_LIMIT: Final = 16384


@final
class PrefixRoute:
    """Chooses a route by the beginning of the key.

    :param prefixes: in the order of the config
    :param default: for keys that no prefix fits
    """

    __slots__ = ("_default", "_memo", "_prefixes", "_routes")

    def __init__(self, prefixes: Sequence[tuple[bytes, Route]], default: Route) -> None:
        self._prefixes = tuple(prefixes)
        self._default = default
        self._memo: Memo[Route] = Memo(MEMO_LIMIT)
        self._routes = tuple(dict.fromkeys([route for _, route in prefixes] + [default]))

    def route_of(self, key: bytes) -> Route:
        route = self._memo.get(key)
        if route is None:
            route = self._default
            for prefix, its_route in self._prefixes:
                if key.startswith(prefix):
                    route = its_route
                    break
            self._memo.remember(key, route)
        return route

    def send(self, call: Call) -> None:
        keys = call.request.keys
        if not keys:
            self.route_of(call.request.key).send(call)
            return
        positions: dict[Route, list[int]] = {}
        for position, key in enumerate(keys):
            positions.setdefault(self.route_of(key), []).append(position)
        if len(positions) == 1:
            next(iter(positions)).send(call)
            return
        gather = Gather(call)
        parts = [(route, gather.part(its_positions)) for route, its_positions in positions.items()]
        for route, part in parts:
            route.send(part)

    def flush_all(self, call: Call) -> None:
        fan_out = FanOut(call, len(self._routes))
        for route in self._routes:
            route.flush_all(fan_out.part())
