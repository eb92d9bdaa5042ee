"""The load generator counts what really happened, and does not go on over a reply it does not understand."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bench.failure import BenchError
from bench.loadgen import Load, compile_loadgen, run_loadgen
from bench.streams import (
    KEYS,
    ReplyKind,
    Request,
    Shape,
    get,
    key_name,
    set_,
    write_fill,
    write_requests,
    write_traffic,
)
from tests.bench.scripted import scripted_server
from tests.servers import Memcached, Wire, free_port


@pytest.fixture(scope="module")
def binary() -> Path:
    return compile_loadgen()


@pytest.fixture
def memcached() -> Iterator[int]:
    with Memcached() as server:
        yield server.port


def stats(port: int) -> dict[str, int]:
    with Wire(port) as wire:
        lines = [line.split() for line in wire.ask(b"stats\r\n", b"END\r\n").decode().splitlines()[:-1]]
    return {name: int(value) for _, name, value, *_ in lines if value.isdigit()}


def play(
    binary: Path,
    port: int,
    directory: Path,
    requests: Sequence[Request],
    *,
    depth: int = 1,
    value_size: int = 0,
) -> Load:
    """All of the requests once, on one connection."""
    path = directory / "stream"
    write_requests(path, requests, value_size)
    return run_loadgen(binary, port, path, connections=1, depth=depth, requests=len(requests))


@pytest.mark.parametrize(("connections", "depth"), [(1, 1), (64, 1), (16, 16), (3, 100)])
def test_its_counts_are_those_of_memcached(
    binary: Path, memcached: int, tmp_path: Path, connections: int, depth: int
) -> None:
    shape = Shape(requests=20_011)
    write_fill(tmp_path / "fill", shape, seed=1)
    write_traffic(tmp_path / "traffic", shape, seed=2)
    half = run_loadgen(binary, memcached, tmp_path / "fill", connections=1, depth=16, requests=KEYS // 2)
    before = stats(memcached)
    load = run_loadgen(
        binary, memcached, tmp_path / "traffic", connections=connections, depth=depth, requests=shape.requests
    )
    after = stats(memcached)
    told = {name: after[name] - before[name] for name in ("get_hits", "get_misses", "cmd_set")}
    assert half.total_ops == before["curr_items"] == KEYS // 2
    assert told["get_hits"] == load.hits > 0
    assert told["get_misses"] == load.misses > 0
    assert told["cmd_set"] == load.total_ops - load.hits - load.misses
    assert load.total_ops == load.ops == shape.requests
    assert load.errors == 0


def test_values_of_a_multiget_are_counted_by_key(binary: Path, memcached: int, tmp_path: Path) -> None:
    shape = Shape(requests=500, value_size=4096, keys_per_get=20, has_sets=False)
    write_fill(tmp_path / "fill", shape, seed=1)
    write_traffic(tmp_path / "traffic", shape, seed=2)
    run_loadgen(binary, memcached, tmp_path / "fill", connections=4, depth=16, requests=KEYS)
    load = run_loadgen(binary, memcached, tmp_path / "traffic", connections=16, depth=4, requests=500)
    assert (load.ops, load.hits, load.misses, load.errors) == (500, 10_000, 0, 0)


def test_a_run_of_some_seconds_starts_its_stream_again(binary: Path, memcached: int, tmp_path: Path) -> None:
    write_requests(tmp_path / "stream", [get([key_name(1)])] * 10)
    announced: list[None] = []
    load = run_loadgen(
        binary,
        memcached,
        tmp_path / "stream",
        connections=4,
        depth=3,
        seconds=0.4,
        warmup=0.5,
        on_measuring=lambda: announced.append(None),
    )
    assert len(announced) == 1
    assert load.total_ops == load.misses == stats(memcached)["get_misses"]
    assert 10 < load.ops < load.total_ops
    assert 0.1 < load.seconds < 2


def test_latencies_fit_the_throughput(binary: Path, memcached: int, tmp_path: Path) -> None:
    write_traffic(tmp_path / "stream", Shape(requests=20_000), seed=1)
    load = run_loadgen(binary, memcached, tmp_path / "stream", connections=8, depth=1, requests=20_000)
    mean_us = 8 * load.seconds / load.ops * 1e6  # Little's law, the loop being closed
    assert 1 < load.p50_us <= load.p99_us <= load.p999_us < load.seconds * 1e6
    assert load.p50_us <= 2 * mean_us * 1.01  # as Markov's inequality has it
    assert load.p999_us >= mean_us / 10


def test_error_replies_are_counted(binary: Path, memcached: int, tmp_path: Path) -> None:
    requests = [set_(b"large", bytes(2_000_000)), get([b"missing"]), get([b"k" * 251]), set_(b"small", b"1")]
    load = play(binary, memcached, tmp_path, requests)
    assert (load.ops, load.hits, load.misses, load.errors) == (4, 0, 1, 2)
    assert "error reply: SERVER_ERROR object too large for cache" in load.complaints


def test_a_reply_of_another_command_ends_the_run(binary: Path, memcached: int, tmp_path: Path) -> None:
    requests = [Request(b"delete nothing\r\n", 1, ReplyKind.STORED)]
    with pytest.raises(BenchError, match="unexpected reply line to 'delete nothing"):
        play(binary, memcached, tmp_path, requests)


def test_a_value_of_another_length_ends_the_run(binary: Path, memcached: int, tmp_path: Path) -> None:
    requests = [set_(b"key", b"abc"), get([b"key"])]
    assert play(binary, memcached, tmp_path, requests, value_size=3).hits == 1
    with pytest.raises(BenchError, match="value of 3 bytes, expected 4"):
        play(binary, memcached, tmp_path, requests, value_size=4)


def test_a_refused_connection_ends_the_run(binary: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="Connection refused"):
        play(binary, free_port(), tmp_path, [get([b"key"])])


REPLY = b"VALUE b 0 7\r\nEND\r\n\r\n\r\nVALUE a 4294967295 0 17\r\n\r\nEND\r\nSTORED\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(REPLY)])
def test_a_reply_in_pieces_reads_as_the_whole(binary: Path, tmp_path: Path, size: int) -> None:
    pieces = [REPLY[at : at + size] for at in range(0, len(REPLY), size)]
    requests = [get([b"a", b"b", b"c"]), set_(b"a", b"")]
    with scripted_server(pieces) as port:
        load = play(binary, port, tmp_path, requests, depth=2)
    assert (load.ops, load.hits, load.misses, load.errors) == (2, 2, 1, 0)


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (b"VALUE other 0 1\r\nx\r\nEND\r\n", "was not asked for"),
        (b"VALUE ke 0 1\r\nx\r\nEND\r\n", "was not asked for"),
        (b"VALUE get 0 1\r\nx\r\nEND\r\n", "was not asked for"),
        (b"VALUE key 0 1\r\nx\r\nVALUE key 0 1\r\nx\r\nEND\r\n", "was not asked for"),
        (b"VALUE key 0 1\r\nxx\r\nEND\r\n", "not followed by CRLF"),
        (b"VALUE key 0\r\nx\r\nEND\r\n", "malformed VALUE line"),
        (b"VALUE key 0 \r\nx\r\nEND\r\n", "malformed VALUE line"),
        (b"VALUE key 0 -1\r\nEND\r\n", "malformed VALUE line"),
        (b"VALUE key 0 99999999999999999999\r\n", "malformed VALUE line"),
        (b"END\n", "without CR"),
        (b"STORED\r\n", "unexpected reply line"),
        (b"ENDED\r\n", "unexpected reply line"),
        (b"END\r\nEND\r\n", "answer no request"),
        (b"x" * 5000, "without end"),
        (b"VALUE key 0 10\r\nx", "closed by the server"),
        (b"", "closed by the server"),
    ],
)
def test_a_reply_that_cannot_be_ends_the_run(
    binary: Path, tmp_path: Path, reply: bytes, complaint: str
) -> None:
    with scripted_server([reply]) as port, pytest.raises(BenchError, match=complaint):
        play(binary, port, tmp_path, [get([b"key"])])


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 10])
def test_a_damaged_stream_is_refused(binary: Path, tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "stream"
    write_requests(path, [get([b"key"])])
    path.write_bytes(damage + path.read_bytes()[:-1])
    with pytest.raises(BenchError, match="not a request stream"):
        run_loadgen(binary, 1, path, connections=1, depth=1, requests=1)
