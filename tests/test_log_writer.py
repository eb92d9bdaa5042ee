"""A log that is read slowly, or not at all, costs lines and nothing else."""

import threading

from proxy.log import Writer
from tests.servers import wait_until


def test_lines_are_written_in_order_and_all_before_the_end() -> None:
    lines: list[bytes] = []
    writer = Writer(lines.append)
    for number in range(100):
        writer.write(f"{number}\n")
    writer.close(5.0)
    assert lines == [b"%d\n" % number for number in range(100)]


def test_a_reader_that_stops_costs_lines_and_never_blocks() -> None:
    may_read = threading.Event()
    writer = Writer(lambda _: may_read.wait(10))
    for _ in range(3000):
        writer.write("line\n")
    assert 1900 < writer.dropped < 2100
    may_read.set()
    writer.close(5.0)


def test_a_line_that_cannot_be_written_is_counted_and_the_next_one_is_tried() -> None:
    lines: list[bytes] = []

    def fail_first(line: bytes) -> None:
        if not lines and not writer.failed:
            raise BrokenPipeError
        lines.append(line)

    writer = Writer(fail_first)
    writer.write("first\n")
    writer.write("second\n")
    wait_until(lambda: lines == [b"second\n"], "the second line is written")
    assert writer.failed == 1
    writer.close(1.0)
