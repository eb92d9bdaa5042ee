"""Markdown tables that also read well in a terminal."""

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"[-+]?[\d,]+(\.\d+)?%?( \(.*\))?|-|")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Padded, columns of numbers to the right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    to_right = [all(_NUMBER.fullmatch(row[column]) for row in rows) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        aligned = zip(cells, widths, to_right, strict=True)
        return f"| {' | '.join(c.rjust(width) if right else c.ljust(width) for c, width, right in aligned)} |"

    rule = [
        "-" * (width + 1) + (":" if right else "-") for width, right in zip(widths, to_right, strict=True)
    ]
    return "\n".join([line(header), f"|{'|'.join(rule)}|", *(line(row) for row in rows)])
