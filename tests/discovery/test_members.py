import os
from collections.abc import Sequence
from random import Random, SystemRandom

import pytest

from proxy.config import TcpAddress
from proxy.discovery.members import MAX_MEMBERS, Member, Members, distinct_names

FORGET = 30.0
INFINITY = float("inf")
#: One that nobody has tried before; DISCOVERY_SEED brings a failing one back.
SEEDS = [1, 2, 3, int(os.environ.get("DISCOVERY_SEED") or SystemRandom().randrange(1 << 32))]


def _at(*ips: str) -> list[Member]:
    return [Member(TcpAddress(ip, 11211)) for ip in ips]


def _named(name: str, ip: str = "10.0.0.1", weight: int = 1) -> Member:
    return Member(TcpAddress(ip, 11211), name, weight)


def _hosts(members: Members) -> list[str]:
    return [member.address.host for member in members.current()]


def test_new_servers_come_at_once() -> None:
    members = Members(FORGET)
    assert members.observe(_at("10.0.0.1"), 0)
    assert members.observe(_at("10.0.0.1", "10.0.0.2"), 0)
    assert _hosts(members) == ["10.0.0.1", "10.0.0.2"]


def test_the_same_answer_in_another_order_is_no_change() -> None:
    members = Members(FORGET)
    members.observe(_at("10.0.0.1", "10.0.0.2"), 0)
    assert not members.observe(_at("10.0.0.2", "10.0.0.1"), 1)


def test_a_server_must_be_missing_for_a_while_before_it_goes() -> None:
    members = Members(FORGET)
    members.observe(_at("10.0.0.1", "10.0.0.2"), 0)
    assert not members.observe(_at("10.0.0.1"), 100)
    assert (members.missing, members.next_forget()) == (1, 130)
    assert not members.observe(_at("10.0.0.1"), 129.9)
    assert members.observe(_at("10.0.0.1"), 130)
    assert _hosts(members) == ["10.0.0.1"]
    assert (members.missing, members.next_forget()) == (0, INFINITY)


def test_a_server_that_shows_up_again_has_to_be_missing_anew() -> None:
    members = Members(FORGET)
    members.observe(_at("10.0.0.1", "10.0.0.2"), 0)
    members.observe(_at("10.0.0.1"), 1)
    members.observe(_at("10.0.0.1", "10.0.0.2"), 30)
    members.observe(_at("10.0.0.1"), 35)
    assert not members.observe(_at("10.0.0.1"), 64)
    assert members.observe(_at("10.0.0.1"), 65)


def test_without_answers_nobody_is_forgotten_however_long_it_takes() -> None:
    members = Members(FORGET)
    members.observe(_at("10.0.0.1", "10.0.0.2"), 0)
    members.observe(_at("10.0.0.1"), 1)
    assert not members.observe([], 10_000)
    assert not members.observe(_at("10.0.0.1", "10.0.0.2"), 20_000)
    assert members.missing == 0


def test_an_answer_without_anybody_in_common_replaces_all_once_they_are_forgotten() -> None:
    members = Members(FORGET)
    members.observe(_at("10.0.0.1"), 0)
    members.observe(_at("10.0.0.2"), 1)
    assert _hosts(members) == ["10.0.0.1", "10.0.0.2"]
    members.observe(_at("10.0.0.2"), 31)
    assert _hosts(members) == ["10.0.0.2"]


def test_with_nothing_to_wait_for_a_server_goes_at_once() -> None:
    members = Members(0)
    members.observe(_at("10.0.0.1", "10.0.0.2"), 0)
    assert members.observe(_at("10.0.0.2"), 0)
    assert _hosts(members) == ["10.0.0.2"]


def test_the_name_is_the_identity_and_a_new_address_or_weight_counts_at_once() -> None:
    members = Members(FORGET)
    members.observe([_named("a")], 0)
    assert members.observe([_named("a", "10.0.0.9")], 1)
    assert members.observe([_named("a", "10.0.0.9", weight=2)], 2)
    assert members.current() == (_named("a", "10.0.0.9", weight=2),)
    assert members.missing == 0


def test_a_missing_server_whose_address_another_one_has_goes_at_once() -> None:
    members = Members(FORGET)
    members.observe([_named("a", "10.0.0.1"), _named("b", "10.0.0.2")], 0)
    assert members.observe([_named("a", "10.0.0.2")], 1)
    assert members.current() == (_named("a", "10.0.0.2"),)


def test_beyond_the_limit_those_that_are_missing_longest_go_early() -> None:
    members = Members(FORGET, limit=3)
    members.observe(_at("10.0.0.1", "10.0.0.2"), 0)
    members.observe(_at("10.0.0.2", "10.0.0.3"), 1)
    members.observe(_at("10.0.0.3"), 2)
    assert _hosts(members) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    members.observe(_at("10.0.0.3", "10.0.0.4"), 3)
    assert _hosts(members) == ["10.0.0.2", "10.0.0.3", "10.0.0.4"]


def test_the_order_is_by_name_then_by_number_and_not_by_spelling() -> None:
    members = Members(FORGET)
    members.observe([*_at("10.0.0.10", "fd00::1", "10.0.0.9", "9.0.0.1"), _named("b"), _named("a")], 0)
    assert [member.identity for member in members.current()] == [
        "9.0.0.1:11211",
        "10.0.0.9:11211",
        "10.0.0.10:11211",
        "[fd00::1]:11211",
        "a",
        "b",
    ]


def test_of_the_servers_of_one_host_all_but_the_first_are_named_with_their_ports() -> None:
    assert distinct_names([("a", 2), ("b", 9), ("a", 10), ("a", 1)]) == {
        ("a", 1): "a",
        ("a", 2): "a:2",
        ("a", 10): "a:10",
        ("b", 9): "b",
    }


Answers = Sequence[tuple[float, Sequence[Member]]]


def _expected(answers: Answers, forget_after: float) -> set[Member]:
    """The membership, worked out anew from everything that was ever answered."""
    answers = [(at, answer) for at, answer in answers if answer]
    latest = {
        member.identity: (index, member) for index, (_, answer) in enumerate(answers) for member in answer
    }
    expected = set()
    for index, member in latest.values():
        later = answers[index + 1 :]
        is_forgotten = any(at >= later[0][0] + forget_after for at, _ in later)
        is_replaced = any(other.address == member.address for _, answer in later for other in answer)
        if not is_forgotten and not is_replaced:
            expected.add(member)
    return expected


def _random_answer(random: Random) -> list[Member]:
    """Few names and few addresses, so that they meet again; each name once."""
    if random.random() < 0.1:
        return []
    named = [
        _named(name, f"10.0.0.{random.randrange(4)}", random.randint(1, 2))
        for name in random.sample("abcde", random.randint(0, 5))
    ]
    return named + _at(*(f"10.0.1.{number}" for number in random.sample(range(5), random.randint(0, 5))))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_answers_lead_to_what_all_of_history_says(seed: int) -> None:
    print(f"DISCOVERY_SEED={seed}")
    random = Random(seed)
    for _ in range(100):
        forget_after = random.choice([0.0, 1.0, 3.0, 0.1])
        members = Members(forget_after)
        answers: list[tuple[float, Sequence[Member]]] = []
        now = 0.0
        told: set[Member] = set()
        for _ in range(40):
            now += random.choice([0.0, 0.1, 0.3, 1.0, 5.0])
            answers.append((now, _random_answer(random)))
            is_changed = members.observe(answers[-1][1], now)
            expected = _expected(answers, forget_after)
            assert set(members.current()) == expected, (seed, answers)
            assert is_changed == (expected != told), (seed, answers)
            told = expected
            assert (members.next_forget() == INFINITY) == (members.missing == 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_answered_the_membership_stays_bounded_and_has_all_of_the_last_answer(seed: int) -> None:
    random = Random(seed)
    members = Members(INFINITY, limit=12)
    for now in range(300):
        answer = _at(*(f"10.0.0.{number}" for number in random.sample(range(200), random.randint(0, 12))))
        members.observe(answer, now)
        assert set(answer) <= set(members.current())
        assert len(members.current()) <= 12


def test_the_limit_is_what_a_range_may_stand_for() -> None:
    members = Members(FORGET)
    for block in range(3):
        members.observe(
            [Member(TcpAddress("10.0.0.1", port + block * 1000 + 1)) for port in range(1000)], block
        )
    assert len(members.current()) == MAX_MEMBERS
