"""What is pylibmc's own: libmemcached's behaviors, its buffered writes, its pools and statistics."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pylibmc
import pytest

from tests.servers import Outrider

MEBIBYTE = 1024 * 1024


def connect(outrider: Outrider, **behaviors: object) -> Any:
    return pylibmc.Client([f"127.0.0.1:{outrider.port}"], behaviors=behaviors)


@pytest.fixture
def client(outrider: Outrider) -> Iterator[Any]:
    client = connect(outrider, cas=True)
    yield client
    client.disconnect_all()


def test_a_multi_get_with_a_prefix_gives_back_the_names_without_it(client: Any) -> None:
    values = {f"k{number}": number for number in range(100)}
    assert client.set_multi(values, key_prefix="p:") == []
    assert client.get_multi([*values, "nothing"], key_prefix="p:") == values
    assert client.get("p:k7") == 7
    assert client.delete_multi(list(values), key_prefix="p:")
    assert client.get_multi(list(values), key_prefix="p:") == {}


def test_a_multi_get_of_ten_thousand_keys_comes_back_whole(client: Any, outrider: Outrider) -> None:
    values = {f"key-{number:05}": str(number) for number in range(10_000)}
    # Written without waiting for anything; its get comes behind the last of them.
    writer = connect(outrider, _noreply=True, no_block=True)
    assert writer.set_multi(values) == []
    assert writer.get("key-09999") == "9999"
    assert client.get_multi(list(values)) == values
    writer.disconnect_all()


@pytest.mark.parametrize(
    "behaviors", [{"no_block": True, "tcp_nodelay": True}, {}], ids=["no_block", "blocking"]
)
def test_a_value_too_large_is_refused_and_what_follows_is_answered(
    outrider: Outrider, behaviors: dict[str, object]
) -> None:
    client = connect(outrider, **behaviors)
    for size in (MEBIBYTE, 2 * MEBIBYTE):
        with pytest.raises(pylibmc.TooBig):
            client.set("k", bytes(size))
        assert client.set("k", b"v")
        assert client.get("k") == b"v"
    client.disconnect_all()


def test_values_keep_the_type_they_were_stored_with(client: Any) -> None:
    values = {"s": "ä", "b": b"bytes", "i": 7, "l": 2**80, "t": True, "o": [1, {"a": 2}]}
    assert client.set_multi(values) == []
    assert client.get_multi(list(values)) == values


def test_compressed_values_come_back(client: Any) -> None:
    assert client.set("k", "abc" * 500_000, min_compress_len=1000)
    assert client.get("k") == "abc" * 500_000


def test_counters_and_their_missing_ones(client: Any) -> None:
    client.set("n", 10)
    assert client.incr("n") == 11
    assert client.decr("n", 20) == 0
    with pytest.raises(pylibmc.NotFound):
        client.incr("nothing")
    client.set("text", "abc")
    with pytest.raises(pylibmc.Error):
        client.incr("text")
    assert client.get("n") == 0


def test_get_stats_has_the_numbers_libmemcached_knows(client: Any) -> None:
    ((server, stats),) = client.get_stats()
    assert b"127.0.0.1" in server
    assert int(stats["pid"]) > 1
    assert int(stats["curr_connections"]) >= 1
    assert stats["version"].startswith(b"1.6.18")
    assert {"get_hits", "get_misses", "bytes_read", "limit_maxbytes", "threads"} <= set(stats)


@pytest.mark.parametrize(
    "distribution", ["modula", "consistent", "consistent ketama", "consistent ketama spy"]
)
@pytest.mark.parametrize("hash_name", ["default", "md5", "crc", "fnv1a_32", "murmur"])
def test_its_own_placement_decides_nothing_with_one_server(
    outrider: Outrider, distribution: str, hash_name: str
) -> None:
    client = connect(outrider, distribution=distribution, hash=hash_name)
    plain = connect(outrider)
    values = {f"k{number}": number for number in range(20)}
    assert client.set_multi(values) == []
    assert plain.get_multi(list(values)) == values
    for one in (client, plain):
        one.disconnect_all()


def test_threads_with_a_pool_each_see_their_own_answers(client: Any) -> None:
    connections = pylibmc.ThreadMappedPool(client)

    def work(thread: int) -> bool:
        with connections.reserve() as mine:
            for number in range(100):
                key = f"{thread}:{number}"
                mine.set(key, key)
                if mine.get_multi([key, "nothing"]) != {key: key}:
                    return False
        connections.relinquish()
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(8)))
