"""The benchmark's own instruments: streams, clocks, ratios, verdicts."""

import itertools
import os
import resource
import time
from pathlib import Path

import pytest

from bench.failure import BenchError
from bench.loadgen import Load
from bench.measure import CpuTime, cpu_time, rss_bytes
from bench.processes import free_port, running
from bench.report import render
from bench.results import Idle, Results, Sample
from bench.scenarios import IDLE, SCENARIOS, TARGETS
from bench.streams import Shape, write_traffic


def sample(cpu_us: float, p50_us: float = 100.0, throughput: int = 10_000) -> Sample:
    load = Load(throughput, 1.0, p50_us, 200.0, 300.0, throughput, 0, 0, throughput, 1e4, 1e4)
    return Sample(load, CpuTime(cpu_us * throughput / 1e6, 0.0, 0.0), 10 << 20, 1.0, 0.0)


def test_a_stream_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_traffic(tmp_path / name, Shape(requests=100), seed)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_a_stream_has_ten_gets_to_a_set_and_popular_keys(tmp_path: Path) -> None:
    write_traffic(tmp_path / "stream", Shape(requests=11_000), seed=1)
    commands = [line for line in (tmp_path / "stream").read_bytes().split(b"\r\n") if b"bench:item:" in line]
    gets = [line.rpartition(b"get ")[2] for line in commands if b"get " in line]
    assert len(gets) == pytest.approx(10_000, rel=0.02)
    counts = sorted((gets.count(key) for key in set(gets)), reverse=True)
    # The first of 10,000 keys under Zipf(0.99) takes 1 in 10.2, the second half of that (2**0.99).
    assert counts[0] == pytest.approx(len(gets) / 10.2, rel=0.15)
    assert counts[1] == pytest.approx(counts[0] / 2, rel=0.2)


def test_the_cpu_clock_agrees_with_what_the_process_knows_of_itself() -> None:
    before, known = cpu_time(os.getpid()), time.process_time()
    deadline = known + 0.2
    while time.process_time() < deadline:
        pass
    spent = cpu_time(os.getpid()).since(before)
    assert spent.total == pytest.approx(time.process_time() - known, abs=0.01)
    assert spent.user + spent.system == pytest.approx(spent.total)
    assert spent.user > 0


def test_resident_memory_is_below_its_peak() -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert 1 << 20 < rss_bytes(os.getpid()) <= peak + (1 << 20)


def test_ratios_are_formed_within_a_round() -> None:
    results = Results()
    # The machine slows down from round to round; the systems' relation stays.
    results.samples["64x1", "nutcracker"] = [sample(10), sample(20), sample(40)]
    results.samples["64x1", "outrider"] = [sample(15), sample(32), sample(56)]
    found = results.metric("64x1", "outrider", "cpu_ratio")
    assert found is not None
    assert (found.median, found.low, found.high) == pytest.approx((1.5, 1.4, 1.6))


def test_every_target_is_about_something_measured() -> None:
    names = {scenario.name for scenario in SCENARIOS} | {IDLE}
    assert {target.scenario for target in TARGETS} <= names
    everything = Results(idle={"outrider": Idle(0.1, 1, 2)})
    for scenario, system in itertools.product(SCENARIOS, ("nutcracker", "outrider")):
        everything.samples[scenario.name, system] = [sample(10)]
    for target in TARGETS:
        assert everything.metric(target.scenario, "outrider", target.metric) is not None


def test_the_report_says_what_is_met_missed_and_unknown() -> None:
    results = Results(idle={"outrider": Idle(0.7, 30 << 20, 45 << 20)})
    results.samples["64x1", "nutcracker"] = [sample(10)]
    results.samples["64x1", "outrider"] = [sample(17)]
    report = render(results, machine=[("CPU", "some")], command="python -m bench", rounds=1, seconds=1)
    verdicts = [line.rsplit("|", 2)[1].strip() for line in report.splitlines() if "≤" in line or "≥" in line]
    assert verdicts == ["met", *["not measured"] * 3, "**missed**", "met", "**missed**"]


def test_a_server_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    port = free_port()
    command = ["sh", "-c", "echo no such luck; exit 7"]
    with (
        pytest.raises(BenchError, match=r"ended by itself with 7\n.*no such luck"),
        running(command, port=port, cpu=None, log=tmp_path / "log"),
    ):
        pass
