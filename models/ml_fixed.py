"""The maximum-likelihood fit with a dummy for each group."""

import numpy as np

from sbc import estimator
from sbc.models._likelihood import informative, refuse_separated, strict


@estimator(estimands=("beta_XY",), control=True, needs=("statsmodels",))
def ml_fixed(group, X, Y):
    """Fixed effects, by maximum likelihood: a dummy for every group, Wald interval, no priors.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha[group_i] + beta_XY X_i

    Groups whose outcomes are all the same are left out: their alpha_j is infinite at the maximum,
    and they say nothing of beta_XY. The effect of Z, which varies between groups only, is part of
    alpha. With few rows a group beta_XY is too far from 0, by a factor of 2 for pairs: each alpha_j
    is estimated from its own group's rows alone.

    Source: J. Neyman & E. L. Scott 1948, doi:10.2307/1914288.
    """
    from statsmodels.discrete.discrete_model import Logit

    refuse_separated(group, X, Y)
    rows = informative(group, Y)
    dummies = (group[rows, None] == np.unique(group[rows])).astype(float)
    with strict():
        fit = Logit(Y[rows], np.column_stack([X[rows], dummies])).fit(disp=False)
    return {"beta_XY": (fit.params[0], fit.bse[0])}
