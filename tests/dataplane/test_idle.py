"""A proxy that has nothing to do does nothing: measured on the process as users run it."""

import time

from tests.faults.levels import cpu_time
from tests.faults.stage import stage
from tests.servers import Outrider, pool, wait_until

_PERIOD = 2.0  # s
_SHARE = 0.005  # of one CPU


def _share(outrider: Outrider) -> float:
    before = cpu_time(outrider.pid)
    start = time.monotonic()
    time.sleep(_PERIOD)
    return (cpu_time(outrider.pid) - before) / (time.monotonic() - start)


def test_with_idle_clients_and_backends_it_burns_no_cpu() -> None:
    with stage(3) as on:
        wires = [on.client() for _ in range(50)]
        for wire in wires:
            assert wire.ask(b"set %b 0 0 1\r\nv\r\n" % on.key(0)) == b"STORED\r\n"
        assert _share(on.outrider) < _SHARE
        for wire in wires:
            wire.close()


def test_with_half_sent_requests_and_half_closed_connections_it_burns_no_cpu() -> None:
    with stage(1) as on:
        wires = [on.client() for _ in range(20)]
        for number, wire in enumerate(wires):
            wire.send((b"set k 0 0 100\r\nabc", b"get k", b"set k 0 0 5000000\r\nabc")[number % 3])
        assert _share(on.outrider) < _SHARE
        for wire in wires:
            wire.close()


def test_while_a_backend_is_down_it_burns_next_to_no_cpu() -> None:
    # A port that nobody listens on, with the default probe interval.
    with Outrider(pool("127.0.0.1:1")) as outrider:
        wait_until(lambda: "down" in outrider.stats("backends").values(), "the attempt to connect fails")
        assert _share(outrider) < 2 * _SHARE
