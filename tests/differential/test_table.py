"""Every case of the tables, said to a memcached directly and through Outrider: the replies are equal."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.differential.cases_closing import CLOSING
from tests.differential.cases_keyed import KEYED
from tests.differential.cases_meta_read import META_READ
from tests.differential.cases_meta_write import META_WRITE
from tests.differential.cases_retrieval import RETRIEVAL
from tests.differential.cases_storage import STORAGE
from tests.differential.comparison import difference
from tests.differential.exceptions import KINDS, MEMORY, is_deliberate
from tests.differential.sides import Conversation, Sides, pair
from tests.differential.table import BEFORE, BEHIND, Case, cases

#: Longer streams are cut coarser than into single bytes, which takes a packet each.
_FINE: Final = 6000

CASES: Final = list(
    cases(
        {
            "storage": STORAGE,
            "retrieval": RETRIEVAL,
            "keyed": KEYED,
            "meta reads": META_READ,
            "meta writes": META_WRITE,
        }
    )
)
ENDINGS: Final = list(cases({"closing": CLOSING}))


@pytest.fixture(scope="module", params=KINDS)
def sides(request: pytest.FixtureRequest) -> Iterator[Sides]:
    with pair(request.param) as running:
        yield running


def compare(sides: Sides, case: Case, one_by_one: bool) -> None:
    said = b""
    with Conversation(sides.oracle) as oracle, Conversation(sides.outrider) as outrider:
        for step in (BEFORE, *case.steps, BEHIND):
            said += step
            stream = oracle.with_uniques(step)
            expected = oracle.ask(stream)
            cuts = range(1, len(stream), 1 if len(stream) < _FINE else 1009) if one_by_one else ()
            stream = outrider.with_uniques(step)
            outrider.send(stream, cuts)
            got = outrider.replies()
            place = difference(expected, got, sides.kind)
            if (
                place is not None
                and sides.kind == MEMORY
                and any(is_deliberate(line, sides.kind) for line in said.split(b"\n"))
            ):
                return
            assert place is None, f"{stream!r} at {place}\n oracle   {expected!r}\n outrider {got!r}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_stream_in_one_piece(sides: Sides, case: Case) -> None:
    compare(sides, case, one_by_one=False)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_stream_one_byte_at_a_time(sides: Sides, case: Case) -> None:
    compare(sides, case, one_by_one=True)


@pytest.mark.parametrize("one_by_one", [False, True], ids=["in one piece", "one byte at a time"])
@pytest.mark.parametrize("case", ENDINGS, ids=str)
def test_a_stream_that_ends_the_connection(sides: Sides, case: Case, one_by_one: bool) -> None:
    with Conversation(sides.oracle) as oracle, Conversation(sides.outrider) as outrider:
        for step in (BEFORE, *case.steps[:-1]):
            assert difference(oracle.ask(step), outrider.ask(step), sides.kind) is None
        expected = oracle.ask_last(case.steps[-1])
        got = outrider.ask_last(case.steps[-1], one_by_one)
        place = difference(expected, got, sides.kind)
        assert place is None, f"at {place}\n oracle   {expected!r}\n outrider {got!r}"
    with Conversation(sides.oracle) as oracle, Conversation(sides.outrider) as outrider:
        assert difference(oracle.ask(BEHIND), outrider.ask(BEHIND), sides.kind) is None
