"""What a process costs, read from the kernel.

The total comes from the process's CPU clock: nanoseconds, all threads, ended ones too, and up to date at the
moment of reading (/proc/PID/schedstat holds the same figure, but of the main thread only and up to a tick late).
/proc/PID/stat counts in ticks of 10 ms and is only taken for the proportion of user to system time, which the
kernel itself knows from samples at each timer interrupt: with 3 s of CPU time it is good to about 2 %.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_CPUCLOCK_SCHED = 2
_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Seconds of CPU since some beginning."""

    total: float
    user: float
    system: float

    def since(self, before: "CpuTime") -> "CpuTime":
        total = self.total - before.total
        user, system = self.user - before.user, self.system - before.system
        share = user / (user + system) if user + system > 0 else 0.5
        return CpuTime(total, total * share, total * (1 - share))


def cpu_time(pid: int) -> CpuTime:
    # The clock's number as clock_getcpuclockid(3) makes it; Python offers that for threads only.
    total = time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return CpuTime(total, int(fields[11]) * _TICK_SECONDS, int(fields[12]) * _TICK_SECONDS)


def rss_bytes(pid: int) -> int:
    """Resident memory, exact from smaps_rollup; VmRSS, where that is missing, may lag by some pages a thread."""
    for name, label in (("smaps_rollup", "Rss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{pid}/{name}").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(label):
                return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """Seconds since boot in which one processor was busy, and in which the hypervisor gave it to others."""

    busy: float
    stolen: float


def processor_time(cpu: int) -> ProcessorTime:
    for line in Path("/proc/stat").read_text().splitlines():
        name, *counts = line.split()
        if name == f"cpu{cpu}":
            user, nice, system, _idle, _iowait, irq, softirq, stolen = (int(field) for field in counts[:8])
            busy = user + nice + system + irq + softirq
            return ProcessorTime(busy * _TICK_SECONDS, stolen * _TICK_SECONDS)
    raise LookupError(f"no processor {cpu}")
