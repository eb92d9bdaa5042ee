"""The report: what is printed, and what RESULTS.md holds."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median

from bench.results import DISTURBED, MIB, RATIOS, Results, Sample, Spread
from bench.scenarios import IDLE_CONNECTIONS, METRIC_TITLES, SCENARIOS, TARGETS
from bench.systems import BASELINE, SYSTEMS
from bench.tables import table

_UNDER_TEST = "outrider"

_INTRODUCTION = """\
Both proxies stand before the same two memcached and get the same requests: keys Zipf(0.99) over 10,000, ten gets to
one set, unless said otherwise. Every get hits. The proxy has one processor to itself; memcached and the load
generator share another. Within a round the systems take turns, each started anew; figures are medians of the rounds,
ratios are formed within a round (parentheses: lowest and highest), because absolute times of a virtual machine drift."""

_READING = """\
The row of memcached has a memcached in the proxy's place: what the client's side alone costs, and how much the load
generator can ask. A proxy whose core is not busy waits for memcached and the load generator. CPU per request is exact,
its parts user and sys come from the kernel's samples and are good to a few percent."""

_AGAIN = """\
`.venv/bin/python -m bench` writes this file anew; `--help` names the options. It needs memcached, nutcracker, a C
compiler and two processors. The targets stand in `bench/scenarios.py`."""

_COLUMNS: tuple[tuple[str, Callable[[Sample], float], str], ...] = (
    ("op/s", lambda sample: sample.throughput, ",.0f"),
    ("p50 µs", lambda sample: sample.load.p50_us, ",.0f"),
    ("p99 µs", lambda sample: sample.load.p99_us, ",.0f"),
    ("p99.9 µs", lambda sample: sample.load.p999_us, ",.0f"),
    ("user µs", lambda sample: sample.cpu.user / sample.load.ops * 1e6, ".1f"),
    ("sys µs", lambda sample: sample.cpu.system / sample.load.ops * 1e6, ".1f"),
    ("CPU µs/request", lambda sample: sample.cpu_us, ".1f"),
    ("core busy", lambda sample: sample.core_share, ".0%"),
    ("RSS MiB", lambda sample: sample.rss / MIB, ".1f"),
    ("load generator µs", lambda sample: sample.load.own_us, ".1f"),
)
_RATIO_HEADS = {"cpu_ratio": "CPU ratio", "throughput_ratio": "op/s ratio", "p50_ratio": "p50 ratio"}


def render(
    results: Results, *, machine: Sequence[tuple[str, str]], command: str, rounds: int, seconds: float
) -> str:
    extent = f"{rounds} round{'s' if rounds > 1 else ''} of {seconds:g} s"
    parts = [
        "# Outrider beside nutcracker",
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC with `{command}` ({extent}).",
        _INTRODUCTION,
        "## Targets",
        _targets(results),
    ]
    if results.samples:
        parts += ["## Under load", _loads(results), _legend(results), _READING, _doubts(results)]
    if results.idle:
        parts += ["## Idle", _idle(results)]
    parts += [
        "## Machine",
        table(["what", "which"], machine),
        "## Again",
        _AGAIN,
    ]
    return "\n\n".join(parts) + "\n"


def _targets(results: Results) -> str:
    rows = []
    for target in TARGETS:
        figure = results.metric(target.scenario, _UNDER_TEST, target.metric)
        limit = f"{'≥' if target.at_least else '≤'} {target.limit:g}"
        if figure is None:
            verdict = "not measured"
        else:
            verdict = "met" if target.is_met(figure.median) else "**missed**"
            compared = [*results.of(target.scenario, _UNDER_TEST), *results.of(target.scenario, BASELINE)]
            if any(sample.is_disturbed for sample in compared):
                verdict += ", disturbed"
        rows.append((target.scenario, METRIC_TITLES[target.metric], limit, _spread(figure), verdict))
    return table(["scenario", "figure", "target", "measured", "verdict"], rows)


def _loads(results: Results) -> str:
    rows = []
    for scenario in SCENARIOS:
        for system in SYSTEMS:
            samples = results.of(scenario.name, system)
            if samples:
                figures = [format(median(map(value, samples)), style) for _, value, style in _COLUMNS]
                ratios = _ratios(results, scenario.name, system)
                rows.append([scenario.name, system, *ratios, *figures, _forwarded(system, samples)])
    titles = [title for title, _, _ in _COLUMNS]
    return table(["scenario", "system", *_RATIO_HEADS.values(), *titles, "keys forwarded"], rows)


def _ratios(results: Results, scenario: str, system: str) -> list[str]:
    if system == BASELINE or not SYSTEMS[system].is_proxy:
        return ["" for _ in RATIOS]
    return [_spread(results.ratio(scenario, system, value)) for value in RATIOS.values()]


def _forwarded(system: str, samples: Sequence[Sample]) -> str:
    return f"{median(sample.forwarded for sample in samples):.0%}" if SYSTEMS[system].is_proxy else ""


def _legend(results: Results) -> str:
    measured = {scenario for scenario, _ in results.samples}
    return "\n".join(f"- {item.name}: {item.title}" for item in SCENARIOS if item.name in measured)


def _doubts(results: Results) -> str:
    samples = [sample for group in results.samples.values() for sample in group]
    share = max(sample.load.own_us * sample.throughput / 1e6 for sample in samples)
    disturbed = sum(sample.is_disturbed for sample in samples)
    return (
        f"The load generator took at most {share:.0%} of its processor. In {disturbed} of {len(samples)} measurements "
        f"other programs, or other guests of the host, took more than {DISTURBED:.0%} of one of the two processors."
    )


def _idle(results: Results) -> str:
    rows = [
        (
            name,
            f"{idle.cpu_percent:.2f}",
            f"{idle.rss / MIB:.1f}",
            f"{idle.rss_with_connections / MIB:.1f}",
            f"{(idle.rss_with_connections - idle.rss) / MIB:+.1f}",
        )
        for name, idle in results.idle.items()
    ]
    connected = f"RSS MiB with {IDLE_CONNECTIONS:,} idle connections"
    return table(["system", "CPU % of a core", "RSS MiB", connected, "added"], rows)


def _spread(figure: Spread | None) -> str:
    if figure is None:
        return "-"
    if figure.low == figure.high:
        return f"{figure.median:.2f}"
    return f"{figure.median:.2f} ({figure.low:.2f} to {figure.high:.2f})"
