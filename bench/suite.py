"""The order of measurements: for each scenario some rounds, in each round the systems one after the other."""

import os
import resource
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.failure import BenchError
from bench.loadgen import compile_loadgen
from bench.results import Results
from bench.runs import measure_idle, measure_load, write_streams
from bench.scenarios import IDLE, Scenario
from bench.systems import Place, System, backends, needs_outrider

_DESCRIPTORS = 8192  # for us and, by inheritance, what we start: 1,000 idle connections and some more


@dataclass(frozen=True, slots=True)
class Plan:
    scenarios: tuple[Scenario, ...]
    measures_idle: bool
    systems: tuple[System, ...]
    outrider: Path
    rounds: int
    seconds: float
    idle_seconds: float


def check(plan: Plan) -> None:
    """Raises BenchError for what would otherwise be found out minutes later."""
    if needs_outrider([system.name for system in plan.systems]) and not plan.outrider.exists():
        raise BenchError(f"no {plan.outrider}: install Outrider there, or name an interpreter with --python")


def measure(plan: Plan) -> Results:
    """Raises BenchError when nothing can be measured; what goes wrong later stands in the results' failures."""
    load_cpu, proxy_cpu = _processors()
    _raise_descriptor_limit()
    loadgen = compile_loadgen()
    os.sched_setaffinity(0, {load_cpu})
    results = Results()
    with tempfile.TemporaryDirectory(prefix="outrider-bench-") as name:
        directory = Path(name)
        with backends(load_cpu, directory) as servers:
            place = Place(proxy_cpu, load_cpu, servers, directory, plan.outrider)
            for scenario in plan.scenarios:
                _measure_scenario(plan, scenario, place, loadgen, results)
            if plan.measures_idle:
                _measure_idle(plan, place, results)
    return results


def _measure_scenario(plan: Plan, scenario: Scenario, place: Place, loadgen: Path, results: Results) -> None:
    streams = write_streams(scenario, place.directory)
    failed: set[str] = set()
    for turn in range(plan.rounds):
        for system in plan.systems:
            # The reference is no part of any ratio: one look is enough.
            if system.name in failed or (turn > 0 and not system.is_proxy):
                continue

            def load(system: System = system) -> str:
                sample = measure_load(
                    system,
                    scenario,
                    streams,
                    place=place,
                    loadgen=loadgen,
                    seconds=plan.seconds,
                )
                results.samples.setdefault((scenario.name, system.name), []).append(sample)
                return f"{sample.throughput:,.0f} op/s, {sample.cpu_us:.1f} µs/request, {sample.disturbed:.0%} disturbed"

            if not _attempt(f"{scenario.name} {system.name} {turn + 1}/{plan.rounds}", load, results):
                failed.add(system.name)


def _measure_idle(plan: Plan, place: Place, results: Results) -> None:
    for system in plan.systems:
        if not system.is_proxy:
            continue

        def idle(system: System = system) -> str:
            figures = measure_idle(system, place=place, seconds=plan.idle_seconds)
            results.idle[system.name] = figures
            return f"{figures.cpu_percent:.2f} % of a core"

        _attempt(f"{IDLE} {system.name}", idle, results)


def _attempt(title: str, measurement: Callable[[], str], results: Results) -> bool:
    """One failure does not cost the figures of the others."""
    try:
        outcome = measurement()
    except BenchError as error:
        results.failures.append(f"{title}: {error}")
        print(f"{title}: FAILED: {error}", file=sys.stderr)
        return False
    print(f"{title}: {outcome}", file=sys.stderr)
    return True


def _processors() -> tuple[int, int]:
    """One for memcached and the load generator, one for the proxy alone, on a core of its own if there is one."""
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        raise BenchError("two processors are needed, one of them for the proxy alone")
    core = _core(first)
    return first, next((other for other in others if _core(other) != core), others[0])


def _core(cpu: int) -> str:
    """Two hyperthreads of one core slow each other, and have the same siblings."""
    return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text().strip()


def _raise_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
