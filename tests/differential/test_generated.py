"""Hundreds of thousands of generated requests, said to a memcached directly and through Outrider, one seed each run.

``OUTRIDER_REQUESTS`` is how many for each kind of backend, ``OUTRIDER_SEED`` repeats a run.
"""

import os
import random
from typing import Final

import pytest

from tests.differential.episode import explain, run
from tests.differential.exceptions import KINDS

REQUESTS: Final = int(os.environ.get("OUTRIDER_REQUESTS", "240000"))
SEED: Final = os.environ.get("OUTRIDER_SEED") or str(random.SystemRandom().randrange(10**9))
#: Runs on fresh servers: what one of them cannot show any more, because its items are in a certain state, another can.
EPISODES: Final = 8


@pytest.mark.parametrize("episode", range(EPISODES))
@pytest.mark.parametrize("kind", KINDS)
def test_generated_streams_are_answered_alike(kind: str, episode: int) -> None:
    print(f"OUTRIDER_SEED={SEED}")
    count, mismatch = run(kind, f"{SEED}/{episode}", REQUESTS // EPISODES)
    if mismatch is not None:
        pytest.fail(f"OUTRIDER_SEED={SEED}, after {count} requests: {explain(kind, mismatch)}", pytrace=False)
