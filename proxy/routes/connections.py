"""The connections of one backend: the item's key chooses, so that all operations on an item share one queue.

============ ==================================================================================
one key      by the hash of the item's key: a base64 key and its plain form are the same item
multi-get    one part per connection, gathered again
flush_all    over every connection, behind what was sent on each
============ ==================================================================================
"""

import zlib
from collections.abc import Sequence
from typing import final

from proxy.dataplane.call import Call
from proxy.dataplane.link import Link
from proxy.routes.gather import FanOut, Gather


@final
class Connections:
    """Several links to one backend."""

    __slots__ = ("_links",)

    def __init__(self, links: Sequence[Link]) -> None:
        self._links = tuple(links)

    def send(self, call: Call) -> None:
        request = call.request
        links = self._links
        if request.keys:
            self._send_many(call)
        elif request.key:
            # Not the ring's hash: the keys of one backend share parts of the ring, which would skew the choice.
            links[zlib.crc32(request.item_key()) % len(links)].send(call)
        else:
            fan_out = FanOut(call, len(links))
            for link in links:
                link.send(fan_out.part())

    def _send_many(self, call: Call) -> None:
        links = self._links
        positions: dict[Link, list[int]] = {}
        for position, key in enumerate(call.request.keys):
            positions.setdefault(links[zlib.crc32(key) % len(links)], []).append(position)
        if len(positions) == 1:
            next(iter(positions)).send(call)
            return
        gather = Gather(call)
        parts = [(link, gather.part(its_positions)) for link, its_positions in positions.items()]
        for link, part in parts:
            link.send(part)
