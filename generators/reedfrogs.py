"""The reed-frog tanks of Vonesh & Bolker 2005, Statistical Rethinking 2023, lecture 12."""

import numpy as np
from numpy.random import Generator

from sbc.plugins.data import Array, Data, Truth
from sbc.plugins.generator import generator

#: Survivors in the 48 real tanks: densities of 10, 25 and 35 tadpoles, and for each the tanks
#: without predators (4 of big tadpoles, 4 of small ones), then those with predators, alike.
REAL_SURVIVORS = (
    *(9, 10, 7, 10, 9, 9, 10, 9, 4, 9, 7, 6, 7, 5, 9, 9),
    *(24, 23, 22, 25, 23, 23, 23, 21, 6, 13, 4, 9, 13, 20, 8, 10),
    *(34, 33, 33, 31, 31, 35, 33, 32, 4, 12, 13, 14, 22, 12, 31, 17),
)
DENSITIES = (10, 25, 35)


def density(data: Data) -> Array:
    """Give the tadpoles in each tank."""
    tadpoles = np.zeros(len(data["P"]))
    tadpoles[data["tank"]] = data["D"]
    return tadpoles


def predators(data: Data) -> Array:
    """Say of each tank whether it holds predators."""
    return data["P"].astype(float)


def survivors(data: Data) -> float:
    """Give the share of all tadpoles that survived."""
    return data["S"].sum() / data["D"].sum()


def design(densities: tuple[int, ...], tanks_per_density: int, predator_share: float) -> Data:
    """Lay out the tanks: the densities one after another, in each the tanks with predators last."""
    if not 0 <= predator_share <= 1:
        raise ValueError(f"predator_share must lie between 0 and 1, not {predator_share:g}")
    with_predators = round(predator_share * tanks_per_density)
    P = np.arange(tanks_per_density) >= tanks_per_density - with_predators
    D = np.repeat(np.array(densities), tanks_per_density)
    return {"tank": np.arange(D.size), "D": D, "P": np.tile(P.astype(int), len(densities))}


def real_data() -> Data:
    """Give the real experiment."""
    return design(DENSITIES, 16, 0.5) | {"S": np.array(REAL_SURVIVORS)}


@generator(
    dims={"tank": "rows", "D": "rows", "S": "rows", "P": "tanks"},
    indexes={"tank": "tanks"},
    features={"density": density, "predators": predators, "survivors": survivors},
    uniform_ranks={
        "prior": ("tanks_predator", "tanks_predator_centred", "tanks_predator_noncentred"),
    },
    bounds={
        **dict.fromkeys(("densities", "tanks_per_density"), (1, np.inf)),
        **{"predator_share": (0, 1), "sigma": (0, np.inf)},
    },
    real=real_data,
)
def reedfrogs(
    rng: Generator, truth: Truth, *, densities=DENSITIES, tanks_per_density=16, predator_share=0.5
) -> Data:
    """Reed-frog tanks: tadpoles that survive, tanks that differ, predators in some.

    S_i ~ Binomial(D_i, p_i),  i one row a tank
    logit p_i = alpha[tank_i] + beta_P P[tank_i]
    alpha_j = alpha_bar + sigma z_j,  z_j ~ Normal(0, 1)

    Every density is kept in tanks_per_density tanks, of which the share predator_share (rounded to
    whole tanks) holds predators. As they stand, densities and shares are those of the experiment.

    Sources: J. R. Vonesh & B. M. Bolker 2005, doi:10.1890/04-0535;
    R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    data = design(densities, tanks_per_density, predator_share)
    z = truth["z"] = rng.normal(size=len(data["P"]))
    alpha = truth["alpha"] = truth["alpha_bar"] + truth["sigma"] * z
    p = truth["p_survived"] = 1 / (1 + np.exp(-(alpha + truth["beta_P"] * data["P"])))
    return data | {"S": rng.binomial(data["D"], p[data["tank"]])}


@reedfrogs.regime
def prior(rng: Generator) -> Truth:
    """Every parameter drawn from the joint prior of the model with predators (`tanks_predator`)."""
    return {
        "alpha_bar": rng.normal(0, 1.5),
        "sigma": rng.exponential(),
        "beta_P": rng.normal(0, 0.5),
    }


@reedfrogs.regime
def fixed(rng: Generator, *, alpha_bar=2.7, sigma=0.8, beta_P=-2.7) -> Truth:
    """Values near what the real tanks say: one truth, new tanks and new tadpoles each time."""
    return {"alpha_bar": alpha_bar, "sigma": sigma, "beta_P": beta_P}
