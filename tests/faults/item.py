"""What one client may see of one key that only it writes.

The state is the set of values that the key can have (None: no item). A write that succeeded leaves one value;
one that failed leaves what was possible before and the new one; a read that succeeded leaves what it saw: a write
of unknown outcome has been settled by the time anything else is answered, or the fence is broken.
"""

from typing import Final

#: Replies that say the request was never sent: what it would have written must not be seen.
NEVER_SENT: Final = (b"SERVER_ERROR backend down\r\n", b"SERVER_ERROR backend overloaded\r\n")

Value = bytes | None


class WrongReplyError(AssertionError):
    """A reply that cannot be right, whatever failed."""


class Item:
    """One key.

    :ivar is_lossy: the item may have disappeared at any time: its backend was killed, or a doubtful key deleted
    :ivar misses_lie: a miss may stand for a failed read (``on_error = "miss"``)
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.is_lossy = False
        self.misses_lie = False
        self._possible: set[Value] = {None}
        self._sent: list[Value] = []  # written in this pipeline, not answered yet
        self._seen_early: Value = None
        self._has_seen_early = False

    def start_write(self, value: Value) -> None:
        """A write has been put into the pipeline."""
        self._sent.append(value)

    def end_write(self, reply: bytes, *, succeeded: bool) -> None:
        """The oldest write in the pipeline was answered."""
        value = self._sent.pop(0)
        if self._has_seen_early and value == self._seen_early:
            self._has_seen_early = False
            if succeeded:
                raise WrongReplyError(
                    f"{self.key!r}: a read was overtaken by a write behind it: {value!r:.60}"
                )
        if succeeded:
            self._possible = {value}
        elif reply not in NEVER_SENT:
            self._possible.add(value)

    def end_delete(self, *, found: bool) -> None:
        """The oldest write in the pipeline was a delete, and was answered ``DELETED`` or ``NOT_FOUND``."""
        if not found and None not in self._possible and not self.is_lossy:
            raise WrongReplyError(f"{self.key!r}: not found by a delete; it can be {self._described()}")
        if found and self._possible == {None}:
            raise WrongReplyError(f"{self.key!r}: deleted what was not there")
        self.end_write(b"", succeeded=True)

    def saw(self, value: Value) -> None:
        """A read was answered."""
        if value in self._possible:
            if not (value is None and self.misses_lie):
                self._possible = {value}
        elif value is None and (self.is_lossy or self.misses_lie):
            if not self.misses_lie:
                self._possible = {None}
            else:
                self._possible.add(None)
        elif value in self._sent:
            # A read that went once more on a new connection may see a write sent behind it, if that one failed.
            self._seen_early = value
            self._has_seen_early = True
            self._possible = {value}
        else:
            raise WrongReplyError(f"{self.key!r}: read {value!r:.60}; it can be {self._described()}")

    def _described(self) -> str:
        return " or ".join(f"{value!r:.60}" for value in self._possible)
