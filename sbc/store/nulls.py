"""Numbers as JSON takes them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Give a NumPy scalar as Python's, and None for a number that is NaN or infinite."""
    found = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(found, float) and not math.isfinite(found) else found
