"""Memory, descriptors and counts of what is in flight: how high they are, and that they come back."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.servers import Outrider, Wire, wait_until

#: What a heap may grow for good: arenas that one live object keeps, memos that fill up to their limit.
_SLACK: Final = 24 << 20  # bytes


@dataclass(frozen=True)
class Level:
    resident: int
    descriptors: int
    in_flight: int
    fences: int
    clients: int

    @classmethod
    def of(cls, outrider: Outrider, wire: Wire) -> "Level":
        """:param wire: a client that stays: one made for the purpose might still count when the next look is taken"""
        backends = _stats(wire, "backends")
        return cls(
            outrider.resident(),
            outrider.descriptors(),
            sum(int(value) for name, value in backends.items() if name.endswith("in_flight")),
            sum(int(value) for name, value in backends.items() if name.endswith("fences")),
            int(_stats(wire, "")["curr_connections"]),
        )

    def is_at(self, before: "Level", slack: int) -> bool:
        return (
            self.resident <= before.resident + slack
            and self.descriptors <= before.descriptors
            and self.in_flight == 0
            and self.fences == 0
            and self.clients <= before.clients
        )


@contextlib.contextmanager
def back_to_level(outrider: Outrider, *, slack: int = _SLACK) -> Iterator[None]:
    """Whatever happens in the block, afterwards everything is as low as before, and nothing has crashed.

    :param slack: bytes of resident memory that may be kept
    """
    with Wire(outrider.port) as wire:
        before = after = Level.of(outrider, wire)
    yield

    def is_back() -> bool:
        nonlocal after
        after = Level.of(outrider, wire)
        return after.is_at(before, slack)

    with Wire(outrider.port) as wire:
        with contextlib.suppress(AssertionError):
            wait_until(is_back, "the level is reached again", 5.0)
        assert after.is_at(before, slack), f"before {before}, after {after}"
        assert _stats(wire, "proxy")["crashes"] == "0"


def _stats(wire: Wire, section: str) -> dict[str, str]:
    reply = wire.ask(f"stats {section}\r\n".encode(), b"END\r\n")
    lines = [line.split(" ", 2) for line in reply.decode().splitlines()[:-1]]
    return {line[1]: line[2] for line in lines}


def peak_resident(outrider: Outrider) -> int:
    """The most resident memory in bytes since the start, or since `forget_peak`."""
    status = Path(f"/proc/{outrider.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def forget_peak(outrider: Outrider) -> None:
    Path(f"/proc/{outrider.pid}/clear_refs").write_text("5")


def cpu_time(pid: int) -> float:
    """Seconds of CPU that the process has used, with the scheduler's precision."""
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
