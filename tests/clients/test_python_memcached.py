"""What is python-memcached's own: its statistics, its cas memory, prefixes, and writes without replies."""

from collections.abc import Iterator
from typing import Any

import memcache
import pytest

from tests.servers import Outrider


@pytest.fixture
def client(outrider: Outrider) -> Iterator[Any]:
    client = memcache.Client([f"127.0.0.1:{outrider.port}"], cache_cas=True, socket_timeout=10)
    yield client
    client.disconnect_all()


def test_get_stats_finds_the_general_ones_and_sections(client: Any, outrider: Outrider) -> None:
    ((server, stats),) = client.get_stats()
    assert server.startswith(f"127.0.0.1:{outrider.port}")
    assert stats["version"].startswith("1.6.18")
    assert int(stats["pid"]) == outrider.pid
    ((_, settings),) = client.get_stats("settings")
    assert settings["item_size_max"] == "1048576"


def test_the_slabs_of_a_proxy_are_none_and_parse(client: Any) -> None:
    ((_, slabs),) = client.get_slab_stats()
    assert slabs["active_slabs"] == "0"


def test_values_keep_the_type_they_were_stored_with(client: Any) -> None:
    values = {"s": "ä", "b": b"bytes", "i": 7, "l": 2**80, "o": [1, {"a": 2}]}
    assert client.set_multi(values) == []
    assert client.get_multi(list(values)) == values


def test_compressed_values_come_back(client: Any) -> None:
    assert client.set("k", "abc" * 500_000, min_compress_len=1000)
    assert client.get("k") == "abc" * 500_000


def test_a_prefix_is_put_before_keys_and_taken_away_again(client: Any) -> None:
    values = {number: number * 2 for number in range(100)}
    assert client.set_multi(values, key_prefix="p:") == []
    assert client.get_multi(list(values), key_prefix="p:") == values
    assert client.get("p:7") == 14
    assert client.delete_multi(list(values), key_prefix="p:")
    assert client.get_multi(list(values), key_prefix="p:") == {}


def test_writes_without_replies_leave_the_connection_in_step(client: Any) -> None:
    client.set("k", "one", noreply=True)
    client.append("k", "-two", noreply=True)
    client.add("k", "never", noreply=True)
    client.set("n", 5, noreply=True)
    client.incr("n", 2, noreply=True)
    client.touch("n", 100, noreply=True)
    client.set("gone", "x", noreply=True)
    client.delete("gone", noreply=True)
    client.set_multi({"a": "1", "b": "2"}, noreply=True)
    client.delete_multi(["a"], noreply=True)
    assert client.get_multi(["k", "n", "gone", "a", "b"]) == {"k": "one-two", "n": 7, "b": "2"}


def test_cas_remembers_what_was_read(client: Any) -> None:
    client.set("k", "one")
    assert client.gets("k") == "one"
    assert client.cas("k", "two")
    assert client.gets("k") == "two"
    client.set("k", "somebody else's")
    assert not client.cas("k", "three")
    assert client.get("k") == "somebody else's"


def test_quit_leaves_and_the_next_command_connects_again(client: Any) -> None:
    client.set("k", "v")
    client.quit_all()
    client.disconnect_all()
    assert client.get("k") == "v"
