"""The estimator with one free intercept a group, and its predictions of new rows."""

import pymc as pm

from sbc import estimator
from sbc.models._helpers import group_mean_of_X


@estimator(estimands=("beta_XY", "by_group", "p_known", "p_new"), derived={"Xbar": group_mean_of_X})
def fixed_new_rows(group, X, Z, Y, Xbar, X_known, X_new, Z_new):
    """Fixed effects, and one more row in every group and in each new group.

    Y_i ~ Bernoulli(p_i)
    logit p_i = by_group[group_i] + beta_XY X_i
    by_group_j = alpha_j + beta_ZY Z_j
    logit p_known_j = by_group_j + beta_XY X_known_j
    logit p_new_m = alpha_new_m + beta_ZY Z_new_m + beta_XY X_new_m
    alpha_j, alpha_new_m ~ Normal(0, 10)
    beta_XY, beta_ZY ~ Normal(0, 1)

    Written in mu_j = by_group_j + beta_XY Xbar_j, as `fixed` is: the same joint distribution,
    easier to sample. Of a new group's intercept the model knows its prior.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    mu = pm.Normal("mu", beta_ZY * Z + beta_XY * Xbar, 10, dims="groups")
    alpha_new = pm.Normal("alpha_new", 0, 10, shape=X_new.shape)
    by_group = pm.Deterministic("by_group", mu - beta_XY * Xbar, dims="groups")
    by_new = alpha_new + beta_ZY * Z_new
    pm.Deterministic("p_known", pm.math.invlogit(by_group + beta_XY * X_known), dims="groups")
    pm.Deterministic("p_new", pm.math.invlogit(by_new + beta_XY * X_new))
    pm.Bernoulli("Y", logit_p=by_group[group] + beta_XY * X, observed=Y)
