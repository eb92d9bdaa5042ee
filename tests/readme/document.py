"""README.md, taken apart: its commands, its configurations, its table."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of that language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Every line of every ``sh`` block."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def table(first_column: str) -> dict[str, str]:
    """The rows of the table with this heading: the first column, and the second."""
    lines = README.split(f"| {first_column} |", 1)[1].splitlines()[2:]
    rows = [line.strip("|").split("|") for line in lines[: lines.index("")]]
    return {first.strip(): second.strip() for first, second in rows}


def links() -> list[str]:
    """The files of this repository that it refers to."""
    return re.findall(r"\]\(([^):#]+)\)", README)
