"""One measurement: a fresh process, its cache filled, a load or none at all, and what that cost.

Processes are started anew for each measurement: what differs by chance between two starts (layout of memory,
hash seeds) then shows in the spread instead of hiding in the figure.
"""

import contextlib
import socket
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.failure import BenchError
from bench.loadgen import Load, run_loadgen
from bench.measure import CpuTime, ProcessorTime, cpu_time, processor_time, rss_bytes
from bench.processes import Server
from bench.results import Idle, Sample
from bench.scenarios import IDLE_CONNECTIONS, Scenario
from bench.streams import KEYS, write_fill, write_traffic
from bench.systems import Place, System, keys_read, started

WARMUP_SHARE = 0.3
SETTLE_SECONDS = 0.5  # until what belongs to the start is over
_SEED = 20_260_117


@dataclass(frozen=True, slots=True)
class Streams:
    fill: Path
    traffic: Path


def write_streams(scenario: Scenario, directory: Path) -> Streams:
    streams = Streams(directory / f"{scenario.name}.fill", directory / f"{scenario.name}.traffic")
    write_fill(streams.fill, scenario.shape, _SEED)
    write_traffic(streams.traffic, scenario.shape, _SEED)
    return streams


@dataclass(frozen=True, slots=True)
class _Reading:
    at: float
    process: CpuTime
    backends: float
    processor: ProcessorTime
    load_processor: ProcessorTime


def _read(server: Server, place: Place) -> _Reading:
    return _Reading(
        time.monotonic(),
        cpu_time(server.pid),
        sum(cpu_time(backend.pid).total for backend in place.backends),
        processor_time(place.cpu),
        processor_time(place.load_cpu),
    )


def measure_load(
    system: System, scenario: Scenario, streams: Streams, *, place: Place, loadgen: Path, seconds: float
) -> Sample:
    run = partial(run_loadgen, loadgen, cpu=place.load_cpu)
    with started(system, place) as server:
        fill = run(server.port, streams.fill, connections=4, depth=16, requests=KEYS)
        read_before = _keys_read(place)
        readings: list[_Reading] = []
        load = run(
            server.port,
            streams.traffic,
            connections=scenario.connections,
            depth=scenario.depth,
            seconds=seconds,
            warmup=WARMUP_SHARE,
            on_measuring=lambda: readings.append(_read(server, place)),
        )
        readings.append(_read(server, place))
        rss = rss_bytes(server.pid)
        forwarded = (_keys_read(place) - read_before) / (load.hits + load.misses)
    if fill.errors or load.errors or load.misses:
        # A miss is cheaper than a hit, an error cheaper than both: such figures would flatter.
        counts = f"{fill.errors + load.errors} error replies, {load.misses} misses of stored keys"
        raise BenchError(f"{counts}\n{fill.complaints}\n{load.complaints}".strip())
    before, after = readings
    cpu = after.process.since(before.process)
    return Sample(load, cpu, rss, forwarded, _disturbance(before, after, load))


def _keys_read(place: Place) -> int:
    return sum(keys_read(backend) for backend in place.backends)


def _disturbance(before: _Reading, after: _Reading, load: Load) -> float:
    """What nobody of ours accounts for, as a share of the time, on the processor where it is more."""
    proxy = after.process.total - before.process.total
    others = after.backends - before.backends + load.own_us * load.ops / 1e6
    taken = max(
        _occupied(before.processor, after.processor) - proxy,
        _occupied(before.load_processor, after.load_processor) - others,
    )
    return max(0.0, taken) / (after.at - before.at)


def _occupied(before: ProcessorTime, after: ProcessorTime) -> float:
    return after.busy - before.busy + after.stolen - before.stolen


def measure_idle(system: System, *, place: Place, seconds: float) -> Idle:
    with started(system, place) as server:
        time.sleep(SETTLE_SECONDS)
        rss = rss_bytes(server.pid)
        begin, before = time.monotonic(), cpu_time(server.pid)
        time.sleep(seconds)
        spent, elapsed = cpu_time(server.pid).since(before), time.monotonic() - begin
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(_client(server.port)) for _ in range(IDLE_CONNECTIONS)]
            # Each has asked something once, as real idle connections have.
            for client in clients:
                client.sendall(b"get bench:idle\r\n")
            for client in clients:
                if client.recv(64) != b"END\r\n":
                    raise BenchError("one of many connections got no answer")
            time.sleep(SETTLE_SECONDS)
            with_connections = rss_bytes(server.pid)
    return Idle(spent.total / elapsed * 100, rss, with_connections)


def _client(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5.0)
