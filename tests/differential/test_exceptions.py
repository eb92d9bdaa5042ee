"""The table of deliberate differences holds no row that has become equal."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.differential.comparison import difference
from tests.differential.exceptions import EXCEPTIONS, KINDS, Deliberate, is_deliberate
from tests.differential.sides import Conversation, Sides, pair
from tests.differential.table import BEFORE, Stream

SHOWN: Final = [(row, stream) for row in EXCEPTIONS for stream in row.shown_by]


@pytest.fixture(scope="module", params=KINDS)
def sides(request: pytest.FixtureRequest) -> Iterator[Sides]:
    with pair(request.param) as running:
        yield running


@pytest.mark.parametrize(
    ("row", "stream"), SHOWN, ids=[f"{row.what}-{stream!r:.40}" for row, stream in SHOWN]
)
def test_a_deliberate_difference_still_is_one(sides: Sides, row: Deliberate, stream: Stream) -> None:
    steps = stream if isinstance(stream, tuple) else (stream,)
    assert any(is_deliberate(line, row.kinds[0]) for step in steps for line in step.split(b"\n")), (
        "the generator would make it"
    )
    with Conversation(sides.oracle) as oracle, Conversation(sides.outrider) as outrider:
        differs = [
            difference(
                oracle.ask(oracle.with_uniques(step)), outrider.ask(outrider.with_uniques(step)), sides.kind
            )
            is not None
            for step in (BEFORE, *steps)
        ]
    assert not any(differs[:-1]), "it differs earlier than the row says"
    assert differs[-1] is (sides.kind in row.kinds)


def test_the_binary_protocol_is_closed_and_not_answered(sides: Sides) -> None:
    # Outrider speaks text alone: there is nothing to compare, except that it ends.
    with Conversation(sides.outrider) as outrider:
        assert outrider.ask_last(b"\x80\x0b" + bytes(22)) == b""
