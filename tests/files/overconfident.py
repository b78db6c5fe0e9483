"""A model of the tanks with a likelihood that is not that of the data it draws."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from sbc import estimator


def draw(D, eta, rng=None, size=None):
    """Draw survivors as they should be drawn."""
    return rng.binomial(np.asarray(D, int), 1 / (1 + np.exp(-eta)), size=size)


def four_times(S, D, eta):
    """Count every tadpole four times."""
    return 4 * pm.logp(pm.Binomial.dist(D, logit_p=eta), S)


@estimator(estimands=("alpha_bar",))
def counts_tadpoles_four_times(tank, D, S, P):
    """Complete pooling, overconfident by a factor of two."""
    alpha_bar = pm.Normal("alpha_bar", 0, 1.5)
    eta = pt.full_like(D, alpha_bar, dtype="float64")
    pm.CustomDist("S", D, eta, logp=four_times, random=draw, dtype="int64", observed=S)
