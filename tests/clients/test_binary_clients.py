"""A client that speaks the binary protocol is told no at once, and the log says what to do."""

import time

import pylibmc
import pytest

from tests.servers import Outrider, pool, wait_until

SECONDS = 3.0


def test_a_binary_client_fails_at_once_and_the_log_says_to_switch_it() -> None:
    with Outrider(pool("memory://main")) as outrider:
        client = pylibmc.Client([f"127.0.0.1:{outrider.port}"], binary=True)
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(pylibmc.Error):
                client.set("k", "v")
            with pytest.raises(pylibmc.Error):
                client.get("k")
            assert time.monotonic() - began < SECONDS
        wait_until(
            lambda: b"binary protocol: switch it to the text protocol" in outrider.output(), "the log says so"
        )
        assert int(outrider.stats("proxy")["binary_clients"]) > 0
        text = pylibmc.Client([f"127.0.0.1:{outrider.port}"])
        assert text.set("k", "v")
        assert text.get("k") == "v"
