"""The unobserved group confound of Statistical Rethinking 2023, lecture 12 (bonus)."""

import numpy as np
from numpy.random import Generator

from sbc.plugins.data import Data, Truth
from sbc.plugins.generator import generator


def events(data: Data) -> float:
    """Count the rows with Y = 1."""
    return float(data["Y"].sum())


def degenerate(data: Data) -> float:
    """Say whether all outcomes are the same, so that they tell next to nothing."""
    return float(data["Y"].min() == data["Y"].max())


def group_size(data: Data) -> float:
    """Average the rows per group over the groups that have any."""
    return len(data["group"]) / len(np.unique(data["group"]))


@generator(
    dims={"group": "rows", "X": "rows", "Y": "rows", "Z": "groups", "U": "groups"},
    indexes={"group": "groups"},
    features={"events": events, "degenerate": degenerate, "group_size": group_size},
    uniform_ranks={"prior": ("latent", "latent_plain")},
    bounds={
        **dict.fromkeys(("n_groups", "n_rows"), (1, np.inf)),
        **dict.fromkeys(("rows_per_group", "sd_Z", "sd_X", "sd_U", "sd_beta"), (0, np.inf)),
    },
)
def confound(
    rng: Generator, truth: Truth, *, n_groups=30, n_rows=200, sd_Z=1.0, rows_per_group=0
) -> Data:
    """Unobserved group confound: G→X, G→Y, X→Y, Z→Y, Bernoulli Y.

    group_i ~ Uniform{0..n_groups-1},  Z_j ~ Normal(0, sd_Z)
    u_j ~ Normal(0, 1),                z_j ~ Normal(0, 1)
    X_i ~ Normal(alpha_X + beta_GX u[group_i], sigma_X)
    logit p_i = alpha_bar + tau z[group_i] + beta_GY u[group_i] + beta_XY X_i + beta_ZY Z[group_i]
    Y_i ~ Bernoulli(p_i)

    In the lecture U_j = sd_U u_j moves X and the log odds of Y alike
    (beta_GX = beta_GY = sd_U) and groups differ in nothing else (tau = 0). A group may come out
    empty, unless rows_per_group is set: then each has so many, and n_rows does not count. U =
    beta_GX u is handed out for an estimator that is meant to see it. beta_XbarY = beta_GY / beta_GX
    is what a group's true mean of X adds to its log odds; there is none where beta_GX = 0.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    if rows_per_group:  # by turns, so that a dataset with fewer rows is the beginning of this one
        group = np.arange(n_groups * rows_per_group) % n_groups
    else:
        group = rng.integers(n_groups, size=n_rows)
    Z = rng.normal(0, sd_Z, size=n_groups)
    u = truth["u"] = rng.normal(size=n_groups)
    z = truth["z"] = rng.normal(size=n_groups)
    X = rng.normal(truth["alpha_X"] + truth["beta_GX"] * u[group], truth["sigma_X"])
    if truth["beta_GX"] > 0:
        truth["beta_XbarY"] = truth["beta_GY"] / truth["beta_GX"]
    alpha = truth["alpha_bar"] + truth["tau"] * z + truth["beta_GY"] * u
    eta = alpha[group] + truth["beta_XY"] * X + truth["beta_ZY"] * Z[group]
    Y = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    return {"group": group, "X": X, "Z": Z, "Y": Y, "U": truth["beta_GX"] * u}


def lecture(alpha: float, beta_XY: float, beta_ZY: float, sd_U: float, sd_X: float) -> Truth:
    """State the lecture's truth in the letters of the full model."""
    return {
        "alpha_bar": alpha,
        "tau": 0.0,
        "beta_XY": beta_XY,
        "beta_ZY": beta_ZY,
        "beta_GY": sd_U,
        "alpha_X": 0.0,
        "beta_GX": sd_U,
        "sigma_X": sd_X,
    }


@confound.regime
def effects(rng: Generator, *, alpha=-2.0, sd_beta=1.0, sd_U=1.5, sd_X=1.0) -> Truth:
    """beta_XY and beta_ZY drawn from Normal(0, sd_beta), the rest of the lecture's truth fixed."""
    beta_XY, beta_ZY = rng.normal(0, sd_beta, size=2)
    return lecture(alpha, beta_XY, beta_ZY, sd_U, sd_X)


@confound.regime
def fixed(rng: Generator, *, alpha=-2.0, beta_XY=1.0, beta_ZY=-0.5, sd_U=1.5, sd_X=1.0) -> Truth:
    """One truth, the lecture's, and new data each time."""
    return lecture(alpha, beta_XY, beta_ZY, sd_U, sd_X)


@confound.regime
def prior(rng: Generator) -> Truth:
    """Every parameter drawn from the joint prior of the full generative model (`latent`)."""
    return {
        "alpha_bar": rng.normal(),
        "tau": rng.exponential(),
        "beta_XY": rng.normal(),
        "beta_ZY": rng.normal(),
        "beta_GY": rng.normal(),
        "alpha_X": rng.normal(),
        "beta_GX": rng.exponential(),
        "sigma_X": rng.exponential(),
    }
