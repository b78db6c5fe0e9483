"""The old name of `sbc.plugins.likelihoods`, which documents taught."""

from sbc.plugins.likelihoods import *  # noqa: F403
