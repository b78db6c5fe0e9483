"""What several models need, computed from data alone."""

import numpy as np

from sbc.contracts import Array, Data


def group_mean_of_X(data: Data) -> Array:
    """Average X in each group; 0 in a group without rows, which then says nothing."""
    n_groups = len(data["Z"])
    sums = np.bincount(data["group"], weights=data["X"], minlength=n_groups)
    sizes = np.bincount(data["group"], minlength=n_groups)
    return sums / np.maximum(sizes, 1)
