"""``python -m proxy`` is the program ``outrider``."""

import sys

from proxy.cli import main

sys.exit(main())
