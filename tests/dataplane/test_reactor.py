"""The reactor with real sockets: one endpoint's trouble is its own, and nothing is ever polled in vain."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import trio

from proxy.dataplane.counters import Counters
from proxy.dataplane.reactor import Reactor


class Recorder:
    """An endpoint on one end of a socketpair; the test holds the other."""

    def __init__(self, reactor: Reactor, act: Callable[["Recorder"], None] | None = None) -> None:
        self.sock, self.other = socket.socketpair()
        self.sock.setblocking(False)
        self.reactor = reactor
        self.seen: list[bytes] = []
        self.flushed = 0
        self.aborted: list[str] = []
        self._act = act
        reactor.register(self.sock.fileno(), select.EPOLLIN, self)

    def on_ready(self, mask: int) -> None:  # noqa: ARG002
        self.seen.append(self.sock.recv(100))
        if self._act is not None:
            self._act(self)

    def flush(self) -> None:
        self.flushed += 1

    def abort(self, reason: str) -> None:
        self.aborted.append(reason)
        self.close()

    def close(self) -> None:
        if self.sock.fileno() >= 0:
            self.reactor.unregister(self.sock.fileno())
            self.sock.close()
        self.other.close()


Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture(name="told")
def _told() -> Told:
    return []


@pytest.fixture(name="reactor")
def _reactor(told: Told) -> Iterator[Reactor]:
    with closing(Reactor(Counters(), lambda event, **details: told.append((event, details)))) as reactor:
        yield reactor


def _fail(_: Recorder) -> None:
    raise ValueError("a bug")


def _echo(one: Recorder) -> None:
    """Ready again at once, for ever."""
    one.other.send(b"x")


def test_an_exception_is_counted_and_told_and_ends_only_its_endpoint(reactor: Reactor, told: Told) -> None:
    faulty, sound = Recorder(reactor, _fail), Recorder(reactor)
    with closing(faulty), closing(sound):
        faulty.other.send(b"x")
        sound.other.send(b"1")
        reactor.pump()
        assert reactor.counters.crashes == 1
        assert [event for event, _ in told] == ["unexpected exception in the data plane"]
        assert isinstance(told[0][1]["exc_info"], ValueError)
        assert faulty.aborted == ["internal error"]
        sound.other.send(b"2")
        reactor.pump()
        assert sound.seen == [b"1", b"2"]
        assert not sound.aborted
        assert len(reactor) == 1


def test_an_exception_while_flushing_ends_only_its_endpoint(reactor: Reactor, told: Told) -> None:
    class Faulty(Recorder):
        def flush(self) -> None:
            raise ValueError("a bug")

    faulty = Faulty(reactor, reactor.flush_later)
    sound = Recorder(reactor, reactor.flush_later)
    with closing(faulty), closing(sound):
        faulty.other.send(b"x")
        sound.other.send(b"x")
        reactor.pump()
        assert reactor.counters.crashes == 1
        assert faulty.aborted
        assert sound.flushed == 1
        assert len(told) == 1


def test_an_exception_while_giving_up_is_told_too(reactor: Reactor, told: Told) -> None:
    class Stubborn(Recorder):
        def abort(self, reason: str) -> None:
            raise RuntimeError(reason)

    stubborn, sound = Stubborn(reactor, _fail), Recorder(reactor)
    with closing(stubborn), closing(sound):
        stubborn.other.send(b"x")
        sound.other.send(b"x")
        reactor.pump()
        assert len(told) == 2
        assert sound.seen == [b"x"]


def test_events_of_a_descriptor_closed_in_the_same_batch_are_dropped(reactor: Reactor) -> None:
    endpoints: list[Recorder] = []

    def close_all_others(survivor: Recorder) -> None:
        for one in endpoints:
            if one is not survivor:
                one.close()

    endpoints += [Recorder(reactor, close_all_others) for _ in range(5)]
    for one in endpoints:
        one.other.send(b"x")
    assert reactor.pump() == 5  # all five in one batch
    assert sum(len(one.seen) for one in endpoints) == 1
    assert reactor.counters.crashes == 0
    assert len(reactor) == 1
    for one in endpoints:
        one.close()


def test_what_is_collected_in_one_pump_is_flushed_once(reactor: Reactor) -> None:
    asked: set[Recorder] = set()

    def ask_once(_: Recorder) -> None:
        if target not in asked:
            asked.add(target)
            reactor.flush_later(target)

    target = Recorder(reactor)
    sources = [Recorder(reactor, ask_once) for _ in range(5)]
    for one in sources:
        one.other.send(b"x")
    reactor.pump()
    assert target.flushed == 1
    for one in (target, *sources):
        one.close()


def test_many_ready_descriptors_do_not_keep_a_turn_from_ending(reactor: Reactor) -> None:
    echo = Recorder(reactor, _echo)
    with closing(echo):
        echo.other.send(b"x")
        reactor.turn()
        assert echo.seen


async def test_trio_tasks_get_their_turn_while_traffic_never_pauses(reactor: Reactor) -> None:
    echo = Recorder(reactor, _echo)
    with closing(echo):
        echo.other.send(b"x")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reactor.run)
            with trio.fail_after(5):
                for _ in range(20):
                    await trio.sleep(0.001)
            nursery.cancel_scope.cancel()
        assert len(echo.seen) > 20
