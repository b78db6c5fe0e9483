"""``python -m sbc``."""

import sys

from sbc.cli.main import main

sys.exit(main())
