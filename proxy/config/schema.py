"""Every key of the file with its type, its bounds and its default, as frozen values.

A field is named as its key, except where that is a word of Python (`ReplicationConfig.from_`). Durations are
float seconds and sizes are int bytes; the file writes both with a unit. A key whose default depends on other
keys says so here and is settled in `defaults.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from msgspec import Struct, field

from proxy.config.address import ListenAddress, TcpAddress
from proxy.config.reading import ListOf
from proxy.config.scalars import (
    Admin,
    Count,
    Duration,
    FileMode,
    FlagOr,
    HashTag,
    KeyPrefix,
    Listen,
    Rate,
    Share,
    Size,
)
from proxy.config.servers import Discovery, Server, Servers
from proxy.config.tables import NO_KEY, Required
from proxy.config.units import RateLimit

KiB: Final = 1 << 10
MiB: Final = 1 << 20
GiB: Final = 1 << 30

Seconds = Annotated[float, Duration(None)]
SecondsOrZero = Annotated[float, Duration(0)]
Bytes = Annotated[int, Size()]
#: memcached itself takes no items above a gibibyte (-I).
ItemBytes = Annotated[int, Size(GiB)]
Natural = Annotated[int, Count(0)]
Positive = Annotated[int, Count(1)]

Distribution = Literal[
    "ketama",
    "libmemcached-ketama",
    "twemproxy",
    "spymemcached",
    "evcache",
    "dalli",
    "pymemcache",
    "memcached-proxy",
    "modula",
    "libmemcached-modula",
    "crc32-mod",
    "rendezvous",
]
Hash = Literal[
    "",
    "one_at_a_time",
    "md5",
    "fnv1_64",
    "fnv1a_64",
    "fnv1_32",
    "fnv1a_32",
    "crc16",
    "crc32",
    "crc32a",
    "hsieh",
    "murmur",
    "jenkins",
    "crc32_nonzero",
    "murmur3_32",
    "murmur3_32_repr",
]
Policy = Literal["lru", "lfu", "tinylfu", "sieve"]
Allocator = Literal["dynamic", "slab"]
Replicate = bool | Literal["delete-only"]


class ProxyConfig(Struct, frozen=True, kw_only=True):
    """``[proxy]``: clients and the process as a whole.

    :ivar listen: at least one; port 0 is any free one
    :ivar admin: None turns it off
    :ivar shutdown_delay: keep accepting this long after SIGTERM
    :ivar buffer_memory: half-read values and replies owed to slow clients, all clients together
    :ivar max_in_flight: requests per client
    :ivar stall_timeout: how long a client may owe the rest of a request, or leave its replies unread, without progress
    :ivar default_pool: unless given, the only pool when that one is not called main
    """

    listen: Annotated[tuple[ListenAddress, ...], ListOf(Listen(), least=1)] = (
        TcpAddress("127.0.0.1", 11211),
    )
    admin: Annotated[TcpAddress | None, Admin()] = None
    max_connections: Positive = 1024
    max_value: ItemBytes = MiB
    drain: SecondsOrZero = 10.0
    shutdown_delay: SecondsOrZero = 0.0
    stall_timeout: Seconds = 30.0
    buffer_memory: Bytes = 64 * MiB
    max_in_flight: Positive = 1024
    socket_mode: Annotated[int, FileMode()] = 0o660
    default_pool: str = "main"
    allow_flush_all: bool = True


class HealthConfig(Struct, frozen=True, kw_only=True):
    """``[pools.NAME.health]``.

    :ivar timeouts_until_down: in a row
    :ivar rise: probes in a row that must succeed before a backend takes traffic again
    :ivar max_ejected: share of the pool's servers; beyond it the pool fails open
    """

    timeouts_until_down: Positive = 3
    probe_interval: Seconds = 1.0
    probe_max: Seconds = 30.0
    rise: Positive = 1
    failback_delay: SecondsOrZero = 0.0
    eject: bool = False
    eject_after: Seconds = 30.0
    max_ejected: Annotated[float, Share()] = 0.34


class FailoverConfig(Struct, frozen=True, kw_only=True):
    """``[pools.NAME.failover]``.

    :ivar to: a pool; empty: none
    :ivar exptime: the longest life of what is written there; at least a second, which is what the wire can say
    :ivar remember_max: keys to delete on the backend when it returns
    """

    to: str = ""
    reads: bool = True
    writes: bool = False
    exptime: Annotated[float, Duration(1)] = 10.0
    remember_max: Natural = 100_000
    warm_up: bool = False


class PoolConfig(Struct, frozen=True, kw_only=True):
    """``[pools.NAME]``.

    :ivar servers: those named one by one or by ranges
    :ivar discovery: the source that tells them at run time, at most one; a pool has one or the other
    :ivar hash: empty: the distribution's own
    :ivar hash_tag: two characters, or empty
    :ivar connections: per backend
    :ivar max_in_flight: requests per backend
    :ivar ttl_min: like `ttl_max`, a bound on the life of an answer of discovery
    :ivar forget_after: how long a server must be missing from the answers before it goes
    """

    servers: Annotated[tuple[Server, ...], Servers()] = ()
    discovery: Annotated[tuple[Discovery, ...], NO_KEY] = ()
    distribution: Distribution = "ketama"
    hash: Hash = ""
    hash_tag: Annotated[str, HashTag()] = ""
    connections: Annotated[int, Count(1, 1024)] = 1
    connect_timeout: Seconds = 0.25
    timeout: Seconds = 0.25
    fence_timeout: Seconds = 2.0
    max_in_flight: Positive = 4096
    ttl_min: Seconds = 5.0
    ttl_max: Seconds = 300.0
    forget_after: SecondsOrZero = 30.0
    on_error: Literal["error", "miss"] = "error"
    health: HealthConfig = HealthConfig()
    failover: FailoverConfig = FailoverConfig()


class QueueConfig(Struct, frozen=True, kw_only=True):
    """``[replication.queue]``: the journal in memory.

    :ivar on_full: unless given, ``spool`` when there is a spool
    """

    max_records: Positive = 100_000
    max_bytes: Bytes = 64 * MiB
    on_full: Literal["invalidate", "spool", "drop_oldest"] = "invalidate"


class SpoolConfig(Struct, frozen=True, kw_only=True):
    """``[replication.spool]``: the journal on disk.

    :ivar path: a directory; empty: no spool
    :ivar mode: what goes there: what the queue cannot hold, or every record
    :ivar fsync: how often; 0: with every record
    """

    path: str = ""
    max_bytes: Bytes = GiB
    mode: Literal["overflow", "always"] = "overflow"
    fsync: SecondsOrZero = 0.1


class ReplicationConfig(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """``[replication]``: the asynchronous copy to the secondary.

    :ivar from_: the primary, a pool; unless given, the default pool
    :ivar to: the secondary, pools; empty: nothing is replicated
    :ivar mode: the value that was written, or what the primary holds at sending time
    :ivar ack_timeout: for routes with ack = "secondary"
    :ivar rate_limit: None: no limit
    """

    from_: str = "main"
    to: tuple[str, ...] = ()
    mode: Literal["value", "refresh"] = "value"
    ack_timeout: Seconds = 0.1
    max_attempts: Positive = 8
    rate_limit: Annotated[RateLimit | None, Rate()] = None
    preserve_cas: bool = False
    queue: QueueConfig = QueueConfig()
    spool: SpoolConfig = SpoolConfig()


class HotCacheConfig(Struct, frozen=True, kw_only=True):
    """``[hot_cache]``: the near cache of hot keys.

    :ivar ttl: the bound on staleness between sidecars
    :ivar threshold: requests of one key per `window` that make it hot
    :ivar miss_ttl: how long a miss is remembered; 0: not at all
    :ivar stale_if_error: how long beyond its life an item is served while its backend fails; 0: not at all
    """

    enabled: bool = False
    max_bytes: Bytes = 16 * MiB
    max_item: ItemBytes = 64 * KiB
    ttl: Seconds = 1.0
    threshold: Positive = 20
    window: Seconds = 1.0
    policy: Policy = "tinylfu"
    allocator: Allocator = "dynamic"
    on_full: Literal["evict", "reject"] = "evict"
    miss_ttl: SecondsOrZero = 0.0
    refresh_ahead: bool = True
    stale_if_error: SecondsOrZero = 0.0


class MemoryConfig(Struct, frozen=True, kw_only=True):
    """``[memory.NAME]``: the store behind ``memory://NAME``."""

    max_bytes: Bytes = 64 * MiB
    max_item: ItemBytes = MiB
    policy: Policy = "lru"
    allocator: Allocator = "dynamic"
    on_full: Literal["evict", "reject"] = "evict"


class RouteConfig(Struct, frozen=True, kw_only=True):
    """One ``[[routes]]``: the first whose prefix a key has applies to it.

    :ivar prefix: must be given; empty: every key
    :ivar pool: unless given, the default pool
    :ivar replicate: delete-only sends every write as a delete
    :ivar hot_cache_ttl: unless given, `HotCacheConfig.ttl`
    """

    prefix: Annotated[str, Required(KeyPrefix())] = ""
    pool: str = "main"
    replicate: Annotated[Replicate, FlagOr("delete-only")] = True
    ack: Literal["primary", "secondary"] = "primary"
    hot_cache: bool = False
    hot_cache_ttl: Seconds = 1.0


class LogConfig(Struct, frozen=True, kw_only=True):
    """``[log]``."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class Config(Struct, frozen=True, kw_only=True):
    """A whole file, checked.

    :ivar pools: at least one, in the order of the file
    :ivar memory: an entry for every ``memory://NAME`` of the pools, whether the file has one or not
    """

    proxy: ProxyConfig = ProxyConfig()
    pools: Mapping[str, PoolConfig] = field(default_factory=lambda: MappingProxyType({}))
    replication: ReplicationConfig = ReplicationConfig()
    hot_cache: HotCacheConfig = HotCacheConfig()
    memory: Mapping[str, MemoryConfig] = field(default_factory=lambda: MappingProxyType({}))
    routes: tuple[RouteConfig, ...] = ()
    log: LogConfig = LogConfig()
