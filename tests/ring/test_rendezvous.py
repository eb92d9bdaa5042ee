"""The `rendezvous` distribution by itself: its values for ever, its rule, and what weights move."""

from math import log

import pytest
from xxhash import xxh3_64_intdigest

from proxy.ring import DISTRIBUTIONS, Node
from proxy.ring.rendezvous import RendezvousRing
from tests.ring import corpus

SEED = 173205


def test_the_known_keys_stay_where_they_were_in_the_first_version() -> None:
    # A change here would move the keys of every pool in use.
    ring = RendezvousRing(corpus.PUBLISHED_NODES)
    assert [ring.locate(key) + 1 for key in corpus.PUBLISHED_KEYS] == [3, 3, 1, 1, 2]
    heavy = [Node(node.host, node.port, weight=n + 1) for n, node in enumerate(corpus.PUBLISHED_NODES)]
    found = [RendezvousRing(heavy).locate(b"user:%d" % number) + 1 for number in range(20)]
    assert found == [3, 1, 2, 3, 2, 2, 1, 3, 1, 1, 2, 3, 3, 1, 3, 3, 1, 3, 2, 3]


@pytest.mark.parametrize("weights", [[1] * 9, [5] * 9, [1, 2, 3] * 3, [1, 1, 1, 1, 1, 1, 1, 1, 100]])
def test_the_node_of_the_highest_weighted_hash_wins(weights: list[int]) -> None:
    nodes = [
        Node(node.host, 11300, weight=weight)
        for node, weight in zip(corpus.fleet(SEED, 9), weights, strict=True)
    ]
    seeds = [xxh3_64_intdigest(f"{node.host}:11300".encode()) for node in nodes]
    ring = RendezvousRing(nodes)
    for key in corpus.keys(SEED, 3000):
        scores = [
            log((xxh3_64_intdigest(key, seed) + 0.5) / 2**64) / weight
            for seed, weight in zip(seeds, weights, strict=True)
        ]
        assert ring.locate(key) == scores.index(max(scores)), f"seed {SEED}, {key!r}"


def test_a_node_of_more_weight_takes_keys_and_moves_no_others() -> None:
    nodes = corpus.fleet(SEED, 8)
    heavier = [Node(node.host, node.port, weight=3 if n == 4 else 1) for n, node in enumerate(nodes)]
    before, after = RendezvousRing(nodes), RendezvousRing(heavier)
    keys = corpus.keys(SEED, 10_000)
    moved = 0
    for key in keys:
        place = after.locate(key)
        assert place in (before.locate(key), 4), f"seed {SEED}, {key!r}"
        moved += place != before.locate(key)
    # From an eighth to three tenths; 10,000 keys are off by 0.4 %, four times that.
    assert moved / len(keys) == pytest.approx(3 / 10 - 1 / 8, abs=0.015), f"seed {SEED}"


def test_shares_are_even_where_points_would_spread() -> None:
    # 40,000 keys on 10 servers: sqrt(40000 * 0.09) = 60 of 4000; four times that is 6 %.
    ring = RendezvousRing(corpus.fleet(SEED, 10))
    found = [ring.locate(b"key:%d" % number) for number in range(40_000)]
    for index in range(10):
        assert abs(found.count(index) - 4000) < 240, f"seed {SEED}, server {index}"


def test_of_two_servers_with_one_identity_the_first_gets_the_keys_of_both() -> None:
    ring = RendezvousRing([Node("a", 1), Node("b", 1), Node("c", 1, name="a:1")])
    assert {ring.locate(key) for key in corpus.keys(SEED, 1000)} == {0, 1}


def test_the_greatest_and_the_least_weight_leave_no_key_without_a_place() -> None:
    ring = DISTRIBUTIONS["rendezvous"].ring([Node("a", 1, weight=1), Node("b", 1, weight=2**31 - 1)])
    assert {ring.locate(key) for key in corpus.keys(SEED, 1000)} == {1}
