"""A pool whose servers come and go serves by those there are."""

from tests.discovery.endpoint import Endpoint, reply_of
from tests.servers import Memcached, Outrider, Wire, running, wait_until


def _node(server: Memcached, name: str) -> str:
    return f"{name}.test|127.0.0.1|{server.port}"


def _pool(endpoint: Endpoint, options: str = "") -> str:
    return (
        f'[pools.main]\nservers = "elasticache+{endpoint.address}"\n'
        f'ttl_min = "50ms"\nttl_max = "100ms"\nforget_after = "200ms"\n{options}\n'
    )


def _addresses(outrider: Outrider) -> set[str]:
    stats = outrider.stats("backends")
    return {value for name, value in stats.items() if name.endswith(":address")}


def _stored(server: Memcached) -> int:
    with Wire(server.port) as wire:
        reply = wire.ask(b"stats\r\n", b"END\r\n")
    return int(reply.split(b"curr_items ")[1].split()[0])


def _fill(outrider: Outrider, keys: int = 200) -> None:
    with Wire(outrider.port) as wire:
        for index in range(keys):
            assert wire.ask(b"set k%d 0 0 1\r\nx\r\n" % index) == b"STORED\r\n"


def test_keys_follow_the_servers_that_join_and_leave() -> None:
    one, two = Memcached(), Memcached()
    with (
        running(one, two),
        Endpoint(reply_of(1, _node(one, "one"))) as endpoint,
        Outrider(_pool(endpoint)) as outrider,
    ):
        wait_until(lambda: _addresses(outrider) == {one.address}, "the first server is found")
        outrider.wait_live()
        _fill(outrider)
        assert (_stored(one), _stored(two)) == (200, 0)
        endpoint.reply = reply_of(2, _node(one, "one"), _node(two, "two"))
        wait_until(lambda: _addresses(outrider) == {one.address, two.address}, "the second one joins")
        outrider.wait_live()
        _fill(outrider)
        assert _stored(two) > 40
        assert b"the servers of a pool have changed" in outrider.output()
        endpoint.reply = reply_of(3, _node(one, "one"))
        wait_until(lambda: _addresses(outrider) == {one.address}, "it leaves after forget_after")
        _fill(outrider)


def test_before_the_first_answer_its_keys_fail_at_once() -> None:
    with (
        Endpoint(b"ERROR\r\n") as endpoint,
        Outrider(_pool(endpoint)) as outrider,
        Wire(outrider.port) as wire,
    ):
        assert wire.ask(b"get a\r\n") == b"SERVER_ERROR backend down\r\n"
        assert wire.ask(b"get a b\r\n") == b"SERVER_ERROR backend down\r\n"
        assert wire.ask(b"flush_all\r\n") == b"SERVER_ERROR backend down\r\n"


def test_a_source_that_fails_keeps_the_last_good_servers() -> None:
    with (
        Memcached() as one,
        Endpoint(reply_of(1, _node(one, "one"))) as endpoint,
        Outrider(_pool(endpoint)) as outrider,
    ):
        wait_until(lambda: _addresses(outrider) == {one.address}, "the server is found")
        outrider.wait_live()
        endpoint.reply = b"SERVER_ERROR out of order\r\n"
        asked = endpoint.asked
        wait_until(lambda: endpoint.asked > asked + 1, "it is asked in vain")
        _fill(outrider, 10)
        assert _addresses(outrider) == {one.address}


def test_a_reload_keeps_what_was_discovered() -> None:
    with (
        Memcached() as one,
        Endpoint(reply_of(1, _node(one, "one"))) as endpoint,
        Outrider(_pool(endpoint)) as outrider,
    ):
        wait_until(lambda: _addresses(outrider) == {one.address}, "the server is found")
        outrider.wait_live()
        text = outrider.file.read_text()
        outrider.file.write_text(text + 'timeout = "300ms"\n')
        wait_until(lambda: outrider.stats("proxy")["config_reloads"] == "1", "the file is reloaded")
        assert _addresses(outrider) == {one.address}
        _fill(outrider, 10)
        outrider.file.write_text(
            text.split("[pools.main]")[0] + f'[pools.main]\nservers = ["{one.address}"]\n'
        )
        wait_until(lambda: outrider.stats("proxy")["config_reloads"] == "2", "discovery is switched off")
        outrider.wait_live()
        _fill(outrider, 10)
        wait_until(lambda: endpoint.open_connections == 0, "nobody asks any more")
