"""Compiles and runs the load generator (loadgen.c)."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.failure import BenchError
from bench.processes import pinned

_HERE = Path(__file__).parent
_SOURCES = ("loadgen.c", "histogram.h", "reply.h", "stream.h")
_COMPILE = ("cc", "-std=gnu11", "-O2", "-Wall", "-Wextra")


@dataclass(frozen=True, slots=True)
class Load:
    """What the load generator saw.

    `ops`, `seconds`, latencies and its own CPU exclude the warm-up; hits and misses (of keys), errors and
    `total_ops` count the whole run.
    """

    ops: int
    seconds: float
    p50_us: float
    p99_us: float
    p999_us: float
    hits: int
    misses: int
    errors: int
    total_ops: int
    own_user_us: float
    own_system_us: float
    complaints: str = ""  # the first error replies

    @property
    def own_us(self) -> float:
        """CPU of the load generator itself, in µs per request."""
        return (self.own_user_us + self.own_system_us) / self.ops


def compile_loadgen() -> Path:
    """The path of the binary, built when its sources have changed; needs `cc`."""
    digest = hashlib.sha256(" ".join(_COMPILE).encode())
    for name in _SOURCES:
        digest.update((_HERE / name).read_bytes())
    build = _HERE / "build"
    binary = build / f"loadgen-{digest.hexdigest()[:12]}"
    if binary.exists():
        return binary
    build.mkdir(exist_ok=True)
    unfinished = binary.with_suffix(f".{os.getpid()}")
    command = [*_COMPILE, "-o", str(unfinished), str(_HERE / "loadgen.c")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        raise BenchError("no C compiler: `cc` is needed for the load generator") from None
    if done.returncode != 0:
        raise BenchError(f"the load generator does not compile:\n{done.stderr}")
    unfinished.rename(binary)  # at once, since a test and a benchmark may both be here
    return binary


def run_loadgen(
    binary: Path,
    port: int,
    stream: Path,
    *,
    connections: int,
    depth: int,
    seconds: float | None = None,
    requests: int | None = None,
    warmup: float = 0.0,
    cpu: int | None = None,
    on_measuring: Callable[[], None] = lambda: None,
) -> Load:
    """One run against 127.0.0.1:port, of `seconds` or of `requests`.

    on_measuring is called when the warm-up is over. The load generator bounds its own time, so nothing here
    needs to.

    Raises BenchError when it fails or sees a reply it does not expect; error replies are left to the caller.
    """
    bound = ["--seconds", str(seconds)] if seconds is not None else ["--requests", str(requests)]
    command = [str(binary), "127.0.0.1", str(port), "--stream", str(stream), *bound]
    command += ["--connections", str(connections), "--depth", str(depth), "--warmup", str(warmup)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=pinned(cpu),  # noqa: PLW1509  no threads here
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            if process.stdout.readline() == "measuring\n":
                on_measuring()
            result = process.stdout.readline()
            complaints = process.stderr.read().strip()
        finally:
            if process.poll() is None:
                process.kill()
    if process.returncode not in (0, 1) or not result:
        raise BenchError(f"load generator ended with {process.returncode}: {complaints or 'no message'}")
    return Load(**json.loads(result), complaints=complaints)
