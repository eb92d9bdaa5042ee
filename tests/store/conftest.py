from collections.abc import Callable, Iterator

import pytest

from tests.store.oracle import Memcached, Oracle, SocketOracle, StoreOracle


@pytest.fixture(scope="session")
def memcached() -> Iterator[Memcached]:
    """A real server without its background threads.

    They hold a reference to an item for a moment, during which a counter is not written in place; and they
    move items between queues at times of their own.
    """
    server = Memcached("-o", "no_modern", "-m", "64")
    yield server
    server.stop()


@pytest.fixture
def untouched_memcached() -> Iterator[Memcached]:
    """A real server whose memory has held nothing yet."""
    server = Memcached("-o", "no_modern", "-m", "64")
    yield server
    server.stop()


@pytest.fixture
def connection(memcached: Memcached) -> Iterator[SocketOracle]:
    oracle = memcached.connect()
    oracle.begin()
    yield oracle
    oracle.close()


@pytest.fixture
def new_store() -> Iterator[Callable[..., StoreOracle]]:
    """Makes stores; their structure is checked at the end of the test."""
    made: list[StoreOracle] = []

    def make(**options: object) -> StoreOracle:
        oracle = StoreOracle(**options)  # type: ignore[arg-type]
        made.append(oracle)
        return oracle

    yield make
    for oracle in made:
        assert oracle.store.check() == []


@pytest.fixture(params=["memcached", "store", "store fed bytewise"])
def oracle(request: pytest.FixtureRequest) -> Oracle:
    """Each thing that a contract must hold for."""
    if request.param == "memcached":
        connection: SocketOracle = request.getfixturevalue("connection")
        return connection
    new_store: Callable[..., StoreOracle] = request.getfixturevalue("new_store")
    store = new_store(piece=1 if "bytewise" in request.param else 0)
    store.begin()
    return store
