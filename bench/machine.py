"""What the figures were measured on and with: figures without it cannot be compared."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.failure import BenchError
from bench.systems import needs_outrider

_ROOT = Path(__file__).parent.parent

# Runs in the interpreter that has Outrider, which need not be ours.
_ASK = """
import importlib.metadata, json, pathlib, platform, sysconfig
import proxy
package = pathlib.Path(proxy.__file__).resolve().parent
options = sysconfig.get_config_var("CONFIG_ARGS") or ""
print(json.dumps({
    "python": platform.python_version(),
    "compiler": platform.python_compiler(),
    "pgo": "--enable-optimizations" in options,
    "lto": "--with-lto" in options,
    "outrider": importlib.metadata.version("outrider"),
    "package": str(package),
    "modules": sum(1 for _ in package.rglob("*.py")),
    "compiled": sum(1 for _ in package.rglob("*.so")),
}))
"""


def describe(systems: Sequence[str], python: Path) -> list[tuple[str, str]]:
    """Rows of name and value; `python` is the interpreter that runs Outrider."""
    rows = [
        ("CPU", f"{_cpu_model()}, {os.cpu_count()} cores"),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("memcached", _first_line(["memcached", "-V"]).removeprefix("memcached ")),
    ]
    if "nutcracker" in systems:
        rows.append(("nutcracker", _first_line(["nutcracker", "-V"]).removeprefix("This is nutcracker-")))
    if needs_outrider(systems):
        rows += _outrider(python)
    return rows


def _outrider(python: Path) -> list[tuple[str, str]]:
    answer = json.loads(_output([str(python), "-c", _ASK]))
    builds = [label for label, present in (("PGO", answer["pgo"]), ("LTO", answer["lto"])) if present]
    built = " + ".join(builds) or "neither PGO nor LTO"
    is_here = Path(answer["package"]).is_relative_to(_ROOT / "proxy")
    where = f"this checkout at {_commit()}" if is_here else "as installed"
    modules = f"{answer['compiled']} of {answer['modules']} modules compiled"
    return [
        ("Python", f"{answer['python']}, {answer['compiler']}, {built}"),
        ("Outrider", f"{answer['outrider']}, {where}, {modules}"),
    ]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"model name", "Model"}:
            return value.strip()
    return platform.processor() or "unknown"


def _commit() -> str:
    try:
        commit = _output(["git", "-C", str(_ROOT), "rev-parse", "--short", "HEAD"]).strip()
        # The results themselves are no change of what was measured.
        changes = _output(["git", "-C", str(_ROOT), "status", "--porcelain", "--", "proxy"]).strip()
    except BenchError:
        return "unknown"
    return f"{commit} with changes" if changes else commit


def _first_line(command: Sequence[str]) -> str:
    return _output(command).partition("\n")[0].strip()


def _output(command: Sequence[str]) -> str:
    """What it says, on whichever stream it says it (nutcracker prints its version as an error)."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, cwd="/")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"cannot run {command[0]}: {error}") from None
    if done.returncode != 0:
        raise BenchError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout or done.stderr
