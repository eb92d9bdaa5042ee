"""The schema's words for distributions and hashes are those of the rings."""

from typing import get_args

from proxy.config.hashes import HASHES
from proxy.config.schema import Distribution, Hash
from proxy.ring import DISTRIBUTIONS


def test_the_distributions_are_those_that_there_are_rings_for() -> None:
    assert set(get_args(Distribution)) == set(DISTRIBUTIONS)


def test_each_distribution_takes_the_hashes_that_its_ring_takes() -> None:
    for name, row in DISTRIBUTIONS.items():
        assert set(HASHES.get(name, ())) == set(row.hashes), name


def test_every_hash_is_a_choice_of_some_distribution() -> None:
    assert set(get_args(Hash)) == {"", *(name for row in DISTRIBUTIONS.values() for name in row.hashes)}
