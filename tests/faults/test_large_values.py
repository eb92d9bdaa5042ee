"""Values above the limit: refused, the stream in sync, and no older value left behind."""

import time

import pytest

from tests.faults.levels import back_to_level, forget_peak, peak_resident
from tests.faults.load import Canary
from tests.faults.stage import stage

_MB = 1 << 20
_TOO_LARGE = b"SERVER_ERROR object too large for cache\r\n"


@pytest.mark.parametrize("line", [b"set %b 0 0 %d\r\n", b"ms %b %d\r\n"])
@pytest.mark.parametrize("limit", ["1MiB", "8MiB"], ids=["refused by the proxy", "refused by the backend"])
def test_it_is_refused_and_the_old_value_is_gone(line: bytes, limit: str) -> None:
    with stage(1, proxy=f'max_value = "{limit}"', timeout=2.0) as on, on.client() as wire:
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 3\r\nold\r\n" % key) == b"STORED\r\n"
        size = 2 * _MB
        wire.send(line % (key, size))
        wire.send(b"v" * size + b"\r\n")
        wire.send(b"get %b\r\nmn\r\n" % key)
        assert wire.read_until(b"MN\r\n") == _TOO_LARGE + b"END\r\nMN\r\n"
        assert on.direct(0, b"get %b\r\n" % key, b"END\r\n") == b"END\r\n"


@pytest.mark.parametrize("limit", ["1MiB", "8MiB"], ids=["refused by the proxy", "refused by the backend"])
def test_with_noreply_it_is_refused_in_silence(limit: str) -> None:
    with stage(1, proxy=f'max_value = "{limit}"', timeout=2.0) as on, on.client() as wire:
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 3\r\nold\r\n" % key) == b"STORED\r\n"
        size = 2 * _MB
        wire.send(b"set %b 0 0 %d noreply\r\n" % (key, size))
        wire.send(b"v" * size + b"\r\nget %b\r\nmn\r\n" % key)
        assert wire.read_until(b"MN\r\n") == b"END\r\nMN\r\n"
        assert on.direct(0, b"get %b\r\n" % key, b"END\r\n") == b"END\r\n"


@pytest.mark.parametrize("verb", [b"add", b"replace", b"append", b"prepend"])
def test_other_verbs_are_refused_and_the_old_value_stays(verb: bytes) -> None:
    with stage(1) as on, on.client() as wire:
        key = on.key(0)
        assert wire.ask(b"set %b 0 0 3\r\nold\r\n" % key) == b"STORED\r\n"
        wire.send(b"%b %b 0 0 %d\r\n" % (verb, key, 2 * _MB))
        wire.send(b"v" * 2 * _MB + b"\r\nget %b\r\n" % key)
        assert wire.read_until(b"END\r\n") == _TOO_LARGE + b"VALUE %b 0 3\r\nold\r\nEND\r\n" % key


@pytest.mark.parametrize("limit", ["1MiB", "8MiB"], ids=["refused by the proxy", "refused by the backend"])
def test_4_mb_refused_while_they_are_still_being_sent_leave_the_stream_in_sync(limit: str) -> None:
    with stage(1, proxy=f'max_value = "{limit}"', timeout=2.0) as on, on.client() as wire:
        key = on.key(0)
        wire.send(b"set %b 0 0 %d\r\n" % (key, 4 * _MB))
        for _ in range(64):
            wire.send(b"v" * 65536)
            if limit == "1MiB" and _ == 0:
                assert wire.read_until(b"\r\n") == _TOO_LARGE  # at once, as memcached does
        wire.send(b"\r\nmn\r\n")
        received = wire.read_until(b"MN\r\n")
        assert received == (b"" if limit == "1MiB" else _TOO_LARGE) + b"MN\r\n"


def test_what_is_refused_is_not_held() -> None:
    with (
        stage(1) as on,
        on.client() as wire,
        back_to_level(on.outrider),
        Canary(on.port, on.key(0, "canary")),
    ):
        before = on.outrider.resident()
        forget_peak(on.outrider)
        for _ in range(5):
            wire.send(b"set %b 0 0 %d\r\n" % (on.key(0), 30 * _MB))
            for _ in range(30):
                wire.send(b"v" * _MB)
            wire.send(b"\r\n")
            assert wire.read_until(b"\r\n") == _TOO_LARGE
        assert peak_resident(on.outrider) - before < 8 * _MB


def test_a_refused_value_is_answered_in_time_though_its_backend_hangs() -> None:
    with stage(1) as on, on.client() as wire:
        on.backends[0].stop()
        start = time.monotonic()
        wire.send(b"set %b 0 0 %d\r\n" % (on.key(0), 2 * _MB))
        wire.send(b"v" * 2 * _MB + b"\r\nmn\r\n")
        assert wire.read_until(b"MN\r\n").endswith(b"\r\nMN\r\n")
        assert time.monotonic() - start < 2
