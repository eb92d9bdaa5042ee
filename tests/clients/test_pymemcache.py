"""What is pymemcache's own: replies or none, its parsed statistics, its pools, values at the limit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from pymemcache import (
    Client,
    HashClient,
    MemcacheServerError,
    MemcacheUnknownCommandError,
    PooledClient,
    serde,
)

from tests.servers import Memcached, Outrider, pool, running

MEBIBYTE = 1024 * 1024


@pytest.fixture
def client(outrider: Outrider) -> Iterator[Any]:
    with closing(Client(("127.0.0.1", outrider.port), timeout=10)) as client:
        yield client


@pytest.mark.parametrize("size", [MEBIBYTE, 2 * MEBIBYTE], ids=["by the backend", "by the proxy"])
def test_a_refused_write_without_a_reply_leaves_the_connection_in_step(client: Any, size: int) -> None:
    client.set("k", b"old")
    client.set("k", bytes(size))
    for number in range(50):
        client.set(f"k{number}", str(number))
    assert client.get_many([f"k{number}" for number in range(50)]) == {
        f"k{number}": b"%d" % number for number in range(50)
    }
    assert client.get("k") is None


@pytest.mark.parametrize("size", [MEBIBYTE, 2 * MEBIBYTE], ids=["by the backend", "by the proxy"])
def test_a_refused_write_with_a_reply_is_a_server_error(client: Any, size: int) -> None:
    with pytest.raises(MemcacheServerError, match="object too large for cache"):
        client.set("k", bytes(size), noreply=False)
    assert client.set("k", b"v", noreply=False)


def test_values_are_accepted_up_to_the_same_byte_as_by_memcached() -> None:
    backend = Memcached()
    outrider = Outrider(pool(backend.address))

    def is_taken(client: Any, size: int) -> bool:
        try:
            return bool(client.set("k", bytes(size), noreply=False))
        except MemcacheServerError:
            return False

    with (
        running(backend, outrider),
        closing(Client(f"127.0.0.1:{outrider.port}")) as ours,
        closing(Client(backend.address)) as theirs,
    ):
        outrider.wait_live()
        low, high = MEBIBYTE // 2, MEBIBYTE
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_taken(theirs, middle) else (low, middle)
        assert [is_taken(ours, size) for size in (low, high)] == [True, False]
        assert ours.set("k", bytes(low), noreply=False)
        assert ours.get("k") == bytes(low)


def test_a_raw_command_gets_and_touches(client: Any) -> None:
    client.set("k", b"v", expire=100)
    assert client.raw_command("gat 500 k", "END\r\n") == b"VALUE k 0 1\r\nv\r\n"
    client.touch("k", -1, noreply=False)
    assert client.raw_command("gat 500 k", "END\r\n") == b""


def test_cas_tells_a_changed_item_from_a_missing_one(client: Any) -> None:
    client.set("k", b"v")
    _, unique = client.gets("k")
    assert client.cas("nothing", b"w", unique) is None
    assert client.cas("k", b"w", unique) is True
    assert client.cas("k", b"x", unique) is False


def test_stats_are_numbers(client: Any, outrider: Outrider) -> None:
    stats = client.stats()
    assert stats[b"pid"] == outrider.pid
    assert stats[b"version"].startswith(b"1.6.18")
    assert {b"curr_connections", b"cmd_get", b"cmd_set", b"get_hits", b"get_misses", b"threads"} <= set(stats)


@pytest.mark.parametrize("section", [(), ("settings",)], ids=["general", "settings"])
def test_stats_are_parsed_into_the_same_types_as_those_of_memcached(client: Any, section: tuple[str]) -> None:
    with Memcached() as memcached, closing(Client(memcached.address)) as direct:
        theirs = direct.stats(*section)
    ours = client.stats(*section)
    shared = ours.keys() & theirs.keys()
    assert len(shared) >= 5
    assert {name: type(ours[name]) for name in shared} == {name: type(theirs[name]) for name in shared}


def test_stats_of_items_and_slabs_are_empty_but_there(client: Any) -> None:
    assert client.stats("items") == {}
    assert client.stats("slabs")[b"active_slabs"] == 0


def test_stats_count_what_was_asked(client: Any) -> None:
    before = client.stats()
    client.set("k", b"v", noreply=False)
    client.get_many(["k", "nothing"])
    after = client.stats()
    assert {
        name: after[name] - before[name] for name in (b"cmd_set", b"cmd_get", b"get_hits", b"get_misses")
    } == {b"cmd_set": 1, b"cmd_get": 2, b"get_hits": 1, b"get_misses": 1}


def test_a_section_of_stats_that_does_not_exist_is_an_error(client: Any) -> None:
    with pytest.raises(MemcacheUnknownCommandError):
        client.stats("nonsense")
    assert client.version().startswith(b"1.6.18")


def test_commands_about_one_server_are_errors(client: Any) -> None:
    with pytest.raises(MemcacheUnknownCommandError):
        client.cache_memlimit(64)
    assert client.version().startswith(b"1.6.18")


def test_shutdown_is_refused(client: Any) -> None:
    with pytest.raises(MemcacheUnknownCommandError):
        client.shutdown()
    assert client.version().startswith(b"1.6.18")


def test_quit_closes_and_the_next_command_connects_again(client: Any) -> None:
    client.set("k", b"v")
    client.quit()
    assert client.get("k") == b"v"


def test_a_delayed_flush_is_taken_by_every_backend(client: Any) -> None:
    client.set("k", b"v", noreply=False)
    assert client.flush_all(delay=1000, noreply=False)
    assert client.get("k") == b"v"
    assert client.flush_all(noreply=False)
    assert client.get("k") is None


def test_pickled_values_keep_their_flags(outrider: Outrider) -> None:
    value = {"name": "ä", "numbers": [1, 2.5, None]}
    with closing(Client(("127.0.0.1", outrider.port), serde=serde.pickle_serde)) as client:
        client.set("k", value)
        client.set("n", 42)
        assert client.get_many(["k", "n"]) == {"k": value, "n": 42}


def test_threads_with_a_pool_each_see_their_own_answers(outrider: Outrider) -> None:
    client = PooledClient(("127.0.0.1", outrider.port), max_pool_size=8, timeout=10, default_noreply=False)

    def work(thread: int) -> bool:
        for number in range(100):
            key, value = f"{thread}:{number}", f"{thread}-{number}".encode() * 20
            client.set(key, value)
            client.add(key, b"never")
            if (
                client.get_many([key, "nothing"]) != {key: value}
                or client.incr(f"count:{thread}", 1) is not None
            ):
                return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(8)))
    client.close()


def test_a_hash_client_keeps_its_server_when_a_write_is_refused(outrider: Outrider) -> None:
    client = HashClient([("127.0.0.1", outrider.port)], default_noreply=False, retry_attempts=0, timeout=10)
    with pytest.raises(MemcacheServerError):
        client.set("k", bytes(2 * MEBIBYTE))
    assert client.set_many({f"k{number}": b"v" for number in range(100)}) == []
    assert len(client.get_many([f"k{number}" for number in range(100)])) == 100
    client.close()
