"""Several connections to one backend keep the order of what concerns one item."""

import base64

from tests.servers import Memcached, Outrider, Wire, pool

ROUNDS = 200


def test_connections_are_all_used_and_a_key_is_read_after_its_write() -> None:
    with Memcached() as server, Outrider(pool(server.address, options="connections = 8")) as outrider:
        outrider.wait_live()
        with Wire(outrider.port) as wire:
            for number in range(ROUNDS):
                value = b"%d" % number
                request = b"set k%d 0 0 %d\r\n%b\r\nget k%d\r\n" % (number, len(value), value, number)
                expected = b"STORED\r\nVALUE k%d 0 %d\r\n%b\r\nEND\r\n" % (number, len(value), value)
                assert wire.ask(request, b"END\r\n") == expected
        states = [value for name, value in outrider.stats("backends").items() if name.endswith("state")]
        assert states == ["live"] * 8


def test_what_was_set_before_a_flush_is_not_read_after_it() -> None:
    with Memcached() as server, Outrider(pool(server.address, options="connections = 4")) as outrider:
        outrider.wait_live()
        sets = b"".join(b"set k%d 0 0 1 noreply\r\nx\r\n" % number for number in range(8))
        gets = b"".join(b"get k%d\r\n" % number for number in range(8))
        with Wire(outrider.port) as wire:
            for _ in range(ROUNDS):
                assert wire.ask(sets + b"flush_all\r\n" + gets + b"mn\r\n", b"MN\r\n") == (
                    b"OK\r\n" + b"END\r\n" * 8 + b"MN\r\n"
                )


def test_two_ways_to_write_a_key_share_a_connection() -> None:
    with Memcached() as server, Outrider(pool(server.address, options="connections = 8")) as outrider:
        outrider.wait_live()
        with Wire(outrider.port) as wire:
            for number in range(ROUNDS):
                key = b"key%d" % number
                encoded = base64.b64encode(key)
                request = b"set %b 0 0 3\r\nold\r\nms %b 3 b\r\nnew\r\nget %b\r\n" % (key, encoded, key)
                assert wire.ask(request, b"END\r\n").endswith(b"\r\nnew\r\nEND\r\n")


def test_a_multi_get_over_several_connections_comes_in_the_order_asked() -> None:
    with Memcached() as server, Outrider(pool(server.address, options="connections = 4")) as outrider:
        outrider.wait_live()
        with Wire(outrider.port) as wire:
            keys = [b"k%d" % number for number in range(20)]
            for key in keys:
                assert wire.ask(b"set %b 0 0 1\r\nx\r\n" % key) == b"STORED\r\n"
            reply = wire.ask(b"get %b\r\n" % b" ".join(keys), b"END\r\n")
            assert [line.split()[1] for line in reply.split(b"\r\n") if line.startswith(b"VALUE")] == keys
