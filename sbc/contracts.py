"""The old name of `sbc.plugins.contracts`, which documents taught."""

from sbc.plugins.contracts import *  # noqa: F403
