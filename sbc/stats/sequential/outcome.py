"""What a sequential test may say, and how often it may be wrong."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Outcome = Literal["pass", "fail", "inconclusive"]
ALPHA_FAIL = 0.001
ALPHA_PASS = 0.05
NEVER = np.iinfo(np.int64).max
"""Stands for the data set at which something happened that has not happened."""
