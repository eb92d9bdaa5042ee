"""What holds for every distribution in the table."""

import pytest

from proxy.ring import DISTRIBUTIONS
from tests.ring import corpus

SEED = 77001

every_distribution = pytest.mark.parametrize("distribution", sorted(DISTRIBUTIONS))


@every_distribution
@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_every_node_gets_keys_and_no_key_gets_anything_else(distribution: str, count: int) -> None:
    ring = DISTRIBUTIONS[distribution](corpus.fleet(SEED, count))
    assert ring.node_count == count
    assert {ring.locate(key) for key in corpus.keys(SEED, 5000)} == set(range(count)), f"seed {SEED}"


@every_distribution
def test_two_rings_of_the_same_nodes_agree(distribution: str) -> None:
    build = DISTRIBUTIONS[distribution]
    first, second = build(corpus.fleet(SEED, 9)), build(corpus.fleet(SEED, 9))
    for key in corpus.keys(SEED, 2000):
        assert first.locate(key) == second.locate(key), f"seed {SEED}, {key!r}"


@every_distribution
@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_shares_are_one_per_node_and_sum_to_one(distribution: str, count: int) -> None:
    shares = DISTRIBUTIONS[distribution](corpus.fleet(SEED, count)).statistics()
    assert len(shares) == count
    assert sum(share.share for share in shares) == pytest.approx(1)
    assert all(0 < share.share <= 1 and share.points >= 0 for share in shares)


@every_distribution
def test_the_empty_key_and_a_key_of_any_bytes_have_a_place(distribution: str) -> None:
    ring = DISTRIBUTIONS[distribution](corpus.fleet(SEED, 3))
    assert ring.locate(b"") in range(3)
    assert ring.locate(bytes(range(256)) * 4) in range(3)


@every_distribution
def test_no_nodes_are_refused(distribution: str) -> None:
    with pytest.raises(ValueError, match="at least one node"):
        DISTRIBUTIONS[distribution]([])
