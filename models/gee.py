"""Generalised estimating equations."""

import numpy as np

from sbc import estimator
from sbc.models._likelihood import strict


@estimator(estimands=("beta_XY", "beta_ZY"), control=True, needs=("statsmodels",))
def gee(group, X, Z, Y):
    """GEE: one intercept, rows of a group equally correlated, robust standard errors, no priors.

    logit E(Y_i) = alpha + beta_XY X_i + beta_ZY Z[group_i]
    cor(Y_i, Y_k) = rho within a group, 0 between groups

    Its coefficients are population averages: nearer to 0 than those given a group's own log odds,
    and confounded as those of any model that compares groups.

    Source: K.-Y. Liang & S. L. Zeger 1986, doi:10.1093/biomet/73.1.13.
    """
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    design = np.column_stack([X, Z[group], np.ones(len(X))])
    with strict():
        fit = GEE(Y, design, groups=group, family=Binomial(), cov_struct=Exchangeable()).fit()
    if not (fit.converged and np.isfinite(fit.bse).all()):
        raise ValueError("the estimating equations have not converged")
    return {"beta_XY": (fit.params[0], fit.bse[0]), "beta_ZY": (fit.params[1], fit.bse[1])}
