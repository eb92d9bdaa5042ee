"""Every test of this directory sees Outrider in front of three memcached, and Outrider with a store of its own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.subject import Subject
from tests.servers import Memcached, Outrider, Wire, pool

HERE = Path(__file__).parent
#: What pylibmc leaves behind on Python 3.13 when it is given no behaviors, as Django and Flask-Caching do.
PYLIBMC = "ignore:Exception ignored in PyMapping_HasKeyString:pytest.PytestUnraisableExceptionWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(PYLIBMC))


@pytest.fixture(scope="session", params=["three memcached", "a store of its own"])
def running_outrider(request: pytest.FixtureRequest) -> Iterator[Outrider]:
    with contextlib.ExitStack() as stack:
        if request.param == "three memcached":
            backends = [stack.enter_context(Memcached()) for _ in range(3)]
            config = pool(*[backend.address for backend in backends], options='timeout = "10s"')
        else:
            config = pool("memory://main")
        outrider = stack.enter_context(Outrider(config))
        outrider.wait_live()
        yield outrider


@pytest.fixture
def outrider(running_outrider: Outrider) -> Outrider:
    """Outrider, with nothing in its cache."""
    with Wire(running_outrider.port) as wire:
        assert wire.ask(b"flush_all\r\n") == b"OK\r\n"
    return running_outrider


@pytest.fixture
def client(request: pytest.FixtureRequest, outrider: Outrider) -> Iterator[Subject]:
    with request.param(outrider.port) as subject:
        yield subject
