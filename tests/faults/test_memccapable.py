"""libmemcached's own test of a server: through Outrider each part ends as it does on memcached itself."""

import re
import shutil
import subprocess

import pytest

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


@pytest.fixture(name="expected", scope="module")
def _expected() -> dict[bytes, bytes]:
    with Memcached() as oracle:
        return _outcomes(oracle.port)


@pytest.mark.parametrize("backends", [1, 3])
def test_every_part_of_it_ends_as_on_memcached(expected: dict[bytes, bytes], backends: int) -> None:
    assert len(expected) > 20
    with stage(backends, timeout=2.0) as on:
        assert _outcomes(on.port) == expected
