"""The old name of `sbc.plugins.contracts`, which documents taught; it goes with release 0.2."""

import warnings

from sbc.plugins.contracts import *  # noqa: F403

warnings.warn(
    "sbc.contracts is now sbc itself: from sbc import estimator, generator, engine",
    FutureWarning,
    stacklevel=2,
)
