"""Time in whole seconds, as memcached keeps it.

memcached counts time in ticks of one second (``current_time``) and an item expires with the tick that equals
its deadline: the true life of an item stored with N seconds lies in (N - 1, N]. A store keeps the same
resolution, so that the flags ``t`` and ``l`` and all expiry agree with a server's. Wherever rounding has a
choice it goes down: an item may be gone up to a second early, never a moment late.
"""

from typing import Final

#: The exptime of an item that does not expire.
NEVER: Final = 0
#: A deadline that is past at every tick: negative exptimes, and dates before the clock started.
PAST: Final = 1
#: The tick at which the clock starts: above PAST, and such that the tick before it is not NEVER.
FIRST_TICK: Final = 2
#: Seconds; a larger exptime is an absolute Unix time.
MAX_RELATIVE: Final = 30 * 24 * 60 * 60
_UINT32: Final = (1 << 32) - 1


def tick_at(now: float) -> int:
    """The tick of `now`, in seconds of a clock that never runs backwards and never was negative."""
    return int(now) + FIRST_TICK


def deadline(exptime: int, now: float, unix_now: float) -> int:
    """The tick at which an item with this exptime is gone.

    :param exptime: as on the wire: 0 never, negative at once, up to 30 days relative, above that absolute
    :param unix_now: seconds of Unix time at the moment `now`
    """
    if exptime == 0:
        return NEVER
    if exptime < 0:
        return PAST
    if exptime <= MAX_RELATIVE:
        return int(now) + FIRST_TICK + exptime
    return max(int(now + (exptime - unix_now)) + FIRST_TICK, PAST)


def remaining(exptime: int, tick: int) -> bytes:
    """The meta flag ``t``: ticks to live, -1 for ever; unsigned 32 bits, so that the past wraps around."""
    if exptime == NEVER:
        return b"t-1"
    return b"t%d" % (exptime - tick & _UINT32)
