"""The `memcached-proxy` distribution: jump hash by itself, known values, and a memcached with a proxy in it.

Debian's memcached is built without one. The last test runs with the memcached that OUTRIDER_MEMCACHED_PROXY names,
configured with --enable-proxy; the known values are what memcached 1.6.18 answered there.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from proxy.ring import DISTRIBUTIONS, Node
from proxy.ring.memcached_proxy import jump
from tests.ring import corpus
from tests.ring.listeners import Address, tcp_listeners
from tests.ring.oracles import REPLY_SECONDS, accepts, fetch, running

SEED = 161616
KEYS = corpus.keys(SEED, 10_000)


def test_a_bucket_s_jumps_are_those_of_the_paper() -> None:
    # Lamping and Veach: key 0 stays in bucket 0; a growing number of buckets only moves keys to the new one.
    assert [jump(0, buckets) for buckets in (1, 2, 10, 100)] == [0, 0, 0, 0]
    for key in range(1, 2**64, 2**56 + 12345):
        places = [jump(key, buckets) for buckets in range(1, 60)]
        for buckets, (before, after) in enumerate(pairwise(places), start=1):
            assert after in (before, buckets)


def test_the_known_keys_are_where_memcached_put_them() -> None:
    ring = DISTRIBUTIONS["memcached-proxy"].ring(corpus.PUBLISHED_NODES)
    assert [ring.locate(key) + 1 for key in corpus.PUBLISHED_KEYS] == [3, 2, 2, 1, 1]
    ring = DISTRIBUTIONS["memcached-proxy"].ring(corpus.fleet(SEED, 20))
    assert [ring.locate(key) + 1 for key in corpus.PUBLISHED_KEYS] == [18, 4, 2, 15, 8]


def configuration(addresses: Sequence[Address]) -> str:
    backends = ", ".join(f'mcp.backend("b{n}", "{host}", {port})' for n, (host, port) in enumerate(addresses))
    return f"""
function mcp_config_pools(previous)
    return mcp.pool({{ {backends} }})
end

function mcp_config_routes(pool)
    mcp.attach(mcp.CMD_ANY_STORAGE, function(request) return pool(request) end)
end
"""


def ask(memcached: str, addresses: Sequence[Address], keys: Sequence[bytes]) -> list[int]:
    """What the backends answer behind a memcached that is a proxy for them."""
    with tempfile.TemporaryDirectory(prefix="ring-") as name:
        directory = Path(name)
        lua, path = directory / "proxy.lua", directory / "socket"
        lua.write_text(configuration(addresses))
        user = pwd.getpwuid(os.getuid()).pw_name
        command = [memcached, "-s", str(path), "-u", user, "-t", "1", "-o", f"proxy_config={lua}"]
        with (
            running(command, directory / "log", lambda: accepts(path)),
            socket.socket(socket.AF_UNIX) as connection,
        ):
            connection.settimeout(REPLY_SECONDS)
            connection.connect(str(path))
            found = fetch(connection, keys)
    return [int(found[key]) for key in keys]


@pytest.fixture(scope="module")
def memcached() -> str:
    path = os.environ.get("OUTRIDER_MEMCACHED_PROXY") or shutil.which("memcached") or ""
    if (
        not path
        or "proxy_config"
        not in subprocess.run([path, "-h"], capture_output=True, text=True, check=True).stdout
    ):
        pytest.skip("no memcached with a proxy: set OUTRIDER_MEMCACHED_PROXY to one made with --enable-proxy")
    return path


@pytest.mark.external_client
@pytest.mark.one_interpreter
@pytest.mark.parametrize("count", [1, 2, 3, 20, 100])
def test_ten_thousand_keys_are_placed_alike(memcached: str, count: int) -> None:
    with tcp_listeners(count) as addresses:
        answered = ask(memcached, addresses, KEYS)
    nodes = [Node(host, port) for host, port in addresses]
    different = corpus.disagreements(DISTRIBUTIONS["memcached-proxy"].ring(nodes), KEYS, answered)
    assert not different, f"seed {SEED}: {len(different)} keys, first {different[:5]}, nodes {nodes}"
