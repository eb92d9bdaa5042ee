"""A converted pool held against a real nutcracker that runs with the file it was converted from."""

import random
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from proxy.config import PoolConfig, Server, TcpAddress, UnixAddress
from proxy.convert.twemproxy import from_twemproxy
from proxy.errors import ConfigError
from proxy.ring import DISTRIBUTIONS, HashTag, Node, Placement
from tests.convert.acceptance import accepted
from tests.convert.nutcracker import answers, connected, nutcracker, takes
from tests.ring import corpus
from tests.ring.listeners import Address, default_port_listeners, tcp_listeners, unix_listeners
from tests.ring.oracles import fetch

pytestmark = pytest.mark.one_interpreter

SEED = 20240
KEYS = corpus.keys(SEED, 10_000)
TAGGED_KEYS = corpus.tagged_keys(SEED, 10_000)
HASHES = (
    "one_at_a_time",
    "md5",
    "crc16",
    "crc32",
    "crc32a",
    "fnv1_64",
    "fnv1a_64",
    "fnv1_32",
    "fnv1a_32",
    "hsieh",
    "murmur",
    "jenkins",
)


@dataclass(frozen=True)
class Case:
    """A pool of nutcracker.

    distribution, hash: Outrider's, which the pool's own become.
    kind: what its servers are like.
    options: lines of the pool.
    """

    distribution: str
    hash: str
    kind: str
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "-".join((self.distribution, self.hash, self.kind, *("tag" for _ in self.options[2:])))


def ketama(key_hash: str, kind: str, *options: str) -> Case:
    names = ("ketama", "") if key_hash == "md5" else ("twemproxy", key_hash)
    return Case(*names, kind, ("distribution: ketama", f"hash: {key_hash}", *options))


def modula(key_hash: str, kind: str, *options: str) -> Case:
    return Case("modula", key_hash, kind, ("distribution: modula", f"hash: {key_hash}", *options))


TAG = 'hash_tag: "{}"'
CASES = [
    Case("twemproxy", "fnv1a_64", "plain"),  # nutcracker's own defaults
    *(ketama("md5", kind) for kind in ("plain", "weighted", "named", "padded", "unix", "default")),
    *(ketama("fnv1a_64", kind) for kind in ("named", "padded", "unix", "default")),
    *(ketama(key_hash, "weighted") for key_hash in HASHES if key_hash != "md5"),
    *(modula("fnv1a_64", kind) for kind in ("plain", "weighted", "unix")),
    *(modula(key_hash, "named") for key_hash in HASHES),
    ketama("md5", "named", TAG),
    ketama("jenkins", "named", TAG),
    modula("murmur", "weighted", TAG),
]
#: Of the distributions that this version has.
BUILT = [case for case in CASES if case.distribution in DISTRIBUTIONS]


def server_lines(kind: str, addresses: Sequence[Address]) -> list[str]:
    rng = random.Random(SEED)
    weights = [rng.randrange(1, 9) if kind in ("weighted", "named") else 1 for _ in addresses]
    # Of different lengths, and in no order: nutcracker sorts them.
    names = [
        f" {'n' * rng.randrange(1, 30)}{index}" if kind == "named" else "" for index in range(len(weights))
    ]
    lines = []
    for (host, port), weight, name in zip(addresses, weights, names, strict=True):
        located = f"{host}:{'0' if kind == 'padded' else ''}{port}" if port else host
        lines.append(f"{located}:{weight}{name}")
    rng.shuffle(lines)
    return lines


@dataclass(frozen=True)
class Fleet:
    """A running nutcracker with a pool per case, and the file it runs with."""

    directory: Path
    text: str
    indices: dict[str, int]  # address -> what its listener answers

    def listener(self, case: Case) -> Path:
        return self.directory / str(CASES.index(case))

    def converted(self, case: Case) -> PoolConfig:
        toml = from_twemproxy(self.text, file="nutcracker.yml", pool=case.name)
        return accepted(toml).pools[case.name]

    def index(self, server: Server) -> int:
        return self.indices[str(server.address)]


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with ExitStack() as stack:
        # Sockets have short paths, and pytest's own directories long ones.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="convert-")))
        tcp = stack.enter_context(tcp_listeners(10))
        unix = stack.enter_context(unix_listeners(directory, 3))
        default = stack.enter_context(default_port_listeners(3))
        indices = {f"{host}:{port}" if port else f"unix:{host}": n for n, (host, port) in enumerate(tcp)}
        indices |= {f"unix:{host}": n for n, (host, _) in enumerate(unix)}
        indices |= {f"{host}:{port}": n for n, (host, port) in enumerate(default)}
        pools = []
        for number, case in enumerate(CASES):
            servers = server_lines(case.kind, {"unix": unix, "default": default}.get(case.kind, tcp))
            listed = "".join(f"    - {line}\n" for line in servers)
            pools.append(
                f"{case.name}:\n  listen: {directory / str(number)} 0600\n  client_connections: 1\n"
                + "".join(f"  {line}\n" for line in case.options)
                + f"  servers:\n{listed}"
            )
        text = "".join(pools)
        file = directory / "nutcracker.yml"
        file.write_text(text)
        stack.enter_context(nutcracker(file, [directory / str(number) for number in range(len(CASES))]))
        yield Fleet(directory, text, indices)


def placed(pool: PoolConfig) -> Callable[[bytes], Server]:
    """A function from a key to its server, as the proxy makes it."""
    nodes = []
    for server in pool.servers:
        match server.address:
            case TcpAddress(host, port):
                nodes.append(Node(host, port, server.name, server.weight))
            case UnixAddress(path):
                nodes.append(Node(path, 0, server.name, server.weight))
    distribution: Any = DISTRIBUTIONS[pool.distribution]
    # A distribution that lets one choose the hash is more than a builder.
    ring = distribution.ring(nodes, pool.hash) if hasattr(distribution, "ring") else distribution(nodes)
    return Placement(ring, pool.servers, HashTag(pool.hash_tag) if pool.hash_tag else None).find


@pytest.mark.parametrize("case", BUILT, ids=lambda case: case.name)
def test_ten_thousand_keys_stay_on_their_servers(fleet: Fleet, case: Case) -> None:
    keys = TAGGED_KEYS if TAG in case.options else KEYS
    find = placed(fleet.converted(case))
    answered = answers(fleet.listener(case), keys)
    moved = [key for key, index in zip(keys, answered, strict=True) if fleet.index(find(key)) != index]
    assert not moved, f"seed {SEED}: {len(moved)} of {len(keys)} keys, first {moved[:5]}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_distribution_is_the_one_that_places_keys_so(fleet: Fleet, case: Case) -> None:
    pool = fleet.converted(case)
    assert (pool.distribution, pool.hash) == (case.distribution, case.hash)


def test_modula_counts_servers_in_the_order_that_comes_out(fleet: Fleet) -> None:
    """What `modula` rests on, shown without a ring: each server as often as its weight, crc32 modulo their number."""
    case = modula("crc32a", "named")
    servers = fleet.converted(case).servers
    ends = list(accumulate(server.weight for server in servers))
    for key, index in zip(KEYS, answers(fleet.listener(case), KEYS), strict=True):
        slot = zlib.crc32(key) % ends[-1]
        server = next(server for server, end in zip(servers, ends, strict=True) if slot < end)
        assert fleet.index(server) == index, f"seed {SEED}, {key!r}"


def test_nutcracker_ignores_client_connections(fleet: Fleet) -> None:
    path = fleet.listener(CASES[0])
    with connected(path) as first, connected(path) as second, connected(path) as third:
        assert all(fetch(connection, [b"key"]) for connection in (third, second, first))


POOL = "main:\n  listen: 127.0.0.1:22121\n  servers:\n    - 10.0.0.1:11211:1\n"


@pytest.mark.parametrize(
    "text",
    [
        POOL,
        f"# comment\n{POOL}",
        f'{POOL}  hash_tag: "{{}}"\n',
        f"{POOL}  timeout: 0\n  backlog: 5\n  server_retry_timeout: 0\n",
        f"{POOL}  redis: false\n  redis_db: 3\n",
        f"{POOL}    - ::1:11212:1\n    - 10.0.0.2:0011212:00002 a-name\n    - /tmp/socket:1\n",
        POOL.replace("127.0.0.1:22121", "/tmp/nutcracker.sock 666"),
    ],
)
def test_what_nutcracker_takes_is_taken(text: str, tmp_path: Path) -> None:
    file = tmp_path / "nutcracker.yml"
    file.write_text(text)
    assert takes(file)
    accepted(from_twemproxy(text, file="nutcracker.yml").replace('"0s"', '"1s"'))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main:\n",
        "main:\n  listen: 127.0.0.1:1\n",
        "main:\n  servers:\n    - 10.0.0.1:11211:1\n",
        f"{POOL}  timeout: -1\n",
        f"{POOL}  timeout: 1s\n",
        f"{POOL}  timeout:\n",
        f"{POOL}  hash: sha1\n",
        f"{POOL}  hash: MD5\n",
        f"{POOL}  hash_tag: x\n",
        f"{POOL}  distribution: rendezvous\n",
        f"{POOL}  preconnect: yes\n",
        f"{POOL}  redis: True\n",
        f"{POOL}  redis_auth: secret\n",
        f"{POOL}  server_connections: 0\n",
        f"{POOL}  hash: md5\n  hash: md5\n",
        f"{POOL}  no_such_key: 1\n",
        f"{POOL}    - 10.0.0.2:11211\n",
        f"{POOL}    - 10.0.0.2:11211:0\n",
        f"{POOL}    - 10.0.0.2:0:1\n",
        f"{POOL}    - 10.0.0.2:65536:1\n",
        f"{POOL}    - 10.0.0.1:11211:2\n",
        f"{POOL}    - 10.0.0.2:11211:1 10.0.0.1\n",
        POOL.replace(":22121", ""),
        POOL.replace("127.0.0.1:22121", "/tmp/nutcracker.sock 1000"),
        POOL + POOL,
        f"{POOL}---\n{POOL}",
        f"{POOL}\t x",
    ],
)
def test_what_nutcracker_refuses_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "nutcracker.yml"
    file.write_text(text)
    assert not takes(file)
    with pytest.raises(ConfigError):
        from_twemproxy(text, file="nutcracker.yml")
