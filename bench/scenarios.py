"""What is measured, and what Outrider is held to: two tables."""

from dataclasses import dataclass
from typing import Literal

from bench.streams import Shape

KIB4 = 4096


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    title: str
    connections: int
    depth: int
    shape: Shape


_SMALL = Shape(requests=100_000)
_LARGE = Shape(requests=30_000, value_size=KIB4)

SCENARIOS = (
    Scenario("64x1", "64 connections, 100 B", 64, 1, _SMALL),
    Scenario("16x16", "16 connections x 16 pipelined, 100 B", 16, 16, _SMALL),
    Scenario("1x1", "1 connection, 100 B", 1, 1, _SMALL),
    Scenario("64x1-4k", "64 connections, 4 KiB", 64, 1, _LARGE),
    Scenario("16x16-4k", "16 connections x 16 pipelined, 4 KiB", 16, 16, _LARGE),
    Scenario(
        "multiget", "16 connections, gets of 20 keys", 16, 1, Shape(20_000, keys_per_get=20, has_sets=False)
    ),
    Scenario(
        "uniform", "16 connections x 16 pipelined, 100 B, uniform keys", 16, 16, Shape(100_000, zipf=False)
    ),
)
IDLE = "idle"
IDLE_CONNECTIONS = 1000

Metric = Literal[
    "cpu_ratio", "throughput_ratio", "p50_ratio", "idle_cpu_percent", "idle_rss_mib", "idle_growth_mib"
]


@dataclass(frozen=True, slots=True)
class Target:
    scenario: str
    metric: Metric
    limit: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


TARGETS = (
    Target("64x1", "cpu_ratio", 1.8),
    Target("16x16", "cpu_ratio", 1.5),
    Target("16x16", "throughput_ratio", 1.0, at_least=True),
    Target("1x1", "p50_ratio", 1.5),
    Target(IDLE, "idle_cpu_percent", 0.5),
    Target(IDLE, "idle_rss_mib", 40.0),
    Target(IDLE, "idle_growth_mib", 10.0),
)

METRIC_TITLES: dict[Metric, str] = {
    "cpu_ratio": "CPU per request, times nutcracker's",
    "throughput_ratio": "op/s, times nutcracker's",
    "p50_ratio": "p50, times nutcracker's",
    "idle_cpu_percent": "CPU when idle, % of a core",
    "idle_rss_mib": "RSS when idle, MiB",
    "idle_growth_mib": f"RSS added by {IDLE_CONNECTIONS:,} idle connections, MiB",
}
