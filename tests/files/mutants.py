"""The Mundlak model's own world in NumPy, and copies of the model with one fault each."""

import numpy as np
import pymc as pm

from sbc import estimator, generator
from sbc.models._helpers import group_mean_of_X
from sbc.plugins.likelihoods import BernoulliLogit

FAULTS = (
    "halved_prior",
    "shifted_groups",
    "flipped_Z",
    "dropped_likelihood",
    "wrong_Xbar",
)


@generator(
    dims={"group": "rows", "X": "rows", "Y": "rows", "Z": "groups"},
    indexes={"group": "groups"},
    uniform_ranks={"prior": ("mundlak", "sound", *FAULTS)},
)
def mundlak_world(rng, truth, *, n_groups=30, n_rows=200):
    """Draw X as the lecture does and Y from the Mundlak model given X."""
    group = rng.integers(n_groups, size=n_rows)
    Z = rng.normal(size=n_groups)
    X = rng.normal(1.5 * rng.normal(size=n_groups)[group], 1)
    sums = np.bincount(group, weights=X, minlength=n_groups)
    Xbar = sums / np.maximum(np.bincount(group, minlength=n_groups), 1)
    truth["z"] = rng.normal(size=n_groups)
    alpha = truth["alpha_bar"] + truth["tau"] * truth["z"] + truth["beta_XbarY"] * Xbar
    eta = (alpha + truth["beta_ZY"] * Z)[group] + truth["beta_XY"] * X
    return {"group": group, "X": X, "Z": Z, "Y": rng.binomial(1, 1 / (1 + np.exp(-eta)))}


@mundlak_world.regime
def prior(rng):
    """Draw every parameter from the Mundlak model's prior."""
    names = ("alpha_bar", "beta_XY", "beta_ZY", "beta_XbarY")
    return {**{name: rng.normal() for name in names}, "tau": rng.exponential()}


def state(group, X, Z, Y, Xbar, prior_sd=1.0, sign=1, likelihood=True):
    """State the model, faults and all."""
    alpha_bar = pm.Normal("alpha_bar", 0, 1)
    tau = pm.Exponential("tau", 1)
    z = pm.Normal("z", 0, 1, dims="groups")
    beta_XY = pm.Normal("beta_XY", 0, prior_sd)
    beta_ZY = pm.Normal("beta_ZY", 0, 1)
    beta_XbarY = pm.Normal("beta_XbarY", 0, 1)
    alpha = alpha_bar + tau * z
    eta = (alpha + sign * beta_ZY * Z + beta_XbarY * Xbar)[group] + beta_XY * X
    seen = BernoulliLogit("Y", eta, observed=Y)
    if not likelihood:
        pm.Potential("taken_back", -pm.logp(seen, Y))


mutant = estimator(estimands=("beta_XY", "beta_ZY"), derived={"Xbar": group_mean_of_X})


@mutant
def sound(group, X, Z, Y, Xbar):
    """Have no fault."""
    state(group, X, Z, Y, Xbar)


@mutant
def halved_prior(group, X, Z, Y, Xbar):
    """Believe in small effects of X."""
    state(group, X, Z, Y, Xbar, prior_sd=0.5)


@mutant
def shifted_groups(group, X, Z, Y, Xbar):
    """Take every row for one of the next group."""
    state((group + 1) % Z.shape[0], X, Z, Y, Xbar)


@mutant
def flipped_Z(group, X, Z, Y, Xbar):
    """Get the sign of Z wrong."""
    state(group, X, Z, Y, Xbar, sign=-1)


@mutant
def dropped_likelihood(group, X, Z, Y, Xbar):
    """Return the prior: only a quantity that looks at the data can see it."""
    state(group, X, Z, Y, Xbar, likelihood=False)


@mutant
def wrong_Xbar(group, X, Z, Y, Xbar):
    """Take the mean of X of the group before."""
    state(group, X, Z, Y, pm.math.concatenate([Xbar[-1:], Xbar[:-1]]))
