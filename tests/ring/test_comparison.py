"""What a change of the servers, or of the distribution, does to the keys."""

import pytest

from proxy.ring import (
    DISTRIBUTIONS,
    Difference,
    Move,
    Node,
    PointRing,
    Ring,
    compare_arcs,
    compare_keys,
    ketama_ring,
)
from tests.ring import corpus

SEED = 244948

BY_POINTS = ("ketama", "libmemcached-ketama", "twemproxy", "spymemcached", "evcache", "dalli")


def point_ring(distribution: str, nodes: list[Node], choice: str = "") -> PointRing:
    ring = DISTRIBUTIONS[distribution].ring(nodes, choice)
    assert isinstance(ring, PointRing)
    return ring


def counted(before: Ring, after: Ring, keys: list[bytes]) -> dict[tuple[str, str], float]:
    """The share of keys that moves, from host to host, counted one by one."""
    found: dict[tuple[str, str], float] = {}
    for key in keys:
        pair = before.nodes[before.locate(key)].host, after.nodes[after.locate(key)].host
        if pair[0] != pair[1]:
            found[pair] = found.get(pair, 0) + 1 / len(keys)
    return found


def as_pairs(difference: Difference) -> dict[tuple[str, str], float]:
    assert difference.moved == pytest.approx(sum(move.share for move in difference.moves))
    assert list(difference.moves) == sorted(difference.moves, key=lambda move: -move.share)
    return {(move.source.host, move.target.host): move.share for move in difference.moves}


@pytest.mark.parametrize("distribution", sorted(DISTRIBUTIONS))
def test_equal_rings_move_nothing(distribution: str) -> None:
    nodes = corpus.fleet(SEED, 7)
    before, after = (DISTRIBUTIONS[distribution].ring(nodes) for _ in range(2))
    assert compare_keys(before, after, corpus.keys(SEED, 1000)) == Difference(0.0, ())
    if isinstance(before, PointRing) and isinstance(after, PointRing):
        assert compare_arcs(before, after) == Difference(0.0, ())


@pytest.mark.parametrize("distribution", sorted(DISTRIBUTIONS))
def test_keys_are_counted_by_where_they_move(distribution: str) -> None:
    nodes = corpus.fleet(SEED, 7)
    before, after = (DISTRIBUTIONS[distribution].ring(part) for part in (nodes[:6], nodes[1:]))
    keys = corpus.keys(SEED, 3000)
    assert as_pairs(compare_keys(before, after, keys)) == pytest.approx(counted(before, after, keys))


@pytest.mark.parametrize("distribution", BY_POINTS)
def test_arcs_give_what_many_keys_come_near_to(distribution: str) -> None:
    nodes = corpus.fleet(SEED, 5)
    before, after = (point_ring(distribution, part) for part in (nodes[:4], nodes[1:]))
    keys = corpus.keys(SEED, 20_000)
    exact, sampled = as_pairs(compare_arcs(before, after)), counted(before, after, keys)
    assert exact.keys() >= sampled.keys()
    for pair, share in exact.items():
        # sqrt(0.25 * 0.75 / 20000) = 0.003; four times that.
        assert share == pytest.approx(sampled.get(pair, 0), abs=0.012), f"seed {SEED}, {pair}"


@pytest.mark.parametrize("distribution", BY_POINTS)
def test_what_a_newcomer_takes_is_its_share(distribution: str) -> None:
    nodes = corpus.fleet(SEED, 9)
    before, after = point_ring(distribution, nodes[:-1]), point_ring(distribution, nodes)
    difference = compare_arcs(before, after)
    assert difference.moved == pytest.approx(after.statistics()[-1].share)
    assert {move.target for move in difference.moves} == {nodes[-1]}


def test_arcs_of_a_hash_of_fifteen_bits_end_there() -> None:
    nodes = corpus.fleet(SEED, 40)
    before, after = (point_ring("twemproxy", part, "crc32") for part in (nodes[:20], nodes[20:]))
    difference = compare_arcs(before, after)
    assert difference.moved == 1
    assert sum(move.share for move in difference.moves) == pytest.approx(1)
    assert as_pairs(difference) == pytest.approx(counted(before, after, corpus.keys(SEED, 3000)), abs=0.04)


def test_another_distribution_with_the_same_hash_is_compared_by_arcs() -> None:
    nodes = corpus.fleet(SEED, 25)
    # Nothing but the 4 points of 160 that single precision costs, and the identity, which names make the same.
    named = [Node(node.host, node.port, node.host) for node in nodes]
    moved = compare_arcs(ketama_ring(named), point_ring("spymemcached", named)).moved
    assert 0 < moved < 1 / 40 + 0.01


def test_rings_that_hash_keys_differently_have_no_common_arcs() -> None:
    nodes = corpus.fleet(SEED, 3)
    with pytest.raises(ValueError, match="hashes differ: md5 before, fnv1a_64 after"):
        compare_arcs(ketama_ring(nodes), point_ring("twemproxy", nodes))


def test_no_keys_are_refused() -> None:
    ring = ketama_ring(corpus.fleet(SEED, 2))
    with pytest.raises(ValueError, match="at least one key"):
        compare_keys(ring, ring, [])


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (Node("a", 1, "x"), Node("b", 2, "x"), 0),  # a name is the server, wherever it is
        (Node("a", 1), Node("a", 1, "x"), 0),  # a server that gets a name keeps what it holds
        (Node("a", 1, "x"), Node("a", 1), 0),
        (Node("a", 1, "x"), Node("a", 1, "y"), 1),  # a renamed one is another one
        (Node("a", 1), Node("b", 1), 1),
        (Node("a", 1), Node("a", 2), 1),
        (Node("a", 1, weight=3), Node("a", 1, resolved="10.0.0.1"), 0),
    ],
)
def test_a_server_is_the_same_by_name_or_else_by_address(before: Node, after: Node, moved: int) -> None:
    difference = compare_arcs(ketama_ring([before]), ketama_ring([after]))
    assert difference == Difference(moved, (Move(before, after, 1.0),) if moved else ())


def test_servers_that_swap_their_addresses_are_still_themselves() -> None:
    before = [Node("a", 1, "x"), Node("b", 1, "y")]
    after = [Node("b", 1, "x"), Node("a", 1, "y")]
    assert compare_arcs(ketama_ring(before), ketama_ring(after)).moved == 0


def test_no_server_is_the_counterpart_of_two() -> None:
    # The second one after is the first one before, by its name, and so not also the second one, by its address.
    before = DISTRIBUTIONS["libmemcached-modula"].ring([Node("a", 1, "x"), Node("b", 1)])
    after = DISTRIBUTIONS["libmemcached-modula"].ring([Node("c", 1), Node("b", 1, "x")])
    assert compare_keys(before, after, corpus.keys(SEED, 1000)).moved == 1
