"""The fence: a write that timed out never undoes a newer one, though the backend executes it when it wakes."""

import pytest

from tests.faults.levels import back_to_level
from tests.faults.operation import read_values
from tests.faults.soak import FACTOR
from tests.faults.stage import DOWN, TIMED_OUT, Stage, stage
from tests.servers import Wire, wait_until

_ROUNDS = 200 * FACTOR


def _set(wire: Wire, key: bytes, value: bytes) -> bytes:
    return wire.ask(b"set %b 0 0 %d\r\n%b\r\n" % (key, len(value), value))


def _set_until_stored(wire: Wire, key: bytes, value: bytes) -> None:
    """A write that fails has not won; the first that succeeds has."""
    wait_until(lambda: _set(wire, key, value) == b"STORED\r\n", "a write succeeds again")


def _read(wire: Wire, key: bytes) -> bytes:
    """What a client reads. The timeout is short enough to fail a busy machine now and then: it asks again."""
    values: list[tuple[bytes, bytes]] = []

    def is_answered() -> bool:
        wire.send(b"get %b\r\n" % key)
        values[:], end = read_values(wire)
        return end == b"END\r\n"

    wait_until(is_answered, "a read succeeds again")
    return values[0][1] if values else b""


def _stored(on: Stage, key: bytes) -> bytes:
    """What the backend itself has, past the proxy."""
    reply = on.direct(0, b"get %b\r\n" % key, b"END\r\n")
    return reply.split(b"\r\n", 2)[1] if reply.startswith(b"VALUE ") else b""


@pytest.mark.soak
def test_after_a_stop_the_newer_write_wins_every_time() -> None:
    # As many threads as memcached has by default: the old connection and the new one belong to different ones.
    with (
        stage(1, timeout=0.03, probe_interval=0.01, memcached=("-t", "4")) as on,
        on.client() as first,
        on.client() as second,
    ):
        key = on.key(0)
        with back_to_level(on.outrider):
            for number in range(_ROUNDS):
                newer = b"newer %d" % number
                on.backends[0].stop()
                assert _set(first, key, b"older %d" % number) in (TIMED_OUT, DOWN)
                if number % 20 == 0:
                    wait_until(lambda: on.state(0) == "down", "the probe fails as well")
                on.backends[0].resume()
                _set_until_stored(second, key, newer)
                assert _stored(on, key) == newer
                assert _read(first, key) == newer
                # A late one would have come by now: everything that woke up has been read to its end.
                assert on.outrider.stats("backends")[_fences_name(on)] == "0"
                assert _stored(on, key) == newer
        assert on.count("fences_closed") >= _ROUNDS * 0.9
        assert on.count("fences_forced") == 0


def _fences_name(on: Stage) -> str:
    return next(name for name in on.outrider.stats("backends") if name.endswith("fences"))


@pytest.mark.soak
def test_after_a_stop_the_last_of_many_large_writes_is_not_undone_by_those_before() -> None:
    with (
        stage(1, timeout=0.05, probe_interval=0.01, memcached=("-t", "4")) as on,
        on.client() as first,
        on.client() as second,
    ):
        keys = [on.key(0, f"many{number}") for number in range(20)]
        for number in range(20 * FACTOR):
            on.backends[0].stop()
            older = b"older %d " % number + b"." * 100_000
            first.send(b"".join(b"set %b 0 0 %d\r\n%b\r\n" % (key, len(older), older) for key in keys))
            for _ in keys:
                assert first.read_until(b"\r\n").startswith(b"SERVER_ERROR backend ")
            on.backends[0].resume()
            newer = b"newer %d" % number
            for key in keys:
                _set_until_stored(second, key, newer)
            assert [_stored(on, key) for key in keys] == [newer] * len(keys)


@pytest.mark.parametrize("is_meta", [False, True])
def test_a_connection_that_hangs_while_new_ones_answer_costs_its_doubtful_keys(is_meta: bool) -> None:
    with stage(1, relayed=True, pool_options='fence_timeout = "1s"') as on, on.client() as wire:
        keys = [on.key(0, f"doubt{number}") for number in range(5)]
        sure = on.key(0, "sure")
        for key in (*keys, sure):
            assert _set(wire, key, b"old") == b"STORED\r\n"
        on.relay.hold_established()
        write = b"ms %b 3\r\nnew\r\n" if is_meta else b"set %b 0 0 3\r\nnew\r\n"
        wire.send(b"".join(write % key for key in keys) + b"get %b\r\n" % sure)
        for _ in (*keys, sure):
            assert wire.read_until(b"\r\n") == TIMED_OUT
        # Nothing is served in doubt: neither the old value nor the new one.
        assert wire.ask(b"get %b\r\n" % keys[0]) in (TIMED_OUT, DOWN)
        wait_until(lambda: on.count("fences_forced") == 1, "the fence is broken")
        on.wait_served(0)
        for key in keys:
            assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"END\r\n"
        assert wire.ask(b"get %b\r\n" % sure, b"END\r\n") == b"VALUE %b 0 3\r\nold\r\nEND\r\n" % sure
        assert on.count("removed_in_doubt") == len(keys)
        assert on.count("fences_closed") == 0


def test_base64_keys_in_doubt_are_deleted_as_what_they_mean() -> None:
    with stage(1, relayed=True, pool_options='fence_timeout = "400ms"') as on, on.client() as wire:
        assert _set(wire, b"foo", b"old") == b"STORED\r\n"
        on.relay.hold_established()
        assert wire.ask(b"ms Zm9v 3 b\r\nnew\r\n") == TIMED_OUT
        wait_until(lambda: on.count("removed_in_doubt") == 1, "the fence is broken")
        on.wait_served(0)
        assert wire.ask(b"get foo\r\n") == b"END\r\n"


def test_a_fence_that_closes_in_time_deletes_nothing() -> None:
    with stage(1, relayed=True, pool_options='fence_timeout = "30s"') as on, on.client() as wire:
        key = on.key(0)
        assert _set(wire, key, b"old") == b"STORED\r\n"
        on.relay.hold_established()
        assert _set(wire, key, b"new") == TIMED_OUT
        # Its connection has not ended: whoever asks waits, and is told nothing that might be wrong.
        assert wire.ask(b"get %b\r\n" % key) == TIMED_OUT
        on.relay.release()
        on.wait_served(0)
        assert wire.ask(b"get %b\r\n" % key, b"END\r\n") == b"VALUE %b 0 3\r\nnew\r\nEND\r\n" % key
        assert on.count("fences_closed") == 1
        assert on.count("fences_forced") == 0
        assert on.count("removed_in_doubt") == 0


def test_doubtful_keys_stay_doubtful_when_the_connection_that_deletes_them_breaks() -> None:
    with stage(1, relayed=True, pool_options='fence_timeout = "400ms"') as on, on.client() as wire:
        key = on.key(0)
        assert _set(wire, key, b"old") == b"STORED\r\n"

        def cut_before_deleted(data: bytes) -> bytes:
            if data.startswith(b"DELETED"):
                on.relay.replies.edit = None
                on.relay.replies.cut_after(0, by_reset=False)
            return data

        def lose_the_delete(data: bytes) -> bytes:
            if data.startswith(b"delete"):
                on.relay.requests.edit = None
                on.relay.requests.cut_after(0, by_reset=False)
            return data

        on.relay.hold_established()
        assert _set(wire, key, b"new") == TIMED_OUT
        on.relay.requests.edit = lose_the_delete
        on.relay.replies.edit = cut_before_deleted
        wait_until(lambda: on.relay.requests.edit is None, "the delete is lost on its way")
        wait_until(lambda: on.relay.replies.edit is None, "its repetition's reply is lost")
        on.wait_served(0)
        assert wire.ask(b"get %b\r\n" % key) == b"END\r\n"
        assert on.count("removed_in_doubt") == 3


def test_a_slow_backend_is_not_blamed_for_the_time_that_a_fence_took() -> None:
    with stage(1, relayed=True, pool_options='fence_timeout = "600ms"') as on, on.client() as wire:
        key = on.key(0)
        assert _set(wire, key, b"old") == b"STORED\r\n"
        on.relay.hold_established()
        assert _set(wire, key, b"new") == TIMED_OUT
        on.relay.replies.delay = 0.05  # a normal round trip between two zones
        wait_until(lambda: on.count("fences_forced") == 1, "the fence is broken")
        on.wait_served(0)
        assert on.count("backend_timeouts") == 1
