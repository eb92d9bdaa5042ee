"""What clients see of a backend that goes away and comes back: no wrong value, and their other keys at once."""

import contextlib
import time
from collections.abc import Iterator

import pytest
from pymemcache import Client, MemcacheServerError

from tests.clients.roster import ROSTER
from tests.clients.subject import Subject
from tests.servers import Memcached, Outrider, pool, running, wait_until

VALUES = {f"key-{number}": f"value of {number}".encode() for number in range(60)}
SOON = 5.0  # s; far less than any client waits for an answer
HEALTH = '[pools.main.health]\nprobe_interval = "100ms"\nprobe_max = "100ms"'


class Stage:
    """Outrider in front of three memcached, the first of which dies and returns."""

    def __init__(self, on_error: str) -> None:
        self.backends = [Memcached() for _ in range(3)]
        options = f'on_error = "{on_error}"\n{HEALTH}'
        self.outrider = Outrider(pool(*[backend.address for backend in self.backends], options=options))

    def kill_one(self) -> None:
        self.backends[0].kill()
        wait_until(lambda: "down" in self.outrider.stats("backends").values(), "one is down")

    def bring_it_back(self) -> None:
        if not self.backends[0].is_running:
            self.backends[0].start()
        self.outrider.wait_live()


@pytest.fixture(scope="module", params=["error", "miss"])
def running_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    stage = Stage(request.param)
    with running(stage.outrider, *stage.backends):
        yield stage


@pytest.fixture
def stage(running_stage: Stage) -> Stage:
    running_stage.bring_it_back()
    return running_stage


def only(on_error: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("running_stage", [on_error], indirect=True)


def read(client: Subject) -> dict[str, bytes | None]:
    """Every key by itself: None for a miss or an error, whichever this library makes of it."""
    found: dict[str, bytes | None] = dict.fromkeys(VALUES)
    for key in VALUES:
        # Each library raises something else, and some of them nothing.
        with contextlib.suppress(Exception):
            found[key] = client.get(key)
    return found


def write(client: Subject) -> bool:
    """Whether every key was written."""
    with contextlib.suppress(Exception):
        for key, value in VALUES.items():
            client.set(key, value)
        return read(client) == VALUES
    return False


def keeps_its_other_keys(client: Subject, stage: Stage) -> None:
    assert write(client)
    stage.kill_one()
    began = time.monotonic()
    found = read(client)
    assert time.monotonic() - began < SOON
    lost = {key for key, value in found.items() if value is None}
    assert 0 < len(lost) < len(VALUES) * 0.7
    assert all(found[key] == VALUES[key] for key in VALUES.keys() - lost)
    assert read(client) == found


@only("error")
@pytest.mark.parametrize(
    "kind", [kind for kind in ROSTER if kind.takes_server_errors], ids=lambda kind: kind.__name__
)
def test_a_client_that_takes_server_errors_keeps_its_other_keys(kind: type[Subject], stage: Stage) -> None:
    with kind(stage.outrider.port) as client:
        keeps_its_other_keys(client, stage)


@only("miss")
@pytest.mark.parametrize("kind", ROSTER, ids=lambda kind: kind.__name__)
def test_with_misses_for_errors_every_client_keeps_its_other_keys(kind: type[Subject], stage: Stage) -> None:
    with kind(stage.outrider.port) as client:
        keeps_its_other_keys(client, stage)
        present = {key: value for key, value in read(client).items() if value is not None}
        assert client.get_many(list(VALUES)) == present


@only("error")
def test_every_client_has_all_its_keys_again_when_the_backend_is_back(stage: Stage) -> None:
    # emcache would wait for its timeout at every key.
    kinds = [kind for kind in ROSTER if not kind.__name__.startswith("Emcache")]
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(kind(stage.outrider.port)) for kind in kinds]
        assert [type(client).__name__ for client in clients if not write(client)] == []
        stage.kill_one()
        assert [type(client).__name__ for client in clients if read(client) == VALUES] == []
        stage.bring_it_back()
        for client in clients:
            wait_until(lambda client=client: write(client), f"{type(client).__name__} has its keys again")  # type: ignore[misc]


@only("error")
def test_a_key_of_a_dead_backend_is_a_server_error_and_so_is_a_multi_get_with_it(stage: Stage) -> None:
    with contextlib.closing(Client(f"127.0.0.1:{stage.outrider.port}", default_noreply=False)) as client:
        stage.kill_one()
        messages = []
        for key in VALUES:
            try:
                client.set(key, b"v")
            except MemcacheServerError as error:
                messages.append(str(error))
        assert set(messages) == {"b'backend down'"}
        assert len(messages) < len(VALUES)
        with pytest.raises(MemcacheServerError, match="backend down"):
            client.get_many(VALUES)
        assert client.version()
