"""Repeated events are summarised."""

from typing import Any

from proxy.log import WINDOW, RepeatFilter


class Lines:
    """A logger that keeps its lines: the two methods that the filter calls."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def warning(self, event: str, **details: Any) -> None:
        self.lines.append(("warning", event, details))

    def error(self, event: str, **details: Any) -> None:
        self.lines.append(("error", event, details))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _filter() -> tuple[RepeatFilter, Lines, Clock]:
    lines, clock = Lines(), Clock()
    return RepeatFilter(lines, clock), lines, clock


def test_the_first_of_its_kind_is_told_at_once() -> None:
    notice, lines, _ = _filter()
    notice("lost", backend="a", reason="reset")
    assert lines.lines == [("warning", "lost", {"backend": "a", "reason": "reset"})]


def test_repetitions_within_the_window_make_one_line_with_their_number_and_the_last_details() -> None:
    notice, lines, clock = _filter()
    for reason in ("first", "second", "third"):
        notice("lost", backend="a", reason=reason)
    clock.now += WINDOW
    notice.summarise()
    assert [details for _, _, details in lines.lines] == [
        {"backend": "a", "reason": "first"},
        {"backend": "a", "reason": "third", "repeated": 2},
    ]
    assert notice.is_empty


def test_backends_are_told_apart() -> None:
    notice, lines, _ = _filter()
    notice("lost", backend="a")
    notice("lost", backend="b")
    assert len(lines.lines) == 2


def test_an_event_that_comes_again_after_its_window_is_told_again() -> None:
    notice, lines, clock = _filter()
    notice("lost", backend="a")
    clock.now += WINDOW
    notice("lost", backend="a")
    assert len(lines.lines) == 2


def test_nothing_is_told_of_a_window_without_repetitions() -> None:
    notice, lines, clock = _filter()
    notice("lost", backend="a")
    clock.now += WINDOW
    notice.summarise()
    assert len(lines.lines) == 1


def test_what_is_pending_is_told_at_the_end() -> None:
    notice, lines, _ = _filter()
    notice("lost", backend="a")
    notice("lost", backend="a")
    notice.summarise(everything=True)
    assert lines.lines[-1] == ("warning", "lost", {"backend": "a", "repeated": 1})


def test_an_exception_is_an_error_with_its_cause() -> None:
    notice, lines, _ = _filter()
    cause = ValueError("x")
    notice("crash", exc_info=cause)
    assert lines.lines == [("error", "crash", {"exc_info": cause})]


def test_kinds_of_events_beyond_the_bound_are_told_as_they_come() -> None:
    notice, lines, _ = _filter()
    for index in range(1000):
        notice(f"event {index}")
    for index in range(1000):
        notice(f"event {index}")
    assert 1000 < len(lines.lines) < 2000
