import pytest

from proxy.ring import HashTag


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"user:{42}:name", b"42"),
        (b"{42}", b"42"),
        (b"{a}{b}", b"a"),
        (b"}{a}", b"a"),
        (b"{{a}}", b"{a"),
        (b"{\x80 \xff}", b"\x80 \xff"),
    ],
)
def test_what_stands_between_the_first_opening_and_the_next_closing_is_hashed(
    key: bytes, hashed: bytes
) -> None:
    assert HashTag("{}").hashed_part(key) == hashed


@pytest.mark.parametrize("key", [b"", b"plain", b"{open", b"close}", b"}{", b"{", b"}", b"a}b{c"])
def test_the_whole_key_is_hashed_where_the_pair_is_missing(key: bytes) -> None:
    assert HashTag("{}").hashed_part(key) == key


@pytest.mark.parametrize("key", [b"{}", b"a{}b", b"{}{a}", b"{}}"])
def test_the_whole_key_is_hashed_where_nothing_stands_between_even_if_another_pair_follows(
    key: bytes,
) -> None:
    assert HashTag("{}").hashed_part(key) == key


def test_opening_and_closing_may_be_one_character() -> None:
    assert HashTag("||").hashed_part(b"a|b|c") == b"b"
    assert HashTag("||").hashed_part(b"a|b") == b"a|b"
    assert HashTag("||").hashed_part(b"a||b|") == b"a||b|"


@pytest.mark.parametrize("pair", ["", "{", "{}}", "é", "«»", "{\N{FULLWIDTH RIGHT CURLY BRACKET}"])
def test_a_pair_that_is_not_two_ascii_characters_is_refused(pair: str) -> None:
    with pytest.raises(ValueError, match="two ASCII characters"):
        HashTag(pair)
