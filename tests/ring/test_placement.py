"""Placement gives what the ring gives, as an object, whatever it has remembered."""

import pytest

from proxy.ring import HashTag, Placement, ketama_ring
from tests.ring import corpus

SEED = 4711


class Backend:
    """Something without equality of its own, so that only the very object passes."""


def test_finds_the_target_of_the_node_that_the_ring_names_first_and_again() -> None:
    ring = ketama_ring(corpus.fleet(SEED, 7))
    backends = [Backend() for _ in range(7)]
    placement = Placement(ring, backends)
    for key in corpus.keys(SEED, 3000) * 2:
        assert placement.find(key) is backends[ring.locate(key)], f"seed {SEED}, {key!r}"


def test_stays_right_and_bounded_when_there_are_more_keys_than_it_remembers() -> None:
    ring = ketama_ring(corpus.fleet(SEED, 7))
    backends = [Backend() for _ in range(7)]
    placement = Placement(ring, backends, memo_limit=100)
    for key in corpus.keys(SEED, 3000) * 2:
        assert placement.find(key) is backends[ring.locate(key)], f"seed {SEED}, {key!r}"
        assert placement.statistics().keys <= 100
    assert placement.statistics().clears == 59


def test_a_repeated_key_is_remembered_once() -> None:
    placement = Placement(ketama_ring(corpus.fleet(SEED, 3)), "abc")
    for _ in range(10):
        placement.find(b"a key")
    assert placement.statistics().remembered == 1


def test_keys_of_one_hash_tag_share_a_target_and_it_is_that_of_the_tagged_part() -> None:
    ring = ketama_ring(corpus.fleet(SEED, 50))
    placement = Placement(ring, range(50), HashTag("{}"))
    for number in range(500):
        expected = ring.locate(b"%d" % number)
        assert placement.find(b"user:{%d}:name" % number) == expected
        assert placement.find(b"{%d}" % number) == expected
        assert placement.find(b"%d" % number) == expected


def test_one_target_takes_every_key_and_needs_no_memory() -> None:
    backend = Backend()
    placement = Placement(ketama_ring(corpus.fleet(SEED, 1)), [backend], HashTag("{}"))
    assert all(placement.find(key) is backend for key in corpus.keys(SEED, 1000))
    assert placement.statistics().keys == 0


def test_shares_are_those_of_the_ring() -> None:
    ring = ketama_ring(corpus.fleet(SEED, 3))
    assert Placement(ring, "abc").shares() == ring.statistics()


@pytest.mark.parametrize("targets", ["", "ab", "abcd"])
def test_targets_that_do_not_match_the_nodes_are_refused(targets: str) -> None:
    with pytest.raises(ValueError, match="targets for a ring of 3 nodes"):
        Placement(ketama_ring(corpus.fleet(SEED, 3)), targets)
