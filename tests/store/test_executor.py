"""What the executor offers beside the replies that `test_contract` compares."""

import re
from collections.abc import Callable

import pytest

from proxy.protocol.parser import LineMemo, RequestParser
from proxy.protocol.request import Request
from proxy.store.dynamic import OVERHEAD
from tests.store.oracle import Memcached, Oracle, StoreOracle

_DEBUG = re.compile(
    rb"ME (?P<key>\S+) exp=(?P<exp>-?\d+) la=(?P<la>\d+) cas=(?P<cas>\d+) fetch=(?P<fetch>yes|no)"
    rb" cls=(?P<cls>\d+) size=(?P<size>\d+)\r\n"
)


def request_of(line: bytes) -> Request:
    (request,) = RequestParser(LineMemo(), 100).receive(line)
    return request


@pytest.mark.parametrize(
    ("line", "blocks"),
    [
        (b"get a\r\n", [b"VALUE a 5 1\r\nA\r\n"]),
        (b"get b\r\n", [b""]),
        (
            b"get b a c a\r\n",
            [b"", b"VALUE a 5 1\r\nA\r\n", b"VALUE c 0 2\r\nCC\r\n", b"VALUE a 5 1\r\nA\r\n"],
        ),
        (b"gets c b\r\n", [b"VALUE c 0 2 2\r\nCC\r\n", b""]),
        (b"gat 50 a\r\n", [b"VALUE a 5 1\r\nA\r\n"]),
        (b"gats 50 c a\r\n", [b"VALUE c 0 2 2\r\nCC\r\n", b"VALUE a 5 1 1\r\nA\r\n"]),
    ],
)
def test_retrieve_gives_each_key_its_block(
    line: bytes, blocks: list[bytes], new_store: Callable[..., StoreOracle]
) -> None:
    oracle = new_store()
    oracle.ask(b"set a 5 0 1\r\nA\r\nset c 0 0 2\r\nCC\r\n")
    request = request_of(line)
    assert oracle.executor.retrieve(request, oracle.now, 1.7e9, 1 << 20) == blocks
    assert oracle.executor.execute(request, oracle.now, 1.7e9) == b"".join(blocks) + b"END\r\n"
    ttl = b"t50" if line.startswith(b"gat") else b"t-1"
    assert oracle.ask(b"mg %b t\r\n" % (request.keys[-1:] or [request.key])[0]) in (
        b"HD %b\r\n" % ttl,
        b"EN\r\n",
    )


@pytest.mark.parametrize("line", [b"version\r\n", b"stats\r\n", b"mn\r\n", b"quit\r\n"])
def test_what_is_the_proxy_s_own_is_not_executed(line: bytes, new_store: Callable[..., StoreOracle]) -> None:
    with pytest.raises(KeyError):
        new_store().executor.execute(request_of(line), 1.0, 1.7e9)


def test_me_tells_what_a_server_tells(oracle: Oracle) -> None:
    oracle.ask(b"set k 0 0 5\r\nhello\r\nms AAH/ 5 b T1000\r\nhello\r\n")
    fresh = _DEBUG.fullmatch(oracle.ask(b"me k\r\n"))
    assert fresh
    assert fresh["key"] == b"k"
    assert fresh["exp"] == b"-1"
    assert int(fresh["la"]) <= 1
    assert int(fresh["cas"]) == oracle.first_cas + 1
    assert fresh["fetch"] == b"no"
    oracle.ask(b"get k\r\n")
    read = _DEBUG.fullmatch(oracle.ask(b"me k\r\n"))
    assert read
    assert read["fetch"] == b"yes"
    binary = _DEBUG.fullmatch(oracle.ask(b"me AAH/ b\r\n"))
    assert binary
    assert binary["key"] == b"AAH/"
    assert -1000 <= int(binary["exp"]) <= -998


def test_me_tells_the_allocator_s_account(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store(now=5.0)
    oracle.ask(b"set k 0 100 5\r\nhello\r\n")
    oracle.now = 9.0
    assert oracle.ask(b"me k\r\n") == (b"ME k exp=-96 la=4 cas=1 fetch=no cls=1 size=%d\r\n" % (OVERHEAD + 6))


def test_statistics_count(new_store: Callable[..., StoreOracle]) -> None:
    oracle = new_store()
    oracle.ask(
        b"set a 0 0 1\r\n1\r\nset a 0 0 1\r\n2\r\nset b 0 -1 0\r\n\r\nadd a 0 0 1\r\nx\r\nincr a 1\r\n"
    )
    oracle.ask(b"get a b c\r\nmg a\r\nmg c\r\ntouch a 0\r\nset a 0 0 2000000\r\n%b\r\n" % bytes(2000000))
    statistics = oracle.store.statistics()
    assert statistics.items == 0
    assert statistics.written == 3
    assert (statistics.hits, statistics.misses) == (3, 3)
    assert (statistics.expired, statistics.too_large, statistics.evictions) == (1, 1, 0)


def test_a_server_that_is_missing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.store.oracle.shutil.which", lambda *_, **__: None)
    with pytest.raises(AssertionError, match="memcached"):
        Memcached()
