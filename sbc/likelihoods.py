"""The old name of `sbc.plugins.likelihoods`, which documents taught; it goes with release 0.2."""

import warnings

from sbc.plugins.likelihoods import *  # noqa: F403

warnings.warn("sbc.likelihoods is now sbc.plugins.likelihoods", FutureWarning, stacklevel=2)
