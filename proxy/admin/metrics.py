"""The table of metrics: name, kind, help, and where its value is read."""

from collections.abc import Callable
from typing import Final, NamedTuple

from proxy.dataplane.counters import Counters

COUNTER: Final = "counter"
GAUGE: Final = "gauge"


class Metric(NamedTuple):
    """One row."""

    name: str
    kind: str
    help: str
    read: Callable[[Counters], int]


DATA_PLANE: Final = (
    Metric("clients_accepted", COUNTER, "Client connections accepted", lambda c: c.clients_accepted),
    Metric(
        "clients_refused",
        COUNTER,
        "Client connections refused at proxy.max_connections",
        lambda c: c.clients_refused,
    ),
    Metric(
        "clients_dropped_over_budget",
        COUNTER,
        "Clients closed because proxy.buffer_memory was exhausted and they held most of it",
        lambda c: c.clients_dropped_over_budget,
    ),
    Metric(
        "clients_dropped_stalled",
        COUNTER,
        "Clients closed after proxy.stall_timeout without progress",
        lambda c: c.clients_dropped_stalled,
    ),
    Metric("binary_clients", COUNTER, "Clients closed for the binary protocol", lambda c: c.binary_clients),
    Metric(
        "reading_pauses", COUNTER, "Times a client was not read from for a while", lambda c: c.reading_pauses
    ),
    Metric("bytes_read", COUNTER, "Bytes read from clients", lambda c: c.bytes_read),
    Metric("bytes_written", COUNTER, "Bytes written to clients", lambda c: c.bytes_written),
    Metric("failed_requests", COUNTER, "Requests that no backend answered", lambda c: c.failed_requests),
    Metric(
        "backend_connects", COUNTER, "Connections to backends put into service", lambda c: c.backend_connects
    ),
    Metric(
        "backend_connect_failures",
        COUNTER,
        "Attempts to connect that failed",
        lambda c: c.backend_connect_failures,
    ),
    Metric("backend_losses", COUNTER, "Connections that a backend ended", lambda c: c.backend_losses),
    Metric("backend_timeouts", COUNTER, "Connections given up for a deadline", lambda c: c.backend_timeouts),
    Metric(
        "backend_bad_replies",
        COUNTER,
        "Connections given up for bytes that fit no request",
        lambda c: c.backend_bad_replies,
    ),
    Metric(
        "backend_overloads",
        COUNTER,
        "Requests refused at pools.NAME.max_in_flight",
        lambda c: c.backend_overloads,
    ),
    Metric(
        "backend_retries", COUNTER, "Reads sent once more on a new connection", lambda c: c.backend_retries
    ),
    Metric(
        "fences_closed", COUNTER, "Connections in doubt that came to their end", lambda c: c.fences_closed
    ),
    Metric(
        "fences_forced",
        COUNTER,
        "Connections in doubt that were reset after pools.NAME.fence_timeout",
        lambda c: c.fences_forced,
    ),
    Metric(
        "removed_in_doubt", COUNTER, "Keys deleted because a fence was forced", lambda c: c.removed_in_doubt
    ),
    Metric("crashes", COUNTER, "Unexpected exceptions in the data plane", lambda c: c.crashes),
)
