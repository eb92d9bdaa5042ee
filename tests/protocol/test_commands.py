"""The table of commands holds together."""

import pytest

from proxy.protocol.commands import (
    COMMANDS,
    KEYED,
    LOCAL,
    META,
    META_REPLY,
    META_STORAGE,
    NONE,
    NUMBER,
    RETRIEVAL,
    STORAGE,
    VALUES,
    WORD,
    Command,
)

ROWS = list(COMMANDS.values())


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_row_is_found_under_its_verb_and_counted_in_its_place(row: Command) -> None:
    assert COMMANDS[row.verb] is row
    assert ROWS[row.index] is row


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_grammar_has_its_shapes(row: Command) -> None:
    shapes = {
        RETRIEVAL: {VALUES},
        STORAGE: {WORD},
        KEYED: {WORD, NUMBER},
        META: {META_REPLY},
        META_STORAGE: {META_REPLY},
        LOCAL: {NONE, WORD},
    }
    assert row.shape in shapes[row.grammar]
    assert (row.first_key == 0) is (row.grammar == LOCAL)
    assert row.min_tokens <= row.max_tokens


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_only_what_changes_nothing_may_be_sent_twice(row: Command) -> None:
    assert not (row.writes and row.retry_safe)
    if row.grammar in (STORAGE, KEYED, META_STORAGE):
        assert row.writes


@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_a_quiet_flag_hides_only_codes_that_the_command_has(row: Command) -> None:
    assert set(row.hidden) <= set(row.words)
    assert bool(row.words) is (row.shape in (WORD, NUMBER, META_REPLY))
    assert row.miss == b"" or row.miss == b"END\r\n" or row.miss[:2] in row.words
