"""The continuous ranked probability score of posterior draws.

References
----------
.. [1] Gneiting & Raftery (2007), JASA 102:359. doi:10.1198/016214506000001437
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def crps_from_draws(draws: ArrayLike, truth: ArrayLike) -> NDArray[np.float64]:
    """CRPS of the empirical distribution of the draws, in O(S log S).

    mean abs(x_i − theta) − ½ mean abs(x_i − x_j), the second mean over all S² pairs, i = j among
    them: exact for the step function, as ArviZ has it (which reports it negated). The form that
    divides by S (S − 1) is unbiased for the distribution behind the draws, and smaller [1]_.

    Parameters
    ----------
    draws : array_like of shape (..., S)
        Posterior draws, S ≥ 1.
    truth : array_like of shape (...)
        True values, on the scale of the draws.

    Returns
    -------
    array of shape (...)
        Scores ≥ 0 on the scale of the draws, 0 only if every draw is the truth.

    Raises
    ------
    ValueError
        If there are no draws.
    """
    # Taking the truth away first keeps digits when it is large against the posterior's width.
    x = np.sort(np.asarray(draws, dtype=float) - np.asarray(truth, dtype=float)[..., None])
    S = x.shape[-1]
    if S == 0:
        raise ValueError("no draws")
    weight = (2 * np.arange(1, S + 1) - S - 1) / S**2  # Σ weight x = ½ mean abs(x_i − x_j)
    return np.mean(np.abs(x), axis=-1) - x @ weight
