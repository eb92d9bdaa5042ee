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
    sinks = [object() for _ in nodes]
    find = choose_by_key(ring, sinks, hash_tag="{}")
    tag = HashTag("{}")
    for key in corpus.tagged_keys(SEED, 2000):
        assert find(key) is sinks[ring.locate(tag.hashed_part(key))], f"seed {SEED}, {key!r}"
