import pytest

from proxy.config import RateLimit, format_duration, format_size, parse_duration, parse_size
from proxy.config.problems import RefusedError
from proxy.config.units import parse_rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("100us", 0.0001),
        ("200ms", 0.2),
        ("1s", 1.0),
        ("1.5s", 1.5),
        ("10m", 600.0),
        ("2h", 7200.0),
        ("0s", 0.0),
        ("0.25ms", 0.00025),
    ],
)
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("100B", 100),
        ("500KB", 500_000),
        ("64KiB", 65536),
        ("16MiB", 16 * 1024**2),
        ("1GiB", 1024**3),
        ("2TB", 2 * 10**12),
        ("1.5KiB", 1536),
    ],
)
def test_a_size_is_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["0", "200", "1.5"])
def test_a_duration_without_a_unit_is_told_the_units(text: str) -> None:
    with pytest.raises(RefusedError, match="has no unit: write one of us, ms, s, m or h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0", "1024"])
def test_a_size_without_a_unit_is_told_the_units(text: str) -> None:
    with pytest.raises(
        RefusedError, match="has no unit: write one of B, KB, MB, GB, TB, KiB, MiB, GiB or TiB"
    ):
        parse_size(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "-1s",
        "+1s",
        "1 s",
        " 1s",
        "1s ",
        "1s\n",
        "1e3s",
        "1m30s",
        ".5s",
        "1.s",
        "\u0661s",
        "inf",
        "9999h",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "KiB", "-1B", "1 KiB", "0B", "0KiB", "0.5B", "1.0001KiB", "2000TiB", "1Kib"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        parse_size(text)


@pytest.mark.parametrize(("text", "meant"), [("64kib", "64KiB"), ("64kb", "64KB"), ("1mib", "1MiB")])
def test_a_size_in_the_wrong_case_is_put_right(text: str, meant: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse_size(text)
    assert caught.value.suggestion == meant


def test_a_rate_counts_records_or_bytes() -> None:
    assert parse_rate("20000/s") == RateLimit(records_per_s=20000)
    assert parse_rate("10MiB/s") == RateLimit(bytes_per_s=10 * 1024**2)
    assert parse_rate("") is None


@pytest.mark.parametrize("text", ["20000", "10MiB", "0/s", "0B/s", "1/m", "/s", "1.5/s", "-1/s", "1/s/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        parse_rate(text)


@pytest.mark.parametrize("text", ["0s", "100us", "250ms", "1500ms", "1s", "90s", "1m", "36h"])
def test_a_duration_is_shown_as_it_can_be_written(text: str) -> None:
    assert parse_duration(format_duration(parse_duration(text))) == parse_duration(text)


@pytest.mark.parametrize(
    ("size", "shown"), [(1, "1B"), (1024, "1KiB"), (500_000, "500KB"), (1 << 30, "1GiB")]
)
def test_a_size_is_shown_in_its_largest_whole_unit(size: int, shown: str) -> None:
    assert format_size(size) == shown
