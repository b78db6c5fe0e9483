"""The group confound of lecture 12, with rows to predict."""

import numpy as np
from numpy.random import Generator

from sbc.generators.confound import confound, lecture
from sbc.plugins.data import Data, Truth
from sbc.plugins.generator import generator


@generator(
    dims={
        **confound.dims,
        "X_known": "groups",
        "X_new": "new_groups",
        "Z_new": "new_groups",
    },
    indexes=confound.indexes,
    bounds={
        **dict.fromkeys(("n_groups", "n_rows", "new_groups"), (1, np.inf)),
        **dict.fromkeys(("sd_U", "sd_X"), (0, np.inf)),
    },
)
def confound_new_rows(
    rng: Generator, truth: Truth, *, n_groups=30, n_rows=200, new_groups=30
) -> Data:
    """Group confound with rows to predict: one more in every group, and one in each new group.

    Truth and data as those of `confound`; then, for one row more in each of them,

    u_m ~ Normal(0, 1), Z_new_m ~ Normal(0, 1) of new groups
    X_known_j ~ Normal(alpha_X + beta_GX u_j, sigma_X),  X_new_m alike
    logit p_known_j = by_group_j + beta_XY X_known_j
    by_group_j = alpha_bar + tau z_j + beta_GY u_j + beta_ZY Z_j,  p_new_m alike

    Xs are handed out, and what is to be predicted is the rows' own probability of Y = 1.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12, bonus.
    """
    data = confound.simulate(
        rng, truth, **{**confound.sizes, "n_groups": n_groups, "n_rows": n_rows}
    )
    u = np.append(truth["u"], rng.normal(size=new_groups))
    z = np.append(truth["z"], rng.normal(size=new_groups))
    Z = np.append(data["Z"], rng.normal(size=new_groups))
    X = rng.normal(truth["alpha_X"] + truth["beta_GX"] * u, truth["sigma_X"])
    by_group = truth["alpha_bar"] + truth["tau"] * z + truth["beta_GY"] * u + truth["beta_ZY"] * Z
    p = 1 / (1 + np.exp(-(by_group + truth["beta_XY"] * X)))
    truth.update(by_group=by_group[:n_groups], p_known=p[:n_groups], p_new=p[n_groups:])
    return data | {"X_known": X[:n_groups], "X_new": X[n_groups:], "Z_new": Z[n_groups:]}


@confound_new_rows.regime
def fixed(rng: Generator, *, alpha=-2.0, beta_XY=1.0, beta_ZY=-0.5, sd_U=1.5, sd_X=1.0) -> Truth:
    """One truth, the lecture's, and new data each time."""
    return lecture(alpha, beta_XY, beta_ZY, sd_U, sd_X)
