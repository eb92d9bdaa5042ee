"""More clients than may be, and more descriptors than there are: refused with an error, and over when they leave."""

import resource
import time

from tests.faults.levels import back_to_level, cpu_time
from tests.faults.load import Canary
from tests.faults.stage import Stage, stage
from tests.servers import Wire, wait_until

_TOO_MANY = b"ERROR Too many open connections\r\n"


def test_beyond_max_connections_a_client_is_told_so_and_closed() -> None:
    with stage(1, proxy="max_connections = 20") as on, back_to_level(on.outrider), Canary(on.port, on.key(0)):
        wires = [on.client() for _ in range(19)]
        for wire in wires:
            assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        for _ in range(30):
            with on.client() as refused:
                assert refused.read_to_end() == _TOO_MANY
        # One that asks before it reads is told so, too.
        with on.client() as eager:
            eager.send(b"get k\r\n" * 100)
            assert eager.read_to_end() in (_TOO_MANY, b"")
        assert wires[0].ask(b"version\r\n").startswith(b"VERSION ")
        wires.pop().close()
        wait_until(lambda: _is_served(on), "there is room again")
        for wire in wires:
            wire.close()
    assert on.placement.size == 1


def _is_served(on: Stage) -> bool:
    with on.client() as wire:
        try:
            return wire.ask(b"version\r\n").startswith(b"VERSION ")
        except (EOFError, ConnectionResetError):
            return False


def test_a_flood_of_connections_holds_nobody_up() -> None:
    with stage(1, proxy="max_connections = 50") as on, back_to_level(on.outrider), Canary(on.port, on.key(0)):
        for _ in range(5):
            wires = [on.client() for _ in range(200)]
            for wire in wires:
                wire.close()
        wait_until(lambda: _is_served(on), "there is room again")
        assert on.count("clients_refused") > 0


def _limit_descriptors(on: Stage, limit: int) -> None:
    """As ``prlimit --nofile``; the hard limit stays, so that it can be lifted again."""
    _, hard = resource.prlimit(on.outrider.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(on.outrider.pid, resource.RLIMIT_NOFILE, (limit, hard))


def test_without_descriptors_accepting_backs_off_without_burning_cpu_and_recovers() -> None:
    with stage(1) as on, Canary(on.port, on.key(0)), back_to_level(on.outrider):
        _limit_descriptors(on, on.outrider.descriptors() + 10)
        served = [on.client() for _ in range(10)]
        for wire in served:
            assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        waiting = [on.client() for _ in range(10)]  # in the kernel's queue
        for wire in waiting:
            wire.send(b"version\r\n")
        wait_until(lambda: b"cannot accept clients" in on.outrider.output(), "it is told")
        before = cpu_time(on.outrider.pid)
        time.sleep(1.0)
        # The canary's requests are in this.
        assert cpu_time(on.outrider.pid) - before < 0.35
        for wire in served:
            assert wire.ask(b"get k\r\n", b"END\r\n") == b"END\r\n"
            wire.close()
        for wire in waiting:
            assert wire.read_until(b"\r\n").startswith(b"VERSION ")
            wire.close()
        told = [line for line in on.outrider.output().splitlines() if b"cannot accept" in line]
        assert len(told) <= 2


def test_without_descriptors_a_lost_backend_is_found_again_when_there_are_some() -> None:
    with stage(2) as on, on.client() as wire:
        on.backends[0].kill()
        wait_until(lambda: on.state(0) == "down", "the loss is noticed")
        limit = on.outrider.descriptors()
        for spare in range(4):  # none at all for the attempts to connect, then one, then two
            _limit_descriptors(on, limit + spare)
            with on.client() as other:
                other.send(b"version\r\n")
                if spare == 0:
                    on.backends[0].start()
                deadline = time.monotonic() + 0.6
                while time.monotonic() < deadline:
                    assert wire.ask(b"version\r\n").startswith(b"VERSION ")
        _limit_descriptors(on, limit + 100)
        on.wait_served(0)
        assert on.outrider.is_running


def test_a_slot_is_free_again_however_a_client_left() -> None:
    with stage(1, proxy='max_connections = 10\nstall_timeout = "1s"') as on, back_to_level(on.outrider):
        for _ in range(3):
            wires = [on.client() for _ in range(9)]
            for number, wire in enumerate(wires):
                wire.send(
                    (
                        b"quit\r\n",
                        b"\x80",
                        b"GET / HTTP/1.1\r\n",
                        b"x" * 3000,
                        b"get k\r\n",
                        b"set k 0 0 9\r\nab",
                    )[number % 6]
                )
            for wire in wires:
                Wire.close(wire)
            wait_until(lambda: int(on.outrider.stats()["curr_connections"]) == 1, "all slots are free")
