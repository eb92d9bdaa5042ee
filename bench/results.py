"""The figures of one run of the benchmark, and what is computed from them."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.loadgen import Load
from bench.measure import CpuTime
from bench.scenarios import IDLE, Metric
from bench.systems import BASELINE

MIB = 1024 * 1024
DISTURBED = 0.05  # beyond this share of a processor, latencies and op/s are no longer the systems' own


@dataclass(frozen=True, slots=True)
class Sample:
    """One system under one load for some seconds.

    `forwarded` is the share of the keys asked for that the backends were asked for, the whole run over.
    `disturbed` is the share of a processor's time that went to none of ours, the hypervisor among them: on the
    system's own processor or on that of the load, where it is more.
    """

    load: Load
    cpu: CpuTime
    rss: int
    forwarded: float
    disturbed: float

    @property
    def is_disturbed(self) -> bool:
        return self.disturbed > DISTURBED

    @property
    def throughput(self) -> float:
        return self.load.ops / self.load.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu.total / self.load.ops * 1e6

    @property
    def core_share(self) -> float:
        return self.cpu.total / self.load.seconds


@dataclass(frozen=True, slots=True)
class Idle:
    cpu_percent: float
    rss: int
    rss_with_connections: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the rounds and their extremes."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


@dataclass(slots=True)
class Results:
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    idle: dict[str, Idle] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def of(self, scenario: str, system: str) -> list[Sample]:
        return self.samples.get((scenario, system), [])

    def ratio(self, scenario: str, system: str, value: Callable[[Sample], float]) -> Spread | None:
        """Within each round, since rounds differ by more than systems do; None without the baseline."""
        rounds = zip(self.of(scenario, system), self.of(scenario, BASELINE), strict=False)
        ratios = [value(sample) / value(baseline) for sample, baseline in rounds]
        return spread(ratios) if ratios else None

    def metric(self, scenario: str, system: str, metric: Metric) -> Spread | None:
        """None when it was not measured."""
        if scenario == IDLE:
            idle = self.idle.get(system)
            return spread([_IDLE_METRICS[metric](idle)]) if idle else None
        return self.ratio(scenario, system, RATIOS[metric])


# In the order of the report's columns.
RATIOS: dict[Metric, Callable[[Sample], float]] = {
    "cpu_ratio": lambda sample: sample.cpu_us,
    "throughput_ratio": lambda sample: sample.throughput,
    "p50_ratio": lambda sample: sample.load.p50_us,
}
_IDLE_METRICS: dict[Metric, Callable[[Idle], float]] = {
    "idle_cpu_percent": lambda idle: idle.cpu_percent,
    "idle_rss_mib": lambda idle: idle.rss / MIB,
    "idle_growth_mib": lambda idle: (idle.rss_with_connections - idle.rss) / MIB,
}
