import pytest

from proxy.discovery.schedule import Schedule

SCHEDULE = Schedule(ttl_min=5, ttl_max=300)
LOTS = (0.0, 0.25, 0.5, 0.75, 0.999999)


@pytest.mark.parametrize(
    ("ttl", "shortest", "longest"),
    [
        (60, 60, 75),  # after the life of the answer, never before
        (0, 5, 6.25),
        (4, 5, 6.25),
        (None, 5, 6.25),
        (250, 240, 300),
        (300, 240, 300),
        (86400, 240, 300),
    ],
)
def test_the_next_look_up_is_spread_behind_the_life_of_the_answer_and_within_the_bounds(
    ttl: float | None, shortest: float, longest: float
) -> None:
    delays = [SCHEDULE.after_answer(ttl, lot) for lot in LOTS]
    assert delays == sorted(delays)
    assert delays[0] == shortest
    assert delays[-1] == pytest.approx(longest, rel=1e-5)
    assert len(set(delays)) == len(delays)


def test_bounds_that_are_one_leave_no_room_for_spreading() -> None:
    assert {Schedule(5, 5).after_answer(60, lot) for lot in LOTS} == {5}


@pytest.mark.parametrize("lot", LOTS)
def test_narrow_bounds_hold_too(lot: float) -> None:
    assert 5 <= Schedule(5, 5.5).after_answer(5.2, lot) <= 5.5


def test_failures_are_followed_by_longer_and_longer_delays() -> None:
    assert [SCHEDULE.after_failure(failures, 0) for failures in (1, 2, 3, 4, 5, 6, 7, 1000)] == [
        1,
        2,
        4,
        8,
        16,
        30,
        30,
        30,
    ]


def test_delays_after_failures_are_shortened_at_random_so_that_askers_part() -> None:
    assert SCHEDULE.after_failure(1, 0.999999) == pytest.approx(0.8, rel=1e-5)


def test_failures_are_retried_no_later_than_answers_are_renewed() -> None:
    assert Schedule(0.1, 10).after_failure(1, 0) == 0.1
    assert Schedule(0.1, 10).after_failure(100, 0) == 10
