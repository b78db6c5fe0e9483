"""The dataset on which the lecture shows its confound, number for number."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import expit

from sbc.plugins.data import Data

SEED, N_GROUPS, N_ROWS = 12, 30, 200
ALPHA = -2.0
#: What the five posteriors are held against.
TRUTH = {"beta_XY": 1.0, "beta_ZY": -0.5}


def lecture_data() -> Data:
    """Draw the lecture's dataset: NumPy's legacy generator with seed 12, in the lecture's order.

    group, Z, U, X, Y follow one another on a single stream, as in the bonus section of notebook 12
    of the PyMC port of Statistical Rethinking 2023 (there after ``np.random.seed(12)``, whose
    stream a ``RandomState(12)`` repeats). NumPy keeps this stream frozen; SciPy's generators have
    kept to it so far, and a test would tell.

    Returns
    -------
    dict of str to array
        ``group``, ``X``, ``Y`` of shape (200,); ``Z``, ``U`` of shape (30,). No group is empty.
    """
    legacy = np.random.RandomState(SEED)
    group = legacy.choice(np.arange(N_GROUPS), size=N_ROWS, replace=True)
    Z = stats.norm.rvs(size=N_GROUPS, random_state=legacy)
    U = stats.norm(0, 1.5).rvs(size=N_GROUPS, random_state=legacy)
    X = stats.norm.rvs(U[group], random_state=legacy)
    eta = ALPHA + TRUTH["beta_XY"] * X + U[group] + TRUTH["beta_ZY"] * Z[group]
    Y = stats.bernoulli.rvs(p=expit(eta), random_state=legacy)
    return {"group": group, "X": X, "Z": Z, "Y": Y, "U": U}
