"""All clients of the contract."""

from typing import Final

import pytest

from tests.clients import (
    asyncio_subjects,
    framework_subjects,
    pylibmc_subjects,
    pymemcache_subjects,
    python_memcached_subject,
)
from tests.clients.subject import Subject

ROSTER: Final[tuple[type[Subject], ...]] = (
    pymemcache_subjects.Pymemcache,
    pymemcache_subjects.PymemcacheWithReplies,
    pymemcache_subjects.PymemcachePooled,
    pymemcache_subjects.PymemcacheHash,
    pymemcache_subjects.PymemcacheHashPooled,
    pylibmc_subjects.Pylibmc,
    pylibmc_subjects.PylibmcNonBlocking,
    pylibmc_subjects.PylibmcKetama,
    pylibmc_subjects.PylibmcKetamaWeighted,
    pylibmc_subjects.PylibmcNoReply,
    python_memcached_subject.PythonMemcached,
    asyncio_subjects.Aiomcache,
    asyncio_subjects.Emcache,
    asyncio_subjects.EmcacheBatching,
    framework_subjects.DjangoPymemcache,
    framework_subjects.DjangoPylibmc,
    framework_subjects.DogpilePymemcache,
    framework_subjects.DogpilePylibmc,
    framework_subjects.FlaskCaching,
)


def clients_that(*verbs: str, tell: bool = False) -> pytest.MarkDecorator:
    """Run the test once for every client that can do this, as the fixture `client`.

    :param tell: only those whose writes say how they ended
    """
    chosen = [kind for kind in ROSTER if kind.can(*verbs) and (kind.tells or not tell)]
    assert chosen, verbs
    return pytest.mark.parametrize("client", chosen, indirect=True, ids=lambda kind: kind.__name__)
