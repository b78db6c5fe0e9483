"""The maximum-likelihood fit that ignores the groups."""

import numpy as np

from sbc import estimator
from sbc.models._likelihood import strict


@estimator(estimands=("beta_XY", "beta_ZY"), control=True, needs=("statsmodels",))
def ml_naive(group, X, Z, Y):
    """Naive, by maximum likelihood: one intercept for all rows, Wald intervals, no priors.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha + beta_XY X_i + beta_ZY Z[group_i]

    Source: A. Agresti 2013, Categorical Data Analysis, 3rd edition, section 5.4.
    """
    from statsmodels.discrete.discrete_model import Logit

    design = np.column_stack([X, Z[group], np.ones(len(X))])
    with strict():
        fit = Logit(Y, design).fit(disp=False)
    return {"beta_XY": (fit.params[0], fit.bse[0]), "beta_ZY": (fit.params[1], fit.bse[1])}
