"""Kinds of models that people write, each with a simulator that is right and one that is wrong.

A simulator is what the author of a model means, in NumPy. Each wrong one has one fault.
"""

import numpy as np
import pymc as pm
from pymc.distributions.transforms import ordered

X = np.linspace(-1, 1, 24)
GROUP = np.repeat(np.arange(8), 5)
Z = np.tile(np.linspace(-1, 1, 5), 8)
GAPS = np.where(np.isin(np.arange(24), [2, 7, 11]), np.nan, 0.0)


def mixture():
    """Two normals, told apart by their order."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 3, shape=2, transform=ordered, initval=[-1, 1])
        pm.NormalMixture("y", w=[0.4, 0.6], mu=mu, sigma=1, observed=np.linspace(-3, 3, 30))
    return model


def right_mixture(rng, truth, given):
    which = rng.random(30) < 0.6
    return {"y": rng.normal(truth["mu"][which.astype(int)], 1)}


def wrong_mixture(rng, truth, given):
    """The weights are the other way round."""
    which = rng.random(30) < 0.4
    return {"y": rng.normal(truth["mu"][which.astype(int)], 1)}


def censored():
    """Times of which those beyond 2 are only known to be so."""
    with pm.Model() as model:
        rate = pm.Gamma("rate", 3, 3)
        pm.Censored("t", pm.Exponential.dist(rate), lower=None, upper=2.0, observed=np.ones(24))
    return model


def right_censored(rng, truth, given):
    return {"t": np.minimum(rng.exponential(1 / truth["rate"], 24), 2.0)}


def wrong_censored(rng, truth, given):
    """Times beyond 2 were left out, not cut off."""
    times = np.empty(0)
    while len(times) < 24:
        more = rng.exponential(1 / truth["rate"], 24)
        times = np.concatenate([times, more[more < 2]])
    return {"t": times[:24]}


def slopes():
    """Correlated intercepts and slopes."""
    with pm.Model(coords={"effect": ["intercept", "slope"], "group": list("abcdefgh")}) as model:
        sd = pm.HalfNormal.dist(1)
        chol, *_ = pm.LKJCholeskyCov("chol", n=2, eta=2, sd_dist=sd)
        z = pm.Normal("z", 0, 1, dims=("effect", "group"))
        ab = pm.Deterministic("ab", pm.math.dot(chol, z), dims=("effect", "group"))
        y = ab[0, GROUP] + ab[1, GROUP] * Z
        pm.Normal("y", y, 1.5, observed=np.zeros(40))
    return model


def _cholesky(packed):
    found = np.zeros((2, 2))
    found[np.tril_indices(2)] = packed
    return found


def right_slopes(rng, truth, given):
    a, b = _cholesky(truth["chol"]) @ truth["z"]
    return {"y": rng.normal(a[GROUP] + b[GROUP] * Z, 1.5)}


def wrong_slopes(rng, truth, given):
    """Intercepts and slopes are drawn apart from each other and share one sd."""
    a, b = _cholesky(truth["chol"])[0, 0] * truth["z"]
    return {"y": rng.normal(a[GROUP] + b[GROUP] * Z, 1.5)}


def autoregressive():
    """A series that forgets."""
    with pm.Model() as model:
        rho = pm.Uniform("rho", -0.9, 0.9)
        start = pm.Normal.dist(0, 1)
        pm.AR("y", rho, sigma=1, init_dist=start, ar_order=1, observed=np.zeros(40))
    return model


def _series(rng, rho):
    y = [rng.normal()]
    for _ in range(39):
        y.append(rng.normal(rho * y[-1], 1))
    return np.array(y)


def right_autoregressive(rng, truth, given):
    return {"y": _series(rng, truth["rho"])}


def wrong_autoregressive(rng, truth, given):
    """Half of the noise is that of measuring."""
    return {"y": (_series(rng, truth["rho"]) + rng.normal(size=40)) / 2**0.5}


def zero_inflated():
    """Counts, some of which are not made at all."""
    with pm.Model() as model:
        psi = pm.Beta("psi", 4, 2)
        mu = pm.Gamma("mu", 6, 2)
        pm.ZeroInflatedPoisson("n", psi=psi, mu=mu, observed=np.zeros(30, int))
    return model


def right_zero_inflated(rng, truth, given):
    made = rng.random(30) < truth["psi"]
    return {"n": rng.poisson(truth["mu"], 30) * made}


def wrong_zero_inflated(rng, truth, given):
    """psi is taken for the share of zeros."""
    made = rng.random(30) > truth["psi"]
    return {"n": rng.poisson(truth["mu"], 30) * made}


def ordinal():
    """Ratings from 0 to 3."""
    with pm.Model() as model:
        beta = pm.Normal("beta", 0, 1)
        cut = pm.Normal("cut", 0, 1.5, shape=3, transform=ordered, initval=[-1, 0, 1])
        observed = np.arange(24) % 4
        pm.OrderedLogistic("rating", eta=beta * X, cutpoints=cut, observed=observed)
    return model


def _rate(rng, eta, cut):
    latent = eta + rng.logistic(size=24)
    return (latent[:, None] > cut).sum(axis=1)


def right_ordinal(rng, truth, given):
    return {"rating": _rate(rng, truth["beta"] * X, truth["cut"])}


def wrong_ordinal(rng, truth, given):
    """The sign of the predictor is the other one."""
    return {"rating": _rate(rng, -truth["beta"] * X, truth["cut"])}


def gaussian_process():
    """A smooth function, its values latent."""
    with pm.Model() as model:
        scale = pm.Gamma("scale", 6, 6)
        cov = scale**2 * pm.gp.cov.ExpQuad(1, ls=0.5)
        f = pm.gp.Latent(cov_func=cov).prior("f", X[::2, None], jitter=1e-6)
        pm.Normal("y", f, 0.3, observed=np.zeros(12))
    return model


def _smooth(rng, truth, ls):
    x = X[::2]
    cov = truth["scale"] ** 2 * np.exp(-0.5 * (x[:, None] - x) ** 2 / ls**2) + 1e-6 * np.eye(12)
    return np.linalg.cholesky(cov) @ truth["f_rotated_"]


def right_gaussian_process(rng, truth, given):
    return {"y": rng.normal(_smooth(rng, truth, 0.5), 0.3)}


def wrong_gaussian_process(rng, truth, given):
    """The noise is twice as large."""
    return {"y": rng.normal(_smooth(rng, truth, 0.5), 0.6)}


def gaps():
    """Three outcomes are missing, and imputed."""
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        b = pm.Normal("b", 0, 1)
        pm.Normal("y", a + b * X, 1, observed=GAPS)
    return model


def right_gaps(rng, truth, given):
    return {"y": rng.normal(truth["a"] + truth["b"] * X, 1)}


def wrong_gaps(rng, truth, given):
    """What is not missing is larger by a half."""
    return {"y": rng.normal(truth["a"] + truth["b"] * X, 1) + 0.5}


def soft_constraint():
    """A Potential holds two parameters together."""
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1)
        b = pm.Normal("b", 0, 1)
        pm.Potential("close", -0.5 * ((a - b) / 0.3) ** 2)
        pm.Normal("y", a + b * X, 1, observed=np.zeros(24))
    return model


def right_soft_constraint(rng, truth, given):
    return {"y": rng.normal(truth["a"] + truth["b"] * X, 1)}


def wrong_soft_constraint(rng, truth, given):
    """The slope counts twice."""
    return {"y": rng.normal(truth["a"] + 2 * truth["b"] * X, 1)}


def changepoint():
    """A discrete parameter: when the rate changes."""
    with pm.Model() as model:
        when = pm.DiscreteUniform("when", 0, 24)
        early = pm.Exponential("early", 0.5)
        late = pm.Exponential("late", 0.5)
        rate = pm.math.switch(when > np.arange(24), early, late)
        pm.Poisson("n", rate, observed=np.ones(24, int))
    return model


def right_changepoint(rng, truth, given):
    rate = np.where(truth["when"] > np.arange(24), truth["early"], truth["late"])
    return {"n": rng.poisson(rate)}


def wrong_changepoint(rng, truth, given):
    """Early and late are the other way round."""
    rate = np.where(truth["when"] > np.arange(24), truth["late"], truth["early"])
    return {"n": rng.poisson(rate)}


def pairs():
    """Pairs with an unknown correlation."""
    with pm.Model() as model:
        rho = pm.Uniform("rho", -0.9, 0.9)
        mu = pm.Normal("mu", 0, 1, shape=2)
        cov = pm.math.stack([pm.math.stack([1.0, rho]), pm.math.stack([rho, 1.0])])
        pm.MvNormal("y", mu, cov=cov, observed=np.zeros((20, 2)))
    return model


def right_pairs(rng, truth, given):
    cov = [[1, truth["rho"]], [truth["rho"], 1]]
    return {"y": rng.multivariate_normal(truth["mu"], cov, 20)}


def wrong_pairs(rng, truth, given):
    """The matrix is taken for one of precisions."""
    cov = np.linalg.inv([[1, truth["rho"]], [truth["rho"], 1]])
    return {"y": rng.multivariate_normal(truth["mu"], cov, 20)}


def whole_numbers(score, hours):
    """A line through data that a file holds as whole numbers."""
    a = pm.Normal("a", 0, 3)
    b = pm.Normal("b", 0, 1)
    sigma = pm.Exponential("sigma", 1)
    pm.Normal("points", a + b * hours, sigma, observed=score)


def right_whole_numbers(rng, truth, given):
    mean = truth["a"] + truth["b"] * given["hours"]
    return {"score": rng.normal(mean, truth["sigma"])}


def wrong_whole_numbers(rng, truth, given):
    """What is simulated is rounded down, as a table may hold it."""
    return {"score": np.floor(right_whole_numbers(rng, truth, given)["score"])}


def random_walk():
    """A latent level that wanders."""
    with pm.Model() as model:
        step = pm.Gamma("step", 4, 8)
        start = pm.Normal.dist(0, 1)
        level = pm.GaussianRandomWalk("level", 0, step, init_dist=start, steps=14)
        pm.Normal("y", level, 0.5, observed=np.zeros(15))
    return model


def right_random_walk(rng, truth, given):
    return {"y": rng.normal(truth["level"], 0.5)}


def wrong_random_walk(rng, truth, given):
    """Each level is seen a step late."""
    return {"y": rng.normal(np.roll(truth["level"], 1), 0.5)}


def survival():
    """Weibull times, cut off at 3."""
    with pm.Model() as model:
        alpha = pm.Gamma("alpha", 8, 5)
        beta = pm.Gamma("beta", 8, 4)
        times = pm.Weibull.dist(alpha, beta)
        pm.Censored("t", times, lower=None, upper=3.0, observed=np.ones(30))
    return model


def right_survival(rng, truth, given):
    return {"t": np.minimum(truth["beta"] * rng.weibull(truth["alpha"], 30), 3.0)}


def wrong_survival(rng, truth, given):
    """The scale is taken for a rate."""
    return {"t": np.minimum(rng.weibull(truth["alpha"], 30) / truth["beta"], 3.0)}
