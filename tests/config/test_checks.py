import pytest

from proxy.config import MemoryConfig
from tests.config.parsing import POOL, config_of, problem_of, problems_of

REPLICA = '[pools.replica]\nservers = ["10.1.0.1:11211"]\n'


def _messages(text: str) -> list[str]:
    return [
        f"{problem.key}: {problem.message}"
        for problem in problems_of(text)
        if "not built" not in problem.message
    ]


def test_no_pool_is_a_problem_of_the_file() -> None:
    problem = problem_of("")
    assert (problem.line, problem.key) == (None, "pools")


@pytest.mark.parametrize("servers", ["", "servers = []"])
def test_a_pool_needs_servers(servers: str) -> None:
    problem = problem_of(f"[pools.main]\n{servers}")
    assert problem.key == "pools.main.servers"
    assert problem.line is not None


@pytest.mark.parametrize(
    ("servers", "index"),
    [
        ('"a:1", "a:1"', 1),
        ('"a:1", "b:1", "A:1"', 2),
        ('"[::1]:1", "[0:0::1]:1"', 1),
        ('{ address = "a:1", name = "x" }, { address = "b:1", name = "x" }', 1),
        ('{ address = "a:1", name = "x" }, { address = "a:1", name = "y" }', 1),
        ('{ address = "b:1", name = "a:1" }, "a:1"', 1),
    ],
)
def test_a_server_stands_in_a_pool_once(servers: str, index: int) -> None:
    problem = problem_of(f"[pools.main]\nservers = [{servers}]")
    assert problem.key == f"pools.main.servers[{index}]"
    assert "in this pool already" in problem.message


def test_two_pools_may_share_a_server() -> None:
    assert len(config_of(f'{POOL}[pools.other]\nservers = ["10.0.0.1:11211"]').pools) == 2


@pytest.mark.parametrize("weight", ["0", "-1", "1.5", "true"])
def test_a_weight_is_a_positive_whole_number(weight: str) -> None:
    problem = problem_of(f'[pools.main]\nservers = [{{ address = "a:1", weight = {weight} }}]')
    assert problem.key == "pools.main.servers[0].weight"


def test_the_only_pool_is_the_default_whatever_its_name() -> None:
    config = config_of('[pools.cache]\nservers = ["a:1"]\n[[routes]]\nprefix = "x"')
    assert config.proxy.default_pool == "cache"
    assert config.replication.from_ == "cache"
    assert config.routes[0].pool == "cache"


def test_a_default_pool_that_was_named_is_never_replaced() -> None:
    problem = problem_of('[proxy]\ndefault_pool = "main"\n[pools.mian]\nservers = ["a:1"]')
    assert (problem.line, problem.key, problem.suggestion) == (2, "proxy.default_pool", "mian")


def test_of_several_pools_without_a_main_one_must_be_named() -> None:
    text = f'{REPLICA}[pools.other]\nservers = ["a:1"]'
    assert problem_of(text).key == "proxy.default_pool"
    assert config_of(f'{text}\n[proxy]\ndefault_pool = "other"').proxy.default_pool == "other"


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ('[pools.main.failover]\nto = "replika"', "pools.main.failover.to"),
        ('[replication]\nfrom = "replika"', "replication.from"),
        ('[replication]\nto = ["replika"]', "replication.to[0]"),
        ('[[routes]]\nprefix = "a"\npool = "replika"', "routes[0].pool"),
    ],
)
def test_a_pool_that_does_not_exist_is_told_the_nearest(setting: str, key: str) -> None:
    problem = next(problem for problem in problems_of(POOL + REPLICA + setting) if problem.key == key)
    assert problem.message == 'there is no pool "replika" (pools: main, replica)'
    assert problem.suggestion == "replica"


def test_a_pool_cannot_fail_over_to_itself() -> None:
    assert _messages(f'{POOL}[pools.main.failover]\nto = "main"') == [
        "pools.main.failover.to: a pool cannot fail over to itself"
    ]


def test_failover_cannot_run_in_a_circle() -> None:
    text = (
        f'{POOL}failover.to = "replica"\n{REPLICA}failover.to = "third"\n[pools.third]\nservers = ["x:1"]\n'
    )
    assert _messages(f'{text}failover.to = "replica"') == [
        "pools.replica.failover.to: failover runs in a circle: replica → third → replica",
        "pools.third.failover.to: failover runs in a circle: third → replica → third",
    ]


@pytest.mark.parametrize(
    "text", [f'{POOL}[replication]\nto = ["main"]', f'{REPLICA}[replication]\nto = ["replica"]']
)
def test_replication_cannot_run_in_a_circle(text: str) -> None:
    (message,) = _messages(text)
    assert "replication runs in a circle" in message


def test_a_secondary_is_named_once() -> None:
    (message,) = _messages(f'{POOL}{REPLICA}[replication]\nto = ["replica", "replica"]')
    assert message == 'replication.to[1]: "replica" is named twice'


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            '[proxy]\nbuffer_memory = "512KiB"',
            "proxy.buffer_memory: 512KiB is less than proxy.max_value (1MiB)",
        ),
        (
            '[proxy]\nmax_value = "65MiB"',
            "proxy.max_value: 65MiB is more than proxy.buffer_memory (64MiB)",
        ),
        (
            '[pools.main.health]\nprobe_interval = "1m"',
            "pools.main.health.probe_interval: 1m is more than pools.main.health.probe_max (30s)",
        ),
        (
            '[hot_cache]\nmax_bytes = "1KiB"',
            "hot_cache.max_bytes: 1KiB is less than hot_cache.max_item (64KiB)",
        ),
        (
            '[hot_cache]\nmiss_ttl = "1500ms"',
            "hot_cache.miss_ttl: 1500ms is more than hot_cache.ttl (1s)",
        ),
        (
            '[memory.x]\nmax_item = "65MiB"',
            "memory.x.max_item: 65MiB is more than memory.x.max_bytes (64MiB)",
        ),
    ],
)
def test_keys_that_contradict_each_other_are_reported_at_the_one_that_was_written(
    setting: str, message: str
) -> None:
    assert _messages(POOL + setting) == [message]


def test_the_bounds_on_dns_answers_are_in_order() -> None:
    assert _messages(f'{POOL}ttl_min = "10m"') == [
        "pools.main.ttl_min: 10m is more than pools.main.ttl_max (5m)"
    ]


def test_the_largest_value_fits_into_the_queue_of_a_replication_that_is_on() -> None:
    small = '[replication.queue]\nmax_bytes = "1KiB"\n'
    config_of(POOL + small)
    (message,) = _messages(f'{POOL}{REPLICA}{small}[replication]\nto = ["replica"]')
    assert message == "replication.queue.max_bytes: 1KiB is less than proxy.max_value (1MiB)"


def test_the_largest_value_fits_into_a_spool_that_is_used() -> None:
    spool = '[replication]\nto = ["replica"]\n[replication.spool]\npath = "/spool"\nmax_bytes = "1KiB"'
    (message,) = _messages(f"{POOL}{REPLICA}{spool}")
    assert message == "replication.spool.max_bytes: 1KiB is less than proxy.max_value (1MiB)"


def test_a_full_queue_goes_to_the_spool_that_there_is() -> None:
    spool = '[replication.spool]\npath = "/spool"\n'
    assert config_of(POOL).replication.queue.on_full == "invalidate"
    assert config_of(POOL + spool).replication.queue.on_full == "spool"
    queue = '[replication.queue]\non_full = "drop_oldest"'
    assert config_of(POOL + spool + queue).replication.queue.on_full == "drop_oldest"


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ('queue.on_full = "spool"', "replication.queue.on_full"),
        ('spool.mode = "always"', "replication.spool.mode"),
        (
            'spool = { mode = "always", path = "/s" }\nqueue.on_full = "invalidate"',
            "replication.queue.on_full",
        ),
    ],
)
def test_a_spool_that_contradicts_the_queue_is_refused(setting: str, key: str) -> None:
    assert problem_of(f"{POOL}[replication]\n{setting}").key == key


def test_a_route_that_no_key_reaches_is_refused() -> None:
    problem = problem_of(
        f'{POOL}[[routes]]\nprefix = "a"\n[[routes]]\nprefix = "b"\n[[routes]]\nprefix = "ab"'
    )
    assert (problem.line, problem.key) == (8, "routes[2].prefix")
    assert "routes[0]" in problem.message


def test_a_route_keeps_hot_keys_as_long_as_the_hot_cache_unless_it_says_otherwise() -> None:
    text = f'{POOL}[hot_cache]\nttl = "3s"\n[[routes]]\nprefix = "a"\n[[routes]]\nprefix = "b"\nhot_cache_ttl = "2s"'
    assert [route.hot_cache_ttl for route in config_of(text).routes] == [3.0, 2.0]


def test_a_route_cannot_wait_for_a_secondary_that_there_is_not() -> None:
    (message,) = _messages(f'{POOL}[[routes]]\nprefix = "a"\nack = "secondary"')
    assert message.startswith("routes[0].ack: there is no secondary")


def test_a_hash_is_chosen_only_where_the_distribution_lets_one() -> None:
    assert _messages(f'{POOL}hash = "md5"') == [
        'pools.main.hash: the distribution "ketama" has a hash of its own'
    ]
    assert config_of(f'{POOL}hash = "md5"\ndistribution = "twemproxy"').pools["main"].hash == "md5"


def test_a_hash_that_the_distribution_does_not_take_is_refused_and_the_nearest_one_named() -> None:
    problem = problem_of(f'{POOL}distribution = "crc32-mod"\nhash = "crc16"')
    assert (problem.line, problem.key) == (4, "pools.main.hash")
    assert problem.message == 'the distribution "crc32-mod" takes crc32a, crc32, crc32_nonzero'
    assert problem.suggestion in ("crc32", "crc32a")


@pytest.mark.parametrize(
    ("distribution", "name"),
    [("spymemcached", "cache-1/ADDRESS:11300"), ("evcache", "cache-1/ADDRESS:11211")],
)
def test_a_ring_that_hashes_addresses_needs_the_name_of_a_host(distribution: str, name: str) -> None:
    text = (
        '[pools.main]\nservers = ["10.0.0.1:11211", "cache-1:11300"]\n' + f'distribution = "{distribution}"'
    )
    problem = problem_of(text)
    assert (problem.line, problem.key) == (2, "pools.main.servers[1]")
    assert problem.message.endswith(f'name the server as the client does, "{name}"')
    named = '{ address = "cache-1:11300", name = "cache-1/10.0.0.2:11300" }'
    for better in (named, '"10.0.0.2:11300"'):
        (pool,) = config_of(text.replace('"cache-1:11300"', better)).pools.values()
        assert pool.distribution == distribution


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ('listen = ["127.0.0.1:1", "127.0.0.1:1"]', "proxy.listen[1]"),
        ('listen = ["0.0.0.0:11211", "127.0.0.1:11211"]', "proxy.listen[1]"),
        ('listen = ["unix:/a", "unix:/a"]', "proxy.listen[1]"),
    ],
)
def test_nothing_listens_where_something_else_does(setting: str, key: str) -> None:
    assert problem_of(f"[proxy]\n{setting}\n{POOL}").key == key


def test_any_number_of_listeners_may_take_free_ports() -> None:
    text = '[proxy]\nlisten = ["127.0.0.1:0", "127.0.0.1:0"]\n'
    assert len(config_of(text + POOL).proxy.listen) == 2


def test_the_proxy_is_not_its_own_backend() -> None:
    problem = problem_of('[pools.main]\nservers = [\n"10.0.0.1:11211",\n"localhost:11211"]')
    assert (problem.line, problem.key) == (4, "pools.main.servers[1]")
    assert "Outrider itself" in problem.message


def test_an_admin_address_of_nothing_turns_it_off() -> None:
    assert config_of(f'[proxy]\nadmin = ""\n{POOL}').proxy.admin is None


def test_every_store_in_use_has_its_settings() -> None:
    text = '[pools.main]\nservers = ["memory://a", "memory://b"]\n[memory.b]\nmax_bytes = "2MiB"'
    memory = config_of(text).memory
    assert memory["a"] == MemoryConfig()
    assert memory["b"] == MemoryConfig(max_bytes=2 << 20)
