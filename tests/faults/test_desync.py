"""No reply ever answers another request, whatever happens to the backends meanwhile."""

import random
import time

import pytest

from tests.faults.levels import back_to_level
from tests.faults.load import CheckingLoad
from tests.faults.soak import FACTOR
from tests.faults.stage import stage


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2))
def test_many_pipelined_clients_over_backends_that_die_hang_and_return(seed: int) -> None:
    chance = random.Random(seed)
    with stage(4) as on, back_to_level(on.outrider):
        with CheckingLoad(on.port, on.placement, clients=10, depth=40, seed=seed) as load:
            for backend in range(4):
                load.may_lose(backend)
            for _ in range(12 * FACTOR):
                backend = chance.randrange(4)
                server = on.backends[backend]
                if chance.random() < 0.5:
                    server.kill()
                    time.sleep(chance.random() * 0.1)
                    server.start()
                else:
                    server.stop()
                    time.sleep(chance.random() * 0.4)
                    server.resume()
                if chance.random() < 0.5:
                    on.wait_served(backend)
                    load.wait_rounds(2)
            for backend in range(4):
                on.wait_served(backend)
            load.wait_rounds(5)
        assert load.requests > 5000
        assert on.count("backend_bad_replies") == 0


@pytest.mark.soak
def test_with_every_fault_of_the_wire_at_once() -> None:
    chance = random.Random(3)
    with stage(3, relayed=True) as on, back_to_level(on.outrider):
        with CheckingLoad(on.port, on.placement, clients=8, depth=32, seed=3) as load:
            load.may_lose(0)
            relay = on.relay
            for _ in range(15 * FACTOR):
                match chance.randrange(6):
                    case 0:
                        relay.replies.cut_after(chance.randrange(30_000), by_reset=chance.random() < 0.5)
                    case 1:
                        relay.hold_established()
                    case 2:
                        relay.replies.piece = chance.choice((7, 100, 0))
                    case 3:
                        relay.replies.delay = chance.choice((0, 0.02, 0.15))
                    case 4:
                        relay.cut(by_reset=chance.random() < 0.5)
                    case _:
                        relay.refuse()
                        relay.cut(by_reset=True)
                        relay.listen()
                time.sleep(chance.random() * 0.2)
                if chance.random() < 0.5:
                    relay.release()
            relay.release()
            relay.replies.piece = 0
            relay.replies.delay = 0
            relay.replies.bytes_left = None
            on.wait_served(0)
            load.wait_rounds(5)
        assert not load.errors_without(0)
        assert on.count("backend_bad_replies") == 0
