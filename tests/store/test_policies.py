"""What every eviction policy owes its shelf, and the order that is each one's own."""

from collections.abc import Callable
from random import Random

import pytest

from proxy.store.item import Item
from proxy.store.lru import Lru
from proxy.store.policy import EvictionPolicy

POLICIES = [Lru]


def items(count: int) -> list[Item]:
    return [Item(b"%d" % number, b"", 0, 0, 0, 0) for number in range(count)]


@pytest.mark.parametrize("make", POLICIES)
def test_a_policy_knows_exactly_the_items_on_the_shelf(make: Callable[[], EvictionPolicy]) -> None:
    policy = make()
    random = Random(7)
    here: list[Item] = []
    for item in items(2000):
        policy.added(item)
        here.append(item)
        for _ in range(random.randrange(3)):
            policy.used(random.choice(here))
        while here and random.random() < 0.45:
            gone = here.pop(random.randrange(len(here)))
            policy.removed(gone)
        if random.random() < 0.002:
            policy.cleared()
            here.clear()
        ordered = policy.items()
        assert {each.key for each in ordered} == {each.key for each in here}
        assert len(ordered) == len(here)
        assert policy.victims(5) == ordered[:5]
        assert len(policy.victims(2)) == min(2, len(here))


@pytest.mark.parametrize("make", POLICIES)
def test_an_empty_policy_has_no_victims(make: Callable[[], EvictionPolicy]) -> None:
    policy = make()
    assert policy.victims(1) == []
    (item,) = items(1)
    policy.added(item)
    policy.removed(item)
    assert policy.victims(1) == policy.items() == []


def test_lru_is_the_order_of_last_use() -> None:
    policy = Lru()
    random = Random(9)
    here = items(50)
    order = list(here)
    for item in here:
        policy.added(item)
    for _ in range(5000):
        item = random.choice(here)
        policy.used(item)
        order.remove(item)
        order.append(item)
        assert policy.victims(3) == order[:3]
    assert policy.items() == order


def test_a_broken_ring_is_found() -> None:
    policy = Lru()
    here = items(3)
    for item in here:
        policy.added(item)
    here[1].older = here[1]
    with pytest.raises(ValueError, match="does not lead back"):
        policy.items()
