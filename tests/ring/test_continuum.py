"""The circle, held against a search through all points."""

import random

import pytest

from proxy.ring.continuum import CIRCLE, Continuum
from proxy.ring.ring import NodeShare

SEED = 141421


def ahead(points: list[tuple[int, int]], position: int) -> tuple[int, int]:
    """The first point at or after the position; of equal points the lowest node."""
    following = [point for point in points if point[0] >= position]
    return min(following or points)


def back(points: list[tuple[int, int]], position: int) -> tuple[int, int]:
    """The last point at or before the position; of equal points the highest node."""
    before = [point for point in points if point[0] <= position]
    return max(before or points)


def circles() -> list[list[tuple[int, int]]]:
    """Few points close together, so that all cases of the edges occur: equal ones, 0, the last position."""
    rng = random.Random(SEED)
    places = [0, 1, 2, 3, 7, 8, 2**15 - 1, 2**15, 2**31, CIRCLE - 2, CIRCLE - 1]
    return [[(rng.choice(places), rng.randrange(3)) for _ in range(rng.randrange(1, 8))] for _ in range(500)]


@pytest.mark.parametrize("looks_back", [False, True])
def test_a_position_belongs_to_the_point_that_a_search_through_all_of_them_finds(looks_back: bool) -> None:
    search = back if looks_back else ahead
    for points in circles():
        continuum = Continuum(points, looks_back=looks_back)
        for near in {position for position, _ in points}:
            for position in ((near - 1) % CIRCLE, near, (near + 1) % CIRCLE):
                expected = search(points, position)
                found = continuum.point(position), continuum.owner(position)
                assert found == expected, f"seed {SEED}, {points}, {position}"


@pytest.mark.parametrize("looks_back", [False, True])
@pytest.mark.parametrize("limit", [CIRCLE, 2**15])
def test_arcs_cover_all_positions_below_the_limit_once_and_name_their_owners(
    looks_back: bool, limit: int
) -> None:
    for points in circles():
        continuum = Continuum(points, looks_back=looks_back)
        previous = -1
        lengths = [0, 0, 0]
        for last, node in continuum.arcs(limit):
            if last > previous:  # an arc may be empty, where two points are equal
                assert continuum.owner(previous + 1) == continuum.owner(last) == node, (
                    f"seed {SEED}, {points}"
                )
            lengths[node] += last - previous
            previous = last
        assert previous == limit - 1
        assert [share.share for share in continuum.shares(3, limit)] == [length / limit for length in lengths]


def test_points_are_those_put_in_whichever_way_it_looks() -> None:
    points = [(5, 0), (0, 1), (CIRCLE - 1, 0), (17, 2)]
    for looks_back in (False, True):
        assert Continuum(points, looks_back=looks_back).points() == sorted(points)


def test_shares_count_points_and_positions() -> None:
    assert Continuum([(2**30 - 1, 0), (2**31 - 1, 1)]).shares(2) == (NodeShare(1, 0.75), NodeShare(1, 0.25))
    assert Continuum([(0, 0), (2**30, 1)], looks_back=True).shares(2) == (
        NodeShare(1, 0.25),
        NodeShare(1, 0.75),
    )


def test_no_points_are_refused() -> None:
    for looks_back in (False, True):
        with pytest.raises(ValueError, match="at least one point"):
            Continuum([], looks_back=looks_back)
