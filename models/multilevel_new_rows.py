"""The multilevel estimator, and its predictions of new rows."""

import pymc as pm

from sbc import estimator


@estimator(estimands=("beta_XY", "by_group", "p_known", "p_new"))
def multilevel_new_rows(group, X, Z, Y, X_known, X_new, Z_new):
    """Multilevel, and one more row in every group and in each new group.

    Y_i ~ Bernoulli(p_i)
    logit p_i = by_group[group_i] + beta_XY X_i
    by_group_j = alpha_bar + tau z_j + beta_ZY Z_j
    logit p_known_j = by_group_j + beta_XY X_known_j
    logit p_new_m = alpha_bar + tau z_new_m + beta_ZY Z_new_m + beta_XY X_new_m
    z_j, z_new_m ~ Normal(0, 1)
    alpha_bar ~ Normal(0, 1)
    tau ~ Exponential(1)
    beta_XY, beta_ZY ~ Normal(0, 1)

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, dims="groups")
    z_new = pm.Normal("z_new", 0, 1, shape=X_new.shape)
    beta_XY = pm.Normal("beta_XY", 0, 1)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    by_group = pm.Deterministic("by_group", alpha_bar + tau * z + beta_ZY * Z, dims="groups")
    by_new = alpha_bar + tau * z_new + beta_ZY * Z_new
    pm.Deterministic("p_known", pm.math.invlogit(by_group + beta_XY * X_known), dims="groups")
    pm.Deterministic("p_new", pm.math.invlogit(by_new + beta_XY * X_new))
    pm.Bernoulli("Y", logit_p=by_group[group] + beta_XY * X, observed=Y)
