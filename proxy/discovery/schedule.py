"""When a source is asked again. Pure: the lots that spread the askers are drawn elsewhere.

After an answer: when its time to live has passed, kept between `ttl_min` and `ttl_max` and lengthened by up to a
quarter, for a cache between us and the source ends the lives of its copies for everyone at the same moment. (Where
`ttl_max` leaves no room above, the span lies below it.) After a failure: soon, then less and less often.
"""

from dataclasses import dataclass
from typing import Final, final

_SPREAD: Final = 1.25
_RETRY_FIRST: Final = 1.0  # s; a sidecar often starts before the network of its pod does
_RETRY_MAX: Final = 30.0  # s; how long the end of an outage may go unnoticed


@final
@dataclass(frozen=True, slots=True)
class Schedule:
    """Both bounds in seconds, 0 < ttl_min <= ttl_max."""

    ttl_min: float
    ttl_max: float

    def after_answer(self, ttl: float | None, lot: float) -> float:
        """Seconds to the next look-up.

        :param ttl: of the answer, in seconds; None where the source tells none: as if it were `ttl_min`
        :param lot: 0 <= lot < 1
        """
        life = self.ttl_min if ttl is None else min(max(ttl, self.ttl_min), self.ttl_max)
        longest = min(life * _SPREAD, self.ttl_max)
        shortest = max(longest / _SPREAD, self.ttl_min)
        return shortest + (longest - shortest) * lot

    def after_failure(self, failures: int, lot: float) -> float:
        """Seconds to the next look-up.

        :param failures: in a row, the last one included
        :param lot: 0 <= lot < 1
        """
        first = min(_RETRY_FIRST, self.ttl_min)
        longest = min(first * 2.0 ** min(failures - 1, 32), _RETRY_MAX, self.ttl_max)
        return longest * (1 - (1 - 1 / _SPREAD) * lot)
