"""A pool's settings reach its ring."""

import pytest

from proxy.pools.choice import choose_by_key
from proxy.ring import DISTRIBUTIONS, HashTag
from tests.ring import corpus

SEED = 223606


@pytest.mark.parametrize(
    ("distribution", "hash_name"),
    [("ketama", ""), ("twemproxy", ""), ("twemproxy", "murmur"), ("pymemcache", "murmur3_32_repr")],
)
def test_keys_go_where_the_ring_of_that_distribution_and_hash_puts_them(
    distribution: str, hash_name: str
) -> None:
    nodes = corpus.fleet(SEED, 9)
    ring = DISTRIBUTIONS[distribution].ring(nodes, hash_name)
    sinks = [(object(),) for _ in nodes]
    find = choose_by_key(ring, sinks, hash_tag="{}")
    tag = HashTag("{}")
    for key in corpus.tagged_keys(SEED, 2000):
        assert find(key) is sinks[ring.locate(tag.hashed_part(key))][0], f"seed {SEED}, {key!r}"


def test_a_key_has_one_of_its_backend_s_connections_and_always_the_same() -> None:
    nodes = corpus.fleet(SEED, 3)
    ring = DISTRIBUTIONS["rendezvous"].ring(nodes)
    sinks = [[object() for _ in range(4)] for _ in nodes]
    find = choose_by_key(ring, sinks, hash_tag="")
    used = set()
    for key in corpus.keys(SEED, 2000):
        assert find(key) in sinks[ring.locate(key)]
        assert find(key) is find(key)
        used.add(find(key))
    assert len(used) == 12
