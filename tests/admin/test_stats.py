import re

import pytest

from proxy.admin.metrics import DATA_PLANE
from tests.servers import Memcached, Outrider, Wire, pool


def test_every_metric_is_read_from_a_counter_and_named_once() -> None:
    names = [metric.name for metric in DATA_PLANE]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", metric.name) and metric.help for metric in DATA_PLANE)


def test_stats_count_requests_hits_and_misses_of_every_key() -> None:
    with Memcached() as one, Memcached() as two, Outrider(pool(one.address, two.address)) as outrider:
        outrider.wait_live()
        with Wire(outrider.port) as wire:
            for key in (b"a", b"b", b"c"):
                assert wire.ask(b"set %b 0 0 1\r\nx\r\n" % key) == b"STORED\r\n"
            wire.ask(b"get a\r\nget nothing\r\nget a b c nothing\r\nmn\r\n", b"MN\r\n")
        stats = outrider.stats()
    assert (stats["cmd_set"], stats["cmd_get"], stats["get_hits"], stats["get_misses"]) == (
        "3",
        "6",
        "4",
        "2",
    )
    assert int(stats["bytes_read"]) > 0
    assert stats["pid"] == str(outrider.pid)


def test_stats_reset_sets_the_counters_back_and_keeps_the_connections() -> None:
    with Outrider(pool("memory://m")) as outrider, Wire(outrider.port) as wire:
        wire.ask(b"set a 0 0 1\r\nx\r\n")
        assert wire.ask(b"stats reset\r\n") == b"RESET\r\n"
        stats = outrider.stats()
        assert stats["cmd_set"] == "0"
        assert stats["curr_connections"] == "2"


@pytest.mark.parametrize("section", ["", "settings", "items", "slabs", "sizes", "conns", "proxy", "backends"])
def test_every_section_is_lines_of_stat_name_value_and_end(section: str) -> None:
    with Outrider(pool("memory://m")) as outrider, Wire(outrider.port) as wire:
        reply = wire.ask(f"stats {section}\r\n".encode(), b"END\r\n")
    *lines, end = reply.decode().split("\r\n")[:-1]
    assert end == "END"
    assert all(re.fullmatch(r"STAT [^ ]+ .+", line) for line in lines)


def test_an_unknown_section_is_an_error() -> None:
    with Outrider(pool("memory://m")) as outrider, Wire(outrider.port) as wire:
        assert wire.ask(b"stats nonsense\r\n") == b"ERROR\r\n"


def test_the_version_begins_with_numbers_that_clients_compare() -> None:
    with Outrider(pool("memory://m")) as outrider, Wire(outrider.port) as wire:
        assert re.match(rb"VERSION 1\.6\.\d+", wire.ask(b"version\r\n"))
