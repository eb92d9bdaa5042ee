"""Plain integers that the data plane counts in; `proxy.admin` gives them names and help."""

from typing import Final, final

from proxy.protocol.commands import COMMANDS

_FIELDS: Final = (
    "backend_bad_replies",
    "backend_connects",
    "backend_connect_failures",
    "backend_losses",
    "backend_overloads",
    "backend_retries",
    "backend_timeouts",
    "binary_clients",
    "bytes_read",
    "bytes_written",
    "clients_accepted",
    "clients_dropped_over_budget",
    "clients_dropped_stalled",
    "clients_refused",
    "crashes",
    "failed_requests",
    "fences_closed",
    "fences_forced",
    "get_failures",
    "get_misses",
    "reading_pauses",
    "removed_in_doubt",
)


@final
class Counters:
    """Everything the data plane counts since the start or the last ``stats reset``.

    :ivar requests: by `Command.index`; a multi-get counts once for each key
    :ivar clients_open: how many are connected now; not reset
    """

    __slots__ = (*_FIELDS, "clients_open", "requests")

    def __init__(self) -> None:
        self.clients_open = 0
        self.requests = [0] * len(COMMANDS)
        self.backend_bad_replies = 0
        self.backend_connects = 0
        self.backend_connect_failures = 0
        self.backend_losses = 0
        self.backend_overloads = 0
        self.backend_retries = 0
        self.backend_timeouts = 0
        self.binary_clients = 0
        self.bytes_read = 0
        self.bytes_written = 0
        self.clients_accepted = 0
        self.clients_dropped_over_budget = 0
        self.clients_dropped_stalled = 0
        self.clients_refused = 0
        self.crashes = 0
        self.failed_requests = 0
        self.fences_closed = 0
        self.fences_forced = 0
        self.get_failures = 0
        self.get_misses = 0
        self.reading_pauses = 0
        self.removed_in_doubt = 0

    def reset(self) -> None:
        for field in _FIELDS:
            setattr(self, field, 0)
        # In place: the sessions hold the list itself.
        self.requests[:] = [0] * len(self.requests)
