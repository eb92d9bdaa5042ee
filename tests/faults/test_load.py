"""The checking load checks: silent on a faultless memcached, loud about each kind of wrong reply."""

import re
from collections.abc import Iterator

import pytest

from tests.faults.item import Item, WrongReplyError
from tests.faults.load import Canary, CheckingLoad
from tests.faults.placement import Placement
from tests.faults.races import Races
from tests.faults.relay import Edit, Relay
from tests.servers import Memcached, wait_until


@pytest.fixture(name="memcached", scope="module")
def _memcached() -> Iterator[Memcached]:
    with Memcached() as memcached:
        yield memcached


def _race_key(name: str) -> bytes:
    return b"race:" + name.encode()


def test_a_faultless_memcached_passes(memcached: Memcached) -> None:
    placement = Placement([memcached.port])
    with CheckingLoad(memcached.port, placement) as load, Races(memcached.port, _race_key) as races:
        load.wait_rounds(30)
        races.wait_rounds(30)
    assert not load.errors


def _once(edit: Edit) -> Edit:
    """Edits the first reply that it changes."""
    is_done = False

    def edit_once(data: bytes) -> bytes:
        nonlocal is_done
        if is_done:
            return data
        edited = edit(data)
        is_done = edited != data
        return edited

    return edit_once


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda data: data.replace(b" version ", b" version 9", 1), id="a value never written"),
        pytest.param(lambda data: data + b"STORED\r\n", id="an extra reply"),
        pytest.param(lambda data: data.replace(b"STORED\r\n", b"", 1), id="a reply that is missing"),
        pytest.param(lambda data: data.replace(b"HD O", b"HD O1", 1), id="the opaque of another request"),
        pytest.param(lambda data: data.replace(b"STORED", b"NOT_STORED", 1), id="a reply of the wrong kind"),
        pytest.param(
            lambda data: data.replace(b"\r\nEND\r\n", b"\r\nSERVER_ERROR late\r\n", 1),
            id="an error behind values",
        ),
        pytest.param(
            lambda data: re.sub(rb"VALUE client\d", b"VALUE other", data, count=1), id="a key not asked"
        ),
    ],
)
def test_a_wrong_reply_is_noticed(memcached: Memcached, edit: Edit) -> None:
    with Relay(memcached.port) as relay:
        load = CheckingLoad(relay.port, Placement([memcached.port]), clients=2, seed=7)
        with pytest.raises(AssertionError), load:  # noqa: PT012 - wherever it is noticed
            relay.replies.edit = _once(edit)
            load.wait_rounds(20)


def test_a_race_won_twice_is_noticed(memcached: Memcached) -> None:
    with Relay(memcached.port) as relay:
        races = Races(relay.port, _race_key)
        with pytest.raises(AssertionError, match="add won more than once"), races:  # noqa: PT012
            relay.replies.edit = lambda data: data.replace(b"NOT_STORED", b"STORED")
            races.wait_rounds(40)


def test_a_slow_canary_is_noticed(memcached: Memcached) -> None:
    with Relay(memcached.port) as relay:
        canary = Canary(relay.port, b"canary", limit=0.05)
        with pytest.raises(AssertionError, match="the canary waited"), canary:  # noqa: PT012
            relay.replies.delay = 0.06
            wait_until(lambda: canary.slowest > 0.05, "the canary sees the delay")


def test_a_failed_write_is_old_or_new_and_then_settled() -> None:
    item = Item(b"k")
    for value, succeeded in ((b"old", True), (b"new", False)):
        item.start_write(value)
        item.end_write(b"SERVER_ERROR backend timeout\r\n", succeeded=succeeded)
    item.saw(b"new")
    with pytest.raises(WrongReplyError):
        item.saw(b"old")


def test_a_write_that_was_never_sent_is_not_seen() -> None:
    item = Item(b"k")
    item.start_write(b"v")
    item.end_write(b"SERVER_ERROR backend down\r\n", succeeded=False)
    item.saw(None)
    with pytest.raises(WrongReplyError):
        item.saw(b"v")


def test_an_item_is_lost_only_where_a_backend_was() -> None:
    item = Item(b"k")
    item.start_write(b"v")
    item.end_write(b"STORED\r\n", succeeded=True)
    with pytest.raises(WrongReplyError):
        item.saw(None)
    item.is_lossy = True
    item.saw(None)
    with pytest.raises(WrongReplyError):
        item.saw(b"v")


def test_a_read_may_see_a_write_behind_it_only_if_that_one_failed() -> None:
    item = Item(b"k")
    item.start_write(b"v")
    item.saw(b"v")
    with pytest.raises(WrongReplyError):
        item.end_write(b"STORED\r\n", succeeded=True)
