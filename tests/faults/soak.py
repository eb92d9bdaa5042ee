"""How long the long runs are: bounded by default, and as long as one likes with OUTRIDER_SOAK set."""

import os
from typing import Final

#: Times the bounded form; ``OUTRIDER_SOAK=20 pytest -m soak`` runs everything twenty times as long.
FACTOR: Final = max(int(os.environ.get("OUTRIDER_SOAK", "1")), 1)
