"""What is the asyncio clients' own: many requests at a time over few connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomcache
import emcache

from tests.servers import Outrider


@asynccontextmanager
async def connected_emcache(
    outrider: Outrider, *, autobatching: bool = False
) -> AsyncIterator[emcache.Client]:
    client = await emcache.create_client(
        [emcache.MemcachedHostAddress("127.0.0.1", outrider.port)],
        timeout=10.0,
        max_connections=4,
        autobatching=autobatching,
    )
    try:
        yield client
    finally:
        await client.close()


def test_aiomcache_has_many_requests_at_a_time_answered_right(outrider: Outrider) -> None:
    async def work() -> None:
        client = aiomcache.Client("127.0.0.1", outrider.port, pool_size=8)

        async def one(number: int) -> bool:
            key, value = b"k%d" % number, b"%d" % number * 50
            await client.set(key, value)
            return (await client.multi_get(key, b"nothing")) == (value, None)

        assert all(await asyncio.gather(*[one(number) for number in range(300)]))
        await client.close()

    asyncio.run(work())


def test_aiomcache_reads_statistics_and_sections(outrider: Outrider) -> None:
    async def work() -> None:
        client = aiomcache.Client("127.0.0.1", outrider.port)
        stats = await client.stats()
        assert stats[b"pid"] == b"%d" % outrider.pid
        assert (await client.stats(b"settings"))[b"item_size_max"] == b"1048576"
        assert await client.stats(b"items") == {}
        assert (await client.version()).startswith(b"1.6.18")
        await client.close()

    asyncio.run(work())


def test_emcache_has_many_requests_at_a_time_answered_right(outrider: Outrider) -> None:
    async def work() -> None:
        async with connected_emcache(outrider) as client:

            async def one(number: int) -> bool:
                key, value = b"k%d" % number, b"%d" % number * 50
                await client.set(key, value, flags=number)
                items = await client.get_many([key, b"nothing"], return_flags=True)
                return {key: (item.value, item.flags) for key, item in items.items()} == {
                    key: (value, number)
                }

            assert all(await asyncio.gather(*[one(number) for number in range(300)]))

    asyncio.run(work())


def test_emcache_gathers_the_gets_of_a_turn_in_multi_gets(outrider: Outrider) -> None:
    async def work() -> None:
        async with connected_emcache(outrider, autobatching=True) as client:
            for number in range(0, 100, 2):
                await client.set(b"k%d" % number, b"%d" % number, noreply=True)
            await client.set(b"last", b"")
            items = await asyncio.gather(*[client.get(b"k%d" % number) for number in range(100)])
            assert [item and item.value for item in items] == [
                None if number % 2 else b"%d" % number for number in range(100)
            ]

    asyncio.run(work())


def test_emcache_gets_and_touches(outrider: Outrider) -> None:
    async def work() -> None:
        async with connected_emcache(outrider) as client:
            keys = [b"k%d" % number for number in range(40)]
            for key in keys:
                await client.set(key, key)
            one = await client.gat(500, keys[0])
            assert one is not None
            assert one.value == keys[0]
            with_cas = await client.gats(500, keys[1])
            assert with_cas is not None
            assert with_cas.cas is not None
            await client.cas(keys[1], b"changed", with_cas.cas)
            # More keys than a server takes on one line of gat.
            items: Any = await client.gat_many(500, [*keys, b"nothing"])  # its stub is wrong
            assert {key: item.value for key, item in items.items()} == {
                **{key: key for key in keys},
                keys[1]: b"changed",
            }

    asyncio.run(work())


def test_emcache_without_replies_stays_in_step(outrider: Outrider) -> None:
    async def work() -> None:
        client = await emcache.create_client(
            [emcache.MemcachedHostAddress("127.0.0.1", outrider.port)], timeout=10.0, max_connections=1
        )
        await client.set(b"k", b"old", noreply=True)
        await client.set(b"k", bytes(2 * 1024 * 1024), noreply=True)
        await client.set(b"n", b"5", noreply=True)
        await client.increment(b"n", 2, noreply=True)
        await client.touch(b"n", 100, noreply=True)
        await client.delete(b"nothing", noreply=True)
        item = await client.get(b"n")
        assert item is not None
        assert item.value == b"7"
        assert await client.get(b"k") is None
        await client.close()

    asyncio.run(work())
