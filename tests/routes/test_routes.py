from proxy.dataplane.call import Call
from proxy.routes.pool_route import PoolRoute
from proxy.routes.prefix_route import PrefixRoute
from tests.routes.calls import Client, Sink, answer, request, value


def _by_first_byte(sinks: list[Sink]) -> PoolRoute:
    return PoolRoute(lambda key: sinks[key[0] % len(sinks)], sinks)


def _sent(line: bytes, route: PoolRoute | PrefixRoute) -> tuple[Client, Call]:
    client = Client()
    call = Call(request(line), client)
    route.send(call)
    return client, call


def test_a_key_goes_untouched_to_the_sink_of_its_key() -> None:
    sinks = [Sink(), Sink()]
    _, call = _sent(b"get b\r\n", _by_first_byte(sinks))
    assert sinks[0].calls == [call]


def test_a_multi_get_that_has_one_backend_goes_there_untouched() -> None:
    sinks = [Sink(), Sink()]
    _, call = _sent(b"get b d b\r\n", _by_first_byte(sinks))
    assert sinks[0].calls == [call]


def test_a_multi_get_is_one_request_per_backend_and_comes_back_in_the_clients_order() -> None:
    sinks = [Sink(), Sink()]
    client, call = _sent(b"get a b c d a\r\n", _by_first_byte(sinks))
    assert sinks[0].wires == [b"get b d\r\n"]
    assert sinks[1].wires == [b"get a c a\r\n"]
    answer(sinks[1].calls[0], value(b"a"), b"", value(b"a"))
    assert client.completed == []
    answer(sinks[0].calls[0], value(b"b"), value(b"d"))
    assert client.completed == [call]
    assert call.reply == b"END\r\n"
    assert b"".join(call.values) == value(b"a") + value(b"b") + value(b"d") + value(b"a")


def test_a_failed_part_makes_the_whole_multi_get_one_error_line_without_values() -> None:
    sinks = [Sink(), Sink()]
    client, call = _sent(b"get a b\r\n", _by_first_byte(sinks))
    answer(sinks[0].calls[0], value(b"b"))
    sinks[1].calls[0].finish(b"SERVER_ERROR backend down\r\n")
    assert client.completed == [call]
    assert call.reply == b"SERVER_ERROR backend down\r\n"
    assert not call.values


def test_a_part_that_fails_as_a_miss_leaves_the_others() -> None:
    sinks = [Sink(), Sink()]
    _, call = _sent(b"get a b\r\n", _by_first_byte(sinks))
    sinks[1].calls[0].fail(b"SERVER_ERROR backend down\r\n", as_miss=True)
    answer(sinks[0].calls[0], value(b"b"))
    assert (call.reply, b"".join(call.values)) == (b"END\r\n", value(b"b"))


def test_parts_that_wait_for_others_are_charged_to_the_client_and_released() -> None:
    sinks = [Sink(), Sink()]
    client, _ = _sent(b"get a b\r\n", _by_first_byte(sinks))
    answer(sinks[0].calls[0], value(b"b"))
    assert client.held == len(value(b"b"))
    answer(sinks[1].calls[0], value(b"a"))
    assert client.held == 0


def test_a_gat_is_split_so_that_no_line_is_too_long_for_a_server() -> None:
    sinks = [Sink()]
    keys = [b"%d%b" % (index, b"k" * 240) for index in range(20)]
    line = b"gat 100 %b\r\n" % b" ".join(keys)
    client, call = _sent(line, _by_first_byte(sinks))
    assert all(wire.startswith(b"gat 100 ") and len(wire) <= 2048 for wire in sinks[0].wires)
    assert sum(len(part.request.keys) for part in sinks[0].calls) == 20
    for part in sinks[0].calls:
        answer(part, *[value(key) for key in part.request.keys])
    assert client.completed == [call]
    assert call.values == [value(key) for key in keys]


def test_flush_all_goes_to_every_backend_and_is_ok_when_all_are() -> None:
    sinks = [Sink(), Sink()]
    client = Client()
    call = Call(request(b"flush_all 10\r\n"), client)
    _by_first_byte(sinks).flush_all(call)
    assert [sink.wires for sink in sinks] == [[b"flush_all 10\r\n"]] * 2
    for sink in sinks:
        sink.calls[0].finish(b"OK\r\n")
    assert (client.completed, call.reply) == ([call], b"OK\r\n")


def test_flush_all_answers_with_the_first_trouble() -> None:
    sinks = [Sink(), Sink()]
    client = Client()
    call = Call(request(b"flush_all\r\n"), client)
    _by_first_byte(sinks).flush_all(call)
    sinks[0].calls[0].finish(b"SERVER_ERROR backend down\r\n")
    sinks[1].calls[0].finish(b"OK\r\n")
    assert (client.completed, call.reply) == ([call], b"SERVER_ERROR backend down\r\n")


def test_the_first_prefix_that_fits_decides() -> None:
    first, second, rest = Sink(), Sink(), Sink()
    route = PrefixRoute([(b"session:", first), (b"s", second)], rest)
    for key in (b"session:1", b"sessio", b"x"):
        _sent(b"get %b\r\n" % key, route)
    assert [sink.wires for sink in (first, second, rest)] == [
        [b"get session:1\r\n"],
        [b"get sessio\r\n"],
        [b"get x\r\n"],
    ]


def test_a_multi_get_over_two_prefixes_is_split_and_gathered_through_both() -> None:
    sinks = [Sink(), Sink(), Sink()]
    pool = _by_first_byte(sinks[:2])
    client, call = _sent(b"get p1 a b p1\r\n", PrefixRoute([(b"p", sinks[2])], pool))
    assert sinks[2].wires == [b"get p1 p1\r\n"]
    answer(sinks[2].calls[0], value(b"p1"), value(b"p1"))
    answer(sinks[1].calls[0], value(b"a"))
    answer(sinks[0].calls[0], b"")
    assert client.completed == [call]
    assert b"".join(call.values) == value(b"p1") + value(b"a") + value(b"p1")


def test_flush_all_reaches_a_route_once_however_many_prefixes_lead_to_it() -> None:
    one, rest = Sink(), Sink()
    client = Client()
    call = Call(request(b"flush_all\r\n"), client)
    PrefixRoute([(b"a", one), (b"b", one)], rest).flush_all(call)
    assert (len(one.calls), len(rest.calls)) == (1, 1)
