"""A reload changes what is served without anybody noticing, or changes nothing."""

import signal

from tests.reload.load import Load
from tests.servers import Memcached, Outrider, Wire, pool, running, wait_until

RELOADS = 20


def _rewrite(outrider: Outrider, config: str, proxy: str = "") -> None:
    text = f'[proxy]\nlisten = ["127.0.0.1:{outrider.port}"]\nadmin = ""\n{proxy}\n{config}\n'
    new = outrider.file.with_suffix(".new")
    new.write_text(text)
    new.rename(outrider.file)


def _reload(outrider: Outrider, config: str, proxy: str = "") -> None:
    """Rewrite the file and wait until it was taken."""
    before = outrider.stats("proxy")
    _rewrite(outrider, config, proxy)
    outrider.signal(signal.SIGHUP)
    wait_until(lambda: _reloads(outrider) > int(before["config_reloads"]), "the file is reloaded")


def _reloads(outrider: Outrider) -> int:
    return int(outrider.stats("proxy")["config_reloads"])


def _connections(server: Memcached) -> int:
    with Wire(server.port) as wire:
        reply = wire.ask(b"stats\r\n", b"END\r\n")
    return int(reply.split(b"total_connections ")[1].split()[0])


def _can_be_seen(outrider: Outrider, addresses: set[str]) -> bool:
    stats = outrider.stats("backends")
    return {value for name, value in stats.items() if name.endswith(":address")} == addresses


def test_servers_come_and_go_twenty_times_under_load_and_no_request_fails() -> None:
    one, two = Memcached(), Memcached()
    with running(one, two), Outrider(pool(one.address)) as outrider:
        outrider.wait_live()
        with Load(outrider.port) as load:
            for number in range(RELOADS):
                both = number % 2 == 0
                _reload(outrider, pool(one.address, two.address) if both else pool(one.address))
                asked = load.requests
                wait_until(lambda asked=asked: load.requests > asked + 100, "the load goes on")  # type: ignore[misc]
        failures = [reply for reply in load.failures if not _is_of_a_moved_key(reply)]
        assert failures == []
        assert load.requests > RELOADS * 100


def _is_of_a_moved_key(reply: bytes) -> bool:
    # Between the set and the get of a pair the ring may change: the get then asks the key's new server.
    return reply == b"STORED\r\nEND\r\n" or reply.startswith(b"STORED\r\nVALUE ")


def test_a_backend_that_stays_keeps_its_connection() -> None:
    one, two = Memcached(), Memcached()
    with running(one, two), Outrider(pool(one.address)) as outrider:
        outrider.wait_live()
        before = _connections(one)
        _reload(outrider, pool(one.address, two.address, options='timeout = "300ms"'))
        outrider.wait_live()
        assert _connections(one) == before + 1  # this look itself


def test_a_removed_backend_is_closed_and_its_keys_go_elsewhere() -> None:
    one, two = Memcached(), Memcached()
    with running(one, two), Outrider(pool(one.address, two.address)) as outrider:
        outrider.wait_live()
        _reload(outrider, pool(one.address))
        two.kill()
        with Wire(outrider.port) as wire:
            for index in range(100):
                assert wire.ask(b"set k%d 0 0 1\r\nx\r\n" % index) == b"STORED\r\n"
        assert _can_be_seen(outrider, {one.address})


def test_a_bad_file_changes_nothing_and_says_why() -> None:
    with Memcached() as one, Outrider(pool(one.address)) as outrider:
        outrider.wait_live()
        before = outrider.stats("proxy")
        _rewrite(outrider, f"{pool(one.address)}tmieout = 1")
        outrider.signal(signal.SIGHUP)
        wait_until(lambda: outrider.stats("proxy")["config_reload_failures"] == "1", "the failure is counted")
        after = outrider.stats("proxy")
        assert after["config_hash"] == before["config_hash"]
        assert "tmieout" in after["config_last_error"]
        assert b"the old configuration stays" in outrider.output()
        with Wire(outrider.port) as wire:
            assert wire.ask(b"set a 0 0 1\r\nx\r\n") == b"STORED\r\n"
        _reload(outrider, pool(one.address))
        assert "config_last_error" not in outrider.stats("proxy")


def test_a_config_map_that_kubernetes_swaps_is_noticed_again_and_again() -> None:
    one, two = Memcached(), Memcached()
    with running(one, two), Outrider(pool(one.address)) as outrider:
        outrider.wait_live()
        # The layout of a mounted ConfigMap: file -> ..data/file, ..data -> a directory for each version.
        mount = outrider.directory
        (mount / "link").symlink_to("..data/outrider.toml")
        text = outrider.file.read_text()
        for number in range(3):
            version = mount / f"..version{number}"
            version.mkdir()
            servers = pool(one.address, two.address) if number % 2 == 0 else pool(one.address)
            (version / "outrider.toml").write_text(text.split("[pools")[0] + servers)
            (mount / "..data_tmp").symlink_to(version.name)
            (mount / "..data_tmp").rename(mount / "..data")
            if number == 0:
                (mount / "link").rename(outrider.file)
            wait_until(lambda number=number: _reloads(outrider) == number + 1, "the swap is noticed")  # type: ignore[misc]
        assert _can_be_seen(outrider, {one.address, two.address})


def test_limits_and_the_log_level_change_at_once() -> None:
    with Outrider(pool("memory://m")) as outrider, Wire(outrider.port) as wire:
        assert wire.ask(b"set a 0 0 10\r\n0123456789\r\n") == b"STORED\r\n"
        _reload(outrider, f'{pool("memory://m")}\n[log]\nlevel = "error"', proxy='max_value = "5B"')
        assert wire.ask(b"set a 0 0 10\r\n0123456789\r\n").startswith(b"SERVER_ERROR object too large")
        assert wire.ask(b"get a\r\n") == b"END\r\n"
        size = len(outrider.output())
        _reload(outrider, f'{pool("memory://m")}\n[log]\nlevel = "error"')
        assert len(outrider.output()) == size


def test_what_takes_a_restart_is_said() -> None:
    with Outrider(pool("memory://m")) as outrider:
        _reload(outrider, pool("memory://m"), proxy='socket_mode = "0600"')
        assert b"proxy.socket_mode" in outrider.output()


def test_routes_and_pools_change_together() -> None:
    one, two = Memcached(), Memcached()
    with running(one, two), Outrider(pool(one.address)) as outrider, Wire(outrider.port) as wire:
        outrider.wait_live()
        route = '[[routes]]\nprefix = "s:"\npool = "other"\n'
        _reload(outrider, pool(one.address) + pool(two.address, name="other") + route)
        outrider.wait_live()
        assert wire.ask(b"set s:1 0 0 1\r\nx\r\n") == b"STORED\r\n"
        with Wire(two.port) as direct:
            assert direct.ask(b"get s:1\r\n", b"END\r\n") == b"VALUE s:1 0 1\r\nx\r\nEND\r\n"
        _reload(outrider, pool(one.address))
        assert wire.ask(b"get s:1\r\n", b"END\r\n") == b"END\r\n"


def test_an_unchanged_file_may_be_reloaded() -> None:
    with Outrider(pool("memory://m")) as outrider:
        outrider.signal(signal.SIGHUP)
        wait_until(lambda: _reloads(outrider) == 1, "an unchanged file is reloaded as well")
        assert outrider.is_running
