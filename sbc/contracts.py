"""The old name of what is now in `sbc.plugins`, which documents taught; it goes with 0.2."""

import warnings

from sbc.plugins.data import *  # noqa: F403
from sbc.plugins.engine import *  # noqa: F403
from sbc.plugins.estimator import *  # noqa: F403
from sbc.plugins.generator import *  # noqa: F403

warnings.warn(
    "sbc.contracts is now sbc itself: from sbc import estimator, generator, engine",
    FutureWarning,
    stacklevel=2,
)
