"""A hash of keys, with its name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

WORD: Final = 2**32


@final
@dataclass(frozen=True, slots=True)
class KeyHash:
    """function: from any bytes, none included, to 0 … values - 1.

    name: two hashes of one name give the same numbers.
    """

    name: str
    function: Callable[[bytes], int]
    values: int = WORD
