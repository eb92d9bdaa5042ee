"""What a cache client must see, whatever library it is."""

import contextlib

from tests.clients.roster import ROSTER, clients_that
from tests.clients.subject import Subject
from tests.servers import Outrider, wait_until

EVERY_BYTE = bytes(range(256)) + b"\r\nEND\r\nVALUE x 0 1\r\n"
#: More than one server's share, so that a multi-get is split and put together again.
MANY = {f"many:{number}": b"value %d" % number for number in range(200)}


@clients_that("get", "set")
def test_a_stored_value_is_read_back(client: Subject) -> None:
    assert client.get("k") is None
    client.set("k", b"first")
    client.set("k", b"second")
    assert client.get("k") == b"second"


@clients_that("get", "set")
def test_a_value_may_hold_every_byte_and_none(client: Subject) -> None:
    client.set("all", EVERY_BYTE)
    client.set("none", b"")
    assert client.get("all") == EVERY_BYTE
    assert client.get("none") == b""


@clients_that("get", "set")
def test_a_value_may_be_nearly_a_mebibyte(client: Subject) -> None:
    large = EVERY_BYTE * 3500
    assert 900_000 < len(large) < 1024 * 1024
    client.set("large", large)
    assert client.get("large") == large


@clients_that("get", "set")
def test_a_value_above_the_limit_is_refused_and_the_connection_goes_on(client: Subject) -> None:
    client.set("k", b"before")
    with contextlib.suppress(*client.refusals):
        client.set("k", bytes(2 * 1024 * 1024))
    client.set("other", b"after")
    assert client.get("other") == b"after"
    assert client.get("k") in (None, b"before")  # the latter where the library itself refused it


@clients_that("get", "set")
def test_a_key_may_be_200_bytes_long_and_look_like_anything(client: Subject) -> None:
    for key in ("x" * 200, "user:{42}:name", "a/b?c=d&e=%20", "noreply", "0", "-1"):
        client.set(key, key.encode())
        assert client.get(key) == key.encode()


@clients_that("set", "get_many")
def test_get_many_finds_exactly_what_is_there(client: Subject) -> None:
    present = dict(list(MANY.items())[::2])
    for key, value in present.items():
        client.set(key, value)
    assert client.get_many(list(MANY)) == present


@clients_that("set_many", "get_many")
def test_set_many_stores_all(client: Subject) -> None:
    assert client.set_many(MANY) == []
    assert client.get_many(list(MANY)) == MANY


@clients_that("set_many", "get_many", "delete_many")
def test_delete_many_deletes_those_and_no_others(client: Subject) -> None:
    client.set_many(MANY)
    client.delete_many(list(MANY)[:150])
    assert client.get_many(list(MANY)) == dict(list(MANY.items())[150:])


@clients_that("set", "get", "delete")
def test_delete_deletes(client: Subject) -> None:
    client.set("k", b"v")
    client.delete("k")
    assert client.get("k") is None


@clients_that("add", "get")
def test_add_stores_only_where_nothing_is(client: Subject) -> None:
    first, second = client.add("k", b"one"), client.add("k", b"two")
    if client.tells:
        assert (first, second) == (True, False)
    assert client.get("k") == b"one"


@clients_that("replace", "set", "get")
def test_replace_stores_only_where_something_is(client: Subject) -> None:
    onto_nothing = client.replace("k", b"one")
    assert client.get("k") is None
    client.set("k", b"two")
    onto_something = client.replace("k", b"three")
    if client.tells:
        assert (onto_nothing, onto_something) == (False, True)
    assert client.get("k") == b"three"


@clients_that("append", "prepend", "set", "get")
def test_append_and_prepend_extend_what_is_there(client: Subject) -> None:
    client.set("k", b"-")
    client.append("k", b"after")
    client.prepend("k", b"before")
    client.append("nothing", b"x")
    assert client.get("k") == b"before-after"
    assert client.get("nothing") is None


@clients_that("count_from", "incr", "decr")
def test_counters_count(client: Subject) -> None:
    client.count_from("n", 5)
    assert client.incr("n", 10) == 15
    assert client.decr("n", 6) == 9
    assert client.incr("n", 2**30) == 2**30 + 9


@clients_that("gets", "cas", "set", "get")
def test_cas_stores_only_onto_the_value_that_was_read(client: Subject) -> None:
    client.set("k", b"one")
    value, unique = client.gets("k")
    assert value == b"one"
    stored = client.cas("k", b"two", unique)
    assert client.get("k") == b"two"
    value, unique = client.gets("k")
    client.set("k", b"somebody else's")
    too_late = client.cas("k", b"three", unique)
    assert client.get("k") == b"somebody else's"
    if client.tells:
        assert (stored, too_late) == (True, False)


@clients_that("touch", "set", "get")
def test_touch_keeps_an_item_and_misses_what_is_not_there(client: Subject) -> None:
    client.set("k", b"v")
    present, absent = client.touch("k", 100), client.touch("nothing", 100)
    if client.tells:
        assert (present, absent) == (True, False)
    assert client.get("k") == b"v"


@clients_that("flush_all", "set_many", "get_many")
def test_flush_all_empties_every_backend(client: Subject) -> None:
    client.set_many(MANY)
    client.flush_all()
    assert client.get_many(list(MANY)) == {}


@clients_that("version")
def test_the_version_is_a_number_that_clients_parse(client: Subject) -> None:
    assert client.version() == "1.6.18"


def test_a_value_stored_for_one_second_is_gone_soon_after(outrider: Outrider) -> None:
    with contextlib.ExitStack() as stack:
        clients = {
            kind.__name__: stack.enter_context(kind(outrider.port)) for kind in ROSTER if kind.can("set_for")
        }
        for name, client in clients.items():
            client.set_for(f"brief:{name}", b"v", 1)
            client.set_for(f"long:{name}", b"v", 100)
        wait_until(
            lambda: all(client.get(f"brief:{name}") is None for name, client in clients.items()),
            "all are gone",
        )
        assert all(client.get(f"long:{name}") == b"v" for name, client in clients.items())
