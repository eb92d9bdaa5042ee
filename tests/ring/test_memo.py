import pytest

from proxy.ring import DEFAULT_MEMO_LIMIT, Memo, MemoStatistics


def test_an_unknown_key_is_none_and_a_remembered_key_is_what_was_remembered() -> None:
    memo: Memo[str] = Memo()
    assert memo.get(b"a") is None
    memo.remember(b"a", "first")
    assert memo.get(b"a") == "first"


def test_a_falsy_value_is_remembered() -> None:
    memo: Memo[int] = Memo()
    memo.remember(b"a", 0)
    assert memo.get(b"a") == 0


def test_it_never_holds_more_than_its_limit_and_always_the_newest_key() -> None:
    memo: Memo[int] = Memo(limit=10)
    for number in range(1000):
        memo.remember(b"%d" % number, number)
        assert memo.get(b"%d" % number) == number
        assert 1 <= memo.statistics().keys <= 10


def test_it_forgets_everything_at_its_limit_and_counts_that() -> None:
    memo: Memo[int] = Memo(limit=3)
    for number in range(4):
        memo.remember(b"%d" % number, number)
    assert [memo.get(b"%d" % number) for number in range(4)] == [None, None, None, 3]
    assert memo.statistics() == MemoStatistics(keys=1, limit=3, remembered=4, clears=1)


def test_the_default_limit_is_stated() -> None:
    assert Memo[int]().statistics() == MemoStatistics(
        keys=0, limit=DEFAULT_MEMO_LIMIT, remembered=0, clears=0
    )


@pytest.mark.parametrize("limit", [0, -1])
def test_a_memo_without_room_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="cannot remember"):
        Memo[int](limit)
