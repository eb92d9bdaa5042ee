"""Multi-gets: over a backend that is down, of ten thousand keys, of values of a megabyte."""

import time

import pytest

from tests.faults.levels import back_to_level, forget_peak, peak_resident
from tests.faults.load import Canary, CheckingLoad
from tests.faults.operation import read_values
from tests.faults.stage import DOWN, TIMED_OUT, Stage, stage
from tests.servers import Wire, wait_until

_MB = 1 << 20


def _fill(wire: Wire, keys: list[bytes], size: int) -> None:
    """Values that begin with their key."""
    lines = [b"set %b 0 0 %d\r\n%b\r\n" % (key, size, key.ljust(size, b".")) for key in keys]
    for start in range(0, len(lines), 100):
        part = lines[start : start + 100]
        assert wire.ask(b"".join(part) + b"mn\r\n", b"MN\r\n") == b"STORED\r\n" * len(part) + b"MN\r\n"


def _spread(on: Stage, each: int) -> list[bytes]:
    """Keys of all backends, mixed."""
    groups = [on.placement.keys_of(backend) for backend in range(on.placement.size)]
    return [next(group) for _ in range(each) for group in groups]


@pytest.mark.parametrize("verb", [b"get", b"gets", b"gat 0"])
def test_with_one_backend_down_it_is_one_error_line_and_no_value(verb: bytes) -> None:
    with stage(3) as on, on.client() as wire:
        keys = _spread(on, 10)
        _fill(wire, keys, 100)
        on.backends[0].kill()
        wait_until(lambda: on.state(0) == "down", "the loss is noticed")
        request = verb + b" " + b" ".join(keys) + b"\r\n"
        for _ in range(20):
            assert wire.ask(request + b"mn\r\n", b"MN\r\n") == DOWN + b"MN\r\n"
        alive = [key for key in keys if on.placement.backend_of(key)]
        wire.send(b"get " + b" ".join(alive) + b"\r\n")
        found, end = read_values(wire)
        assert end == b"END\r\n"
        assert [key for key, _ in found] == alive


def test_with_one_backend_hung_it_is_one_error_line_and_no_value() -> None:
    with stage(3) as on, on.client() as wire:
        keys = _spread(on, 10)
        _fill(wire, keys, 100)
        on.backends[1].stop()
        request = b"get " + b" ".join(keys) + b"\r\n"
        assert wire.ask(request + b"mn\r\n", b"MN\r\n") == TIMED_OUT + b"MN\r\n"


def test_on_error_miss_gives_the_rest() -> None:
    with stage(3, pool_options='on_error = "miss"') as on, on.client() as wire:
        keys = _spread(on, 10)
        _fill(wire, keys, 100)
        on.backends[0].kill()
        wait_until(lambda: on.state(0) == "down", "the loss is noticed")
        for _ in range(20):
            wire.send(b"get " + b" ".join(keys) + b"\r\n")
            found, end = read_values(wire)
            assert end == b"END\r\n"
            assert [key for key, _ in found] == [key for key in keys if on.placement.backend_of(key)]
            assert all(value.rstrip(b".") == key for key, value in found)


def test_under_load_failures_of_parts_desync_nobody() -> None:
    with stage(3) as on, back_to_level(on.outrider):
        with CheckingLoad(on.port, on.placement, depth=24) as load:
            load.may_lose(0)
            for _ in range(2):
                on.backends[0].kill()
                load.wait_rounds(5)
                on.backends[0].start()
                on.wait_served(0)
                load.wait_rounds(5)
        assert not load.errors_without(0)


def test_ten_thousand_keys_come_back_in_order_and_hold_nobody_up() -> None:
    with stage(3, timeout=5.0) as on, on.client() as wire:
        keys = [b"many:%d" % number for number in range(10_000)]
        _fill(wire, keys, 100)
        asked = [
            key
            for number, key in enumerate(keys)
            for key in ((key, b"absent:%d" % number) if number % 3 == 0 else (key,))
        ]
        with back_to_level(on.outrider, slack=48 * _MB), Canary(on.port, on.key(0)):
            for _ in range(3):
                wire.send(b"get " + b" ".join(asked) + b"\r\n")
                found, end = read_values(wire)
                assert end == b"END\r\n"
                assert [key for key, _ in found] == keys
                assert all(value.rstrip(b".") == key for key, value in found)


def test_ten_thousand_keys_of_250_bytes_fit_in_a_line() -> None:
    with stage(2, timeout=5.0) as on, on.client() as wire:
        keys = [b"%0250d" % number for number in range(10_000)]
        _fill(wire, keys[:50], 300)
        wire.send(b"get " + b" ".join(keys) + b"\r\n")
        found, end = read_values(wire)
        assert end == b"END\r\n"
        assert [key for key, _ in found] == keys[:50]


def test_values_of_a_megabyte_come_back_with_bounded_memory() -> None:
    with stage(2, timeout=5.0, memcached=("-m", "256")) as on, on.client() as wire:
        keys = _spread(on, 10)
        size = 1_000_000
        _fill(wire, keys, size)
        wait_until(lambda: on.outrider.resident() > 0, "it runs")
        before = on.outrider.resident()
        forget_peak(on.outrider)
        with back_to_level(on.outrider, slack=64 * _MB), Canary(on.port, on.key(0, "canary")):
            for _ in range(5):
                wire.send(b"get " + b" ".join(keys) + b"\r\n")
                found, end = read_values(wire)
                assert end == b"END\r\n"
                assert [key for key, _ in found] == keys
                assert all(value.rstrip(b".") == key and len(value) == size for key, value in found)
        # The values themselves, twice: once collected, once more while one of them is put together.
        assert peak_resident(on.outrider) - before < 2 * len(keys) * size + 16 * _MB


def test_values_beyond_buffer_memory_cost_the_client_its_connection_and_the_proxy_no_more_memory() -> None:
    with stage(2, timeout=5.0, memcached=("-m", "256"), proxy='buffer_memory = "16MiB"') as on:
        keys = _spread(on, 40)
        with on.client() as wire:
            _fill(wire, keys, 1_000_000)
        before = on.outrider.resident()
        forget_peak(on.outrider)
        with back_to_level(on.outrider, slack=48 * _MB), Canary(on.port, on.key(0, "canary")):
            for _ in range(3):
                with on.client() as wire:
                    wire.send(b"get " + b" ".join(keys) + b"\r\n")
                    assert b"END\r\n" not in wire.read_to_end()[-5:]
        assert on.count("clients_dropped_over_budget") == 3
        assert peak_resident(on.outrider) - before < 64 * _MB
        start = time.monotonic()
        with on.client() as wire:
            assert wire.ask(b"get %b\r\n" % keys[0], b"\r\nEND\r\n").startswith(b"VALUE ")
        assert time.monotonic() - start < 2
