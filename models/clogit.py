"""Conditional logistic regression."""

from sbc import estimator
from sbc.models._likelihood import informative, refuse_separated, strict


@estimator(estimands=("beta_XY",), control=True, needs=("statsmodels",))
def clogit(group, X, Y):
    """Conditional logit: maximum likelihood given each group's number of events, no priors.

    Y_i ~ Bernoulli(p_i)
    logit p_i = alpha[group_i] + beta_XY X_i
    sum of Y over group j: given, for every j

    Given these sums the likelihood is free of alpha, so that however few rows a group has, beta_XY
    does not suffer from intercepts that are estimated badly. Groups whose outcomes are all the same
    say nothing. The effect of Z, which varies between groups only, is part of alpha.

    Source: G. Chamberlain 1980, doi:10.2307/2297110.
    """
    from statsmodels.discrete.conditional_models import ConditionalLogit

    refuse_separated(group, X, Y)
    rows = informative(group, Y)
    with strict():
        fit = ConditionalLogit(Y[rows], X[rows, None], groups=group[rows]).fit(disp=False)
    return {"beta_XY": (fit.params[0], fit.bse[0])}
