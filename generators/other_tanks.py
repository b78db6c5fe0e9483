"""Tanks of which a normal population is a wrong description, and tanks that nobody has seen."""

import numpy as np
from numpy.random import Generator

from sbc.plugins.data import Array, Data, Truth
from sbc.plugins.generator import generator


@generator(
    dims={"tank": "rows", "D": "rows", "S": "rows", "P": "tanks", "new": "new_tanks"},
    indexes={"tank": "tanks"},
    bounds={
        **dict.fromkeys(("densities", "tanks_per_density", "new_tanks", "candidates"), (1, np.inf)),
        "sigma": (0, np.inf),
    },
)
def other_tanks(
    rng: Generator,
    truth: Truth,
    *,
    densities=(10, 25, 35),
    tanks_per_density=16,
    new_tanks=20,
    candidates=1,
) -> Data:
    """Other tanks: alpha from laws that are not normal, tanks that are no random sample.

    S_i ~ Binomial(D_i, p_i),  i one row a tank
    logit p_i = alpha[tank_i]
    alpha_j = alpha_bar + sigma e_j
    e_j ~ the regime's law, of mean 0 and variance 1

    Of each `candidates` tanks the one that survives best is kept, and tadpoles are put into it; 1
    is a random sample. New tanks are drawn from the same law and not chosen: p_new is their
    probability of survival. No tank holds predators.

    Source: R. McElreath, Statistical Rethinking 2023, lecture 12.
    """
    D = np.repeat(np.array(densities), tanks_per_density)
    law = LAWS[int(truth["law"])]
    drawn = law(rng, D.size * candidates).reshape(D.size, candidates)
    alpha = truth["alpha_bar"] + truth["sigma"] * np.append(drawn.max(axis=1), law(rng, new_tanks))
    p = 1 / (1 + np.exp(-alpha))
    truth.update(alpha=alpha[: D.size], p_survived=p[: D.size], p_new=p[D.size :])
    return {
        "tank": np.arange(D.size),
        "D": D,
        "S": rng.binomial(D, truth["p_survived"]),
        "P": np.zeros(D.size, dtype=int),
        "new": np.arange(new_tanks),
    }


def standard_normal(rng: Generator, n: int) -> Array:
    """Draw from Normal(0, 1)."""
    return rng.normal(size=n)


def one_of_two(rng: Generator, n: int) -> Array:
    """Draw −1 or 1, either with probability one half."""
    return rng.choice((-1.0, 1.0), size=n)


def student(rng: Generator, n: int) -> Array:
    """Draw from a t with 3 degrees of freedom, whose variance is 3, over the root of 3."""
    return rng.standard_t(3, size=n) / np.sqrt(3)


def shifted_exponential(rng: Generator, n: int) -> Array:
    """Draw 1 − Exponential(1): most tanks do well, a few badly."""
    return 1 - rng.exponential(size=n)


LAWS = (standard_normal, one_of_two, student, shifted_exponential)


def truth_of(law, alpha_bar: float, sigma: float) -> Truth:
    """State a truth; its law is its number in `LAWS`."""
    return {"law": float(LAWS.index(law)), "alpha_bar": alpha_bar, "sigma": sigma}


@other_tanks.regime
def normal(rng: Generator, *, alpha_bar=1.4, sigma=1.6) -> Truth:
    """Tanks differ as the models say."""
    return truth_of(standard_normal, alpha_bar, sigma)


@other_tanks.regime
def two_points(rng: Generator, *, alpha_bar=1.4, sigma=1.6) -> Truth:
    """Tanks are of two kinds."""
    return truth_of(one_of_two, alpha_bar, sigma)


@other_tanks.regime
def thick_tails(rng: Generator, *, alpha_bar=1.4, sigma=1.6) -> Truth:
    """Tanks differ by a t with 3 degrees of freedom."""
    return truth_of(student, alpha_bar, sigma)


@other_tanks.regime
def skewed(rng: Generator, *, alpha_bar=1.4, sigma=1.6) -> Truth:
    """Most tanks do well, and a few badly."""
    return truth_of(shifted_exponential, alpha_bar, sigma)
