"""Functions of data that are estimators of theta in `normal_mean.py`'s world, good and bad."""

import numpy as np

import sbc


@sbc.generator(dims={"y": "rows"}, uniform_ranks={"prior": ("wald", "posterior")})
def naming(rng, truth, *, n_rows=5):
    """Draw normal observations of one mean, and name functions whose ranks are to be uniform."""
    return {"y": rng.normal(truth["theta"], 1, size=n_rows)}


@naming.regime
def prior(rng):
    """Draw theta from Normal(0, 1)."""
    return {"theta": rng.normal()}


def wald(y):
    """Give the mean, whose interval covers theta in 95 % of all datasets at any theta."""
    return {"theta": (y.mean(), len(y) ** -0.5)}


def half(y):
    """Claim half the error."""
    return {"theta": (y.mean(), len(y) ** -0.5 / 2)}


def posterior(y, rng):
    """Draw from Normal(sum y / (n + 1), 1 / sqrt(n + 1)), independently."""
    return {"theta": rng.normal(y.sum() / (len(y) + 1), (len(y) + 1) ** -0.5, size=200)}


def narrow(y, rng):
    """Draw from a posterior that is half as wide as it should be."""
    return {"theta": rng.normal(y.sum() / (len(y) + 1), (len(y) + 1) ** -0.5 / 2, size=200)}


@sbc.estimator(estimands=("theta",))
def chains(y, rng, *, budget, shift=0.0):
    """Draw chains as long as the budget has it, so far apart."""
    shape = (budget.chains, budget.draws)
    draws = posterior_draws(y, rng, shape) + shift * np.arange(budget.chains)[:, None]
    return sbc.Draws({"theta": draws}, divergences=budget.draws // 40)


def apart(y, rng):
    """Draw chains that do not meet, without asking what it may cost."""
    return {"theta": posterior_draws(y, rng, (2, 300)) + np.array([[0.0], [9.0]])}


def posterior_draws(y, rng, shape):
    """Draw as `posterior` does."""
    return rng.normal(y.sum() / (len(y) + 1), (len(y) + 1) ** -0.5, size=shape)


def sometimes(y, rng):
    """Fail by chance."""
    if rng.uniform() < 0.4:
        raise ArithmeticError("no luck this time")
    return wald(y)


def never(y):
    """Fail always."""
    raise ArithmeticError("no luck at all")


def writes(y):
    """Spoil the array that it is given, which others get too."""
    found = wald(y)
    y[:] = 1e6
    return found


def nuisance(y):
    """Estimate what the truth does not name as well."""
    return wald(y) | {"sigma": (y.std(), 1.0)}


def text(y):
    """Give no numbers."""
    return {"theta": "about one"}


def misspelt(y):
    """Give the estimate of another name."""
    return {"teta": (0.0, 1.0)}


def too_long(y):
    """Give an estimate for each of three."""
    return {"theta": (np.zeros(3), np.ones(3))}


def number(y):
    """Give a number."""
    return float(y.mean())


def nothing(z):
    """Ask for what there is not."""
    return {"theta": (0.0, 1.0)}


def unsure(y):
    """Have no standard error in half of all datasets, the first that is tried among them."""
    return {"theta": (y.mean(), np.nan if y[0] < 0.2 else 1.0)}
