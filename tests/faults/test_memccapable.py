"""libmemcached's own test of a server: through Outrider each part ends as it does on memcached itself."""

import re
import shutil
import subprocess

from tests.faults.stage import stage
from tests.servers import Memcached, MissingServerError

_OUTCOME = re.compile(rb"^(ascii [^\[]+?)\s+\[(\w+)\]", re.MULTILINE)


def _outcomes(port: int) -> dict[bytes, bytes]:
    """From the name of each part to how it ended."""
    program = shutil.which("memccapable")
    if program is None:
        raise MissingServerError("memccapable is not installed (Debian: apt-get install libmemcached-tools)")
    ended = subprocess.run(
        [program, "-a", "-h", "127.0.0.1", "-p", str(port)], capture_output=True, timeout=60, check=False
    )
    return dict(_OUTCOME.findall(ended.stdout + ended.stderr))


def test_every_part_of_it_ends_as_on_memcached() -> None:
    with stage(1, timeout=2.0) as on, Memcached() as oracle:
        expected = _outcomes(oracle.port)
        assert len(expected) > 20
        assert _outcomes(on.port) == expected


def test_over_several_backends_too() -> None:
    with stage(3, timeout=2.0) as on, Memcached() as oracle:
        assert _outcomes(on.port) == _outcomes(oracle.port)
