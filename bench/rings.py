"""How long rings take to find a key's server for the first time, and to be built: `python -m bench.rings`.

Repeated keys are remembered and cost the same everywhere (`proxy/ring/memo.py`). The numbers that the modules of
`proxy/ring/` state come from here.
"""

import time
from collections.abc import Callable
from functools import partial

from bench.tables import table
from proxy.ring import DISTRIBUTIONS, Node, Ring

KEYS = [b"user:%d:session" % number for number in range(10_000, 12_000)]
"""Of 18 bytes."""
COUNTS = (3, 10, 100)
REPETITIONS = 7


def best_seconds(action: Callable[[], object]) -> float:
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def find_all(ring: Ring) -> None:
    for key in KEYS:
        ring.locate(key)


def row(distribution: str, choice: str) -> list[str]:
    cells = [distribution, choice or "-"]
    build = DISTRIBUTIONS[distribution].ring
    for count in COUNTS:
        nodes = [Node(f"10.0.0.{number}", 11211) for number in range(1, count + 1)]
        cells.append(f"{best_seconds(partial(find_all, build(nodes, choice))) / len(KEYS) * 1e6:.2f}")
    cells.append(f"{best_seconds(partial(build, nodes, choice)) * 1e3:.1f}")
    return cells


def main() -> None:
    header = [
        "distribution",
        "hash",
        *(f"{count} servers, µs" for count in COUNTS),
        f"{COUNTS[-1]} servers, built in ms",
    ]
    rows = [
        row(distribution, choice)
        for distribution, one in DISTRIBUTIONS.items()
        for choice in one.hashes or ("",)
    ]
    print(table(header, rows))


if __name__ == "__main__":
    main()
