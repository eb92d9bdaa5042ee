import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import trio

from proxy.config import Discovery
from proxy.discovery import Settings, Watch, open_resolver
from proxy.discovery.answers import DiscoveryError
from proxy.discovery.dns_resolver import DnsResolver
from proxy.discovery.resolver import SystemResolver
from proxy.errors import StartupError
from tests.discovery.waiting import longest_gap


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets go of the threads that hang, when the test is over."""
    event = threading.Event()
    yield event
    event.set()


async def test_names_are_resolved_as_the_system_does_without_a_life() -> None:
    expected = {entry[4][0] for entry in socket.getaddrinfo("localhost", None)}
    addresses = await SystemResolver().addresses("localhost")
    assert set(addresses.found) == expected
    assert (addresses.ttl, addresses.unknown, addresses.trouble) == (None, frozenset(), "")


@pytest.mark.parametrize("name", ["a..b", "a" * 64, "no such host"])
async def test_what_has_no_address_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(DiscoveryError, match=name):
        await SystemResolver().addresses(name)


async def test_a_resolver_that_hangs_is_given_up_in_time_and_holds_nobody_up(
    release: threading.Event,
) -> None:
    def hang(*_: object, **__: object) -> list[object]:
        release.wait(30)
        return []

    resolver = SystemResolver(hang, timeout=1)
    async with longest_gap() as gap:
        with pytest.raises(DiscoveryError, match="no answer within 1 s"):
            await resolver.addresses("cache.test")
    assert gap() < 0.8


async def test_threads_that_hang_do_not_pile_up(release: threading.Event) -> None:
    started = []

    def hang(*_: object, **__: object) -> list[object]:
        started.append(1)
        release.wait(30)
        return []

    resolver = SystemResolver(hang, timeout=0.02)
    for _ in range(10):
        with pytest.raises(DiscoveryError):
            await resolver.addresses("cache.test")
    assert len(started) == 4


async def test_a_name_whose_addresses_are_gone_is_an_error() -> None:
    with pytest.raises(DiscoveryError, match="has no address"):
        await SystemResolver(lambda *_, **__: []).addresses("cache.test")


async def test_services_take_dnspython_which_is_told_before_anything_runs() -> None:
    resolver = SystemResolver()
    with pytest.raises(DiscoveryError, match="dnspython"):
        await resolver.services("_memcache._tcp.cache.test")
    with pytest.raises(StartupError, match=r"outrider\[dns\]"):
        Watch(
            Discovery(kind="dnssrv", target="_memcache._tcp.cache.test"),
            Settings(ttl_min=5, ttl_max=300, forget_after=30),
            lambda _: None,
            lambda _, **__: None,
            resolver=resolver,
        )


def test_dnspython_is_taken_where_it_is_installed() -> None:
    assert isinstance(open_resolver(), DnsResolver)


def test_without_dnspython_the_system_resolves_and_nothing_else_breaks() -> None:
    script = (
        "import sys; sys.modules['dns'] = None\n"  # as if it were not installed
        "from proxy.discovery import open_resolver\n"
        "print(type(open_resolver()).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "SystemResolver\n"


def test_discovery_can_be_imported_without_loading_dnspython() -> None:
    script = "import sys, proxy.discovery; print('dns' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def test_an_abandoned_look_up_does_not_keep_its_task() -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        release.wait(30)
        return []

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(SystemResolver(hang).addresses, "cache.test")
            await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
    release.set()
