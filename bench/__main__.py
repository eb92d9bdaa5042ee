"""`python -m bench`: Outrider, nutcracker and a bare memcached under the same loads, one after the other.

Exits with 0 also when a target is missed, for figures are no tests; with 1 when anything failed to run or a
server answered with an error; with 2 on wrong usage.
"""

import argparse
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bench.failure import BenchError
from bench.machine import describe
from bench.report import render
from bench.scenarios import IDLE, SCENARIOS
from bench.suite import Plan, check, measure
from bench.systems import DEFAULT_SYSTEMS, SYSTEMS

_RESULTS = Path(__file__).parent / "RESULTS.md"


def main(argv: Sequence[str]) -> int:
    given = _read_arguments(argv)
    plan = _plan(given)
    signal.signal(signal.SIGTERM, _on_terminate)
    try:
        check(plan)
        machine = describe([system.name for system in plan.systems], given.python)
        results = measure(plan)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    command = shlex.join(["python", "-m", "bench", *argv])
    report = render(results, machine=machine, command=command, rounds=plan.rounds, seconds=plan.seconds)
    print(report)
    for failure in results.failures:
        print(f"bench: {failure}", file=sys.stderr)
    if results.failures:
        return 1  # and the last good results stay
    if not given.no_write:
        _RESULTS.write_text(report)
    return 0


def _on_terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _read_arguments(argv: Sequence[str]) -> argparse.Namespace:
    scenarios = [*(scenario.name for scenario in SCENARIOS), IDLE]
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n\n")[0])
    option = parser.add_argument
    option("--quick", action="store_true", help="one short round: does it run, and roughly how fast")
    option(
        "--only",
        action="append",
        choices=scenarios,
        metavar="SCENARIO",
        help=f"may be repeated: {', '.join(scenarios)}",
    )
    option(
        "--systems",
        type=_systems,
        default=DEFAULT_SYSTEMS,
        metavar="A,B",
        help=f"some of {', '.join(SYSTEMS)}",
    )
    option("--seconds", type=float, help="of one measurement, warm-up included (4.5; quick 0.8)")
    option("--rounds", type=int, help="of every scenario (3; quick 1)")
    option(
        "--python",
        type=_interpreter,
        default=_interpreter(sys.executable),
        help="the interpreter that has Outrider",
    )
    option("--no-write", action="store_true", help="print the report, leave RESULTS.md alone")
    given = parser.parse_args(argv)
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds must be at least 1")
    if given.seconds is not None and not 0.2 <= given.seconds <= 600:
        parser.error("--seconds must lie between 0.2 and 600")
    return given


def _plan(given: argparse.Namespace) -> Plan:
    only = given.only or [*(scenario.name for scenario in SCENARIOS), IDLE]
    return Plan(
        scenarios=tuple(scenario for scenario in SCENARIOS if scenario.name in only),
        measures_idle=IDLE in only,
        systems=tuple(system for system in SYSTEMS.values() if system.name in given.systems),
        outrider=given.python.parent / "outrider",
        rounds=given.rounds or (1 if given.quick else 3),
        seconds=given.seconds or (0.8 if given.quick else 4.5),
        idle_seconds=2.0 if given.quick else 5.0,
    )


def _systems(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in SYSTEMS:
            raise argparse.ArgumentTypeError(f"no system {name!r}; there are {', '.join(SYSTEMS)}")
    return names


def _interpreter(text: str) -> Path:
    return Path(text).absolute()  # not resolved: a virtual environment is known by the link in it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
