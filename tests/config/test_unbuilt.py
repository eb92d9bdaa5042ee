import pytest

from tests.config.parsing import POOL, config_of, problem_of, problems_of

REPLICA = '[pools.replica]\nservers = ["10.1.0.1:11211"]\n'
ROUTE = f'{POOL}[[routes]]\nprefix = "a"\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"{POOL}[hot_cache]\nenabled = true", "hot_cache.enabled"),
        (f'{POOL}[proxy]\nadmin = "127.0.0.1:9150"', "proxy.admin"),
        (f"{POOL}health.rise = 2", "pools.main.health.rise"),
        (f"{POOL}health.timeouts_until_down = 1", "pools.main.health.timeouts_until_down"),
        (f'{POOL}health.failback_delay = "1s"', "pools.main.health.failback_delay"),
        (f'{POOL}[memory.x]\npolicy = "sieve"', "memory.x.policy"),
        (f'{POOL}[memory.x]\nallocator = "slab"', "memory.x.allocator"),
        (f'{REPLICA}{POOL}failover.to = "replica"', "pools.main.failover.to"),
        (f"{POOL}health.eject = true", "pools.main.health.eject"),
        (f'{POOL}{REPLICA}[replication]\nto = ["replica"]', "replication.to"),
        (f"{ROUTE}replicate = false", "routes[0].replicate"),
        (f'{ROUTE}replicate = "delete-only"', "routes[0].replicate"),
        (f"{ROUTE}hot_cache = true", "routes[0].hot_cache"),
    ],
)
def test_what_is_not_built_is_refused_where_it_is_switched_on(text: str, key: str) -> None:
    problem = problem_of(text)
    assert problem.key == key
    assert problem.line == len(text.splitlines())
    assert problem.message.endswith("is not built yet in this version")


def test_a_secondary_to_wait_for_is_not_built() -> None:
    text = f'{POOL}{REPLICA}[replication]\nto = ["replica"]\n[[routes]]\nprefix = "a"\nack = "secondary"'
    assert [problem.key for problem in problems_of(text)] == ["replication.to", "routes[0].ack"]


def test_the_settings_of_what_is_switched_off_are_read_and_checked() -> None:
    config = config_of(f'{POOL}[hot_cache]\nttl = "5s"\n[replication]\nmax_attempts = 3')
    assert config.hot_cache.ttl == 5.0
    assert config.replication.max_attempts == 3
    assert problem_of(f'{POOL}[hot_cache]\nttl = "0s"').key == "hot_cache.ttl"
