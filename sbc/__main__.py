"""``python -m sbc``."""

import sys

from sbc.cli.start import start

sys.exit(start())
