"""Live reload: the configuration file read again on SIGHUP, or when it has changed.

The file is looked at by its path once a second: what it leads to, followed through every link. Kubernetes
changes a mounted ConfigMap by turning a ``..data`` link in the directory; a watch on the file itself goes deaf
with the first turn, while a look at the path cannot. The new file is checked whole and its rings are built in a
thread; then everything is swapped at once, or, when anything is wrong, nothing.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, final

import structlog
import trio

from proxy.assembly import Assembly, Plan, fixed_at_start, plan
from proxy.config import load
from proxy.errors import ConfigError
from proxy.log import Threshold

_LOOK_INTERVAL: Final = 1.0  # s

_Identity = tuple[int, int, int, int]


@final
class Reloader:
    """Keeps the assembly as its file says.

    :param file: None when there is none: then there is nothing to reload
    """

    def __init__(
        self,
        file: Path | None,
        assembly: Assembly,
        log: structlog.typing.FilteringBoundLogger,
        threshold: Threshold,
    ) -> None:
        self._file = file
        self._assembly = assembly
        self._log = log
        self._threshold = threshold
        self._lock = trio.Lock()
        self._loaded_at = time.monotonic()
        self._seen = _identity(file)
        self.reloads = 0
        self.failures = 0
        self.last_error = ""

    async def reload(self) -> bool:
        """Read the file again; whether it could be used. The old configuration stays whole if not."""
        if self._file is None:
            self._log.warning("there is no file to reload")
            return False
        async with self._lock:
            self._seen = _identity(self._file)
            try:
                new = await trio.to_thread.run_sync(_plan, self._file)
            except ConfigError as error:
                self.failures += 1
                self.last_error = str(error.problems[0])
                self._log.error(
                    "reload failed: the old configuration stays", problems=list(map(str, error.problems))
                )
                return False
            old = self._assembly.plan
            self._assembly.apply(new)
            self._threshold.level = new.config.log.level
            self.reloads += 1
            self.last_error = ""
            self._loaded_at = time.monotonic()
            self._log.info("reloaded", config=new.digest, changed=new.digest != old.digest)
            restart = fixed_at_start(old.config, new.config)
            if restart:
                self._log.warning("these changes take a restart", keys=restart)
            return True

    async def watch(self) -> None:
        """Reload whenever the file has changed. Runs until cancelled."""
        while True:
            await trio.sleep(_LOOK_INTERVAL)
            identity = _identity(self._file)
            # A file that is gone is about to be put back: nothing is read in between.
            if identity is not None and identity != self._seen:
                await self.reload()

    def report(self) -> Iterator[tuple[str, object]]:
        yield "config_hash", self._assembly.plan.digest
        yield "config_age", int(time.monotonic() - self._loaded_at)
        yield "config_reloads", self.reloads
        yield "config_reload_failures", self.failures
        if self.last_error:
            yield "config_last_error", self.last_error


def _plan(file: Path) -> Plan:
    return plan(load(file, os.environ))


def _identity(file: Path | None) -> _Identity | None:
    """What changes when the file does, wherever its links lead."""
    if file is None:
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
