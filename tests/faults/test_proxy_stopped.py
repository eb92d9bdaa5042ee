"""The proxy itself is stopped for longer than every timeout, and blames nobody when it goes on."""

import signal
import time

from tests.faults.levels import back_to_level
from tests.faults.load import CheckingLoad
from tests.faults.stage import TIMEOUT, Stage, stage
from tests.servers import wait_until


def test_replies_that_came_while_it_was_stopped_are_replies() -> None:
    with stage(2, relayed=True) as on, back_to_level(on.outrider):
        keys = [on.key(backend) for backend in (0, 1)]
        clients = [on.client() for _ in range(30)]
        on.relay.requests.is_held = True
        for number, wire in enumerate(clients):
            wire.send(b"set %b:%d 0 0 1\r\nv\r\nget %b\r\n" % (keys[0], number, keys[0]))
        wait_until(lambda: _in_flight(on.outrider.stats("backends")) > 10, "requests are on their way")
        _stop(on)
        on.relay.release()
        time.sleep(TIMEOUT * 3)
        on.outrider.signal(signal.SIGCONT)
        for wire in clients:
            assert wire.read_until(b"END\r\n") == b"STORED\r\nEND\r\n"
            wire.close()
        assert on.count("backend_timeouts") == 0
        assert on.count("backend_connects") == 2
        assert on.count("failed_requests") == 0


def _stop(on: Stage) -> None:
    on.outrider.signal(signal.SIGSTOP)
    on.outrider.wait_stopped()


def _in_flight(backends: dict[str, str]) -> int:
    return sum(int(value) for name, value in backends.items() if name.endswith("in_flight"))


def test_under_load_no_backend_and_no_client_is_blamed() -> None:
    with stage(3, proxy='stall_timeout = "1s"') as on:
        with CheckingLoad(on.port, on.placement) as load:
            for _ in range(3):
                _stop(on)
                time.sleep(TIMEOUT * 3)
                on.outrider.signal(signal.SIGCONT)
                load.wait_rounds(3)
            _stop(on)
            time.sleep(1.2)  # longer than stall_timeout as well
            on.outrider.signal(signal.SIGCONT)
            load.wait_rounds(3)
        assert not load.errors
        assert on.count("backend_timeouts") == 0
        assert on.count("clients_dropped_stalled") == 0


def test_large_replies_and_half_sent_values_survive_it() -> None:
    with stage(1, proxy='stall_timeout = "1s"') as on, on.client() as writer, on.client() as reader:
        key = on.key(0)
        size = 900_000
        value = b"v" * size + b"\r\n"
        assert writer.ask(b"set %b 0 0 %d\r\n%b" % (key, size, value)) == b"STORED\r\n"
        writer.send(b"set %b 0 0 %d\r\n%b" % (key, size, value[:400_000]))
        reader.send(b"get %b\r\n" % key * 5)
        _stop(on)
        writer.send(value[400_000:500_000])
        time.sleep(1.3)
        on.outrider.signal(signal.SIGCONT)
        writer.send(value[500_000:])
        assert writer.read_until(b"\r\n") == b"STORED\r\n"
        for _ in range(5):
            reply = reader.read_until(b"\r\n")
            assert reply == b"VALUE %b 0 %d\r\n" % (key, size)
            assert reader.read_exactly(size + 7) == value + b"END\r\n"
        assert on.count("backend_timeouts") == 0
        assert on.count("clients_dropped_stalled") == 0
