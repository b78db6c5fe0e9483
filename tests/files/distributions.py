"""Every distribution of PyMC in two minimal models: as what is observed, and as what is free."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

I2, I3 = np.eye(2), np.eye(3)
W = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]])
P3 = np.array([0.2, 0.3, 0.5])


def _shifted(m, size):
    return pm.Normal.dist(m, 1, size=size)


def _sde(x, m):
    return m - x, 0.5


def _log_density(value, m):
    return -0.5 * (value - m) ** 2


#: Name to the arguments of a distribution that follows the parameter m, which lies near 0.
ARGUMENTS = {
    "AR": lambda m: {"rho": [0.3 + 0.1 * m], "init_dist": pm.Normal.dist(0, 1), "shape": 6},
    "AsymmetricLaplace": lambda m: {"kappa": 1.5, "mu": m, "b": 1, "shape": 5},
    "Bernoulli": lambda m: {"logit_p": m, "shape": 5},
    "Beta": lambda m: {"alpha": 2 * pt.exp(m), "beta": 3, "shape": 5},
    "BetaBinomial": lambda m: {"n": 5, "alpha": 2 * pt.exp(m), "beta": 2, "shape": 5},
    "Binomial": lambda m: {"n": 5, "logit_p": m, "shape": 5},
    "CAR": lambda m: {"mu": m * np.ones(4), "W": W, "alpha": 0.5, "tau": 2},
    "Categorical": lambda m: {"logit_p": pt.stack([0.0, m, 1.0]), "shape": 5},
    "Cauchy": lambda m: {"alpha": m, "beta": 1, "shape": 5},
    "Censored": lambda m: {"dist": pm.Normal.dist(m, 1, shape=5), "lower": -1, "upper": 1},
    "ChiSquared": lambda m: {"nu": 3 * pt.exp(m), "shape": 5},
    "CustomDist": lambda m: {"__args__": (m,), "dist": _shifted, "shape": 5},
    "DensityDist": lambda m: {"__args__": (m,), "dist": _shifted, "shape": 5},
    "Dirichlet": lambda m: {"a": pt.exp(m) * np.ones(3)},
    "DirichletMultinomial": lambda m: {"n": 6, "a": pt.exp(m) * np.ones(3)},
    "DiscreteUniform": lambda m: {"lower": 0, "upper": 4, "shape": 5},
    "DiscreteWeibull": lambda m: {"q": pm.math.invlogit(m), "beta": 1.2, "shape": 5},
    "EulerMaruyama": lambda m: {
        **{"dt": 0.1, "sde_fn": _sde, "sde_pars": (m,), "init_dist": pm.Normal.dist(0, 1)},
        "shape": 6,
    },
    "ExGaussian": lambda m: {"mu": m, "sigma": 1, "nu": 1, "shape": 5},
    "Exponential": lambda m: {"lam": pt.exp(m), "shape": 5},
    "GARCH11": lambda m: {
        **{"omega": 0.5, "alpha_1": 0.2, "beta_1": 0.3, "initial_vol": pt.exp(m)},
        "shape": 6,
    },
    "Gamma": lambda m: {"alpha": 2 * pt.exp(m), "beta": 1, "shape": 5},
    "GaussianRandomWalk": lambda m: {"mu": m, "init_dist": pm.Normal.dist(0, 1), "shape": 6},
    "Geometric": lambda m: {"p": pm.math.invlogit(m), "shape": 5},
    "Gumbel": lambda m: {"mu": m, "beta": 1, "shape": 5},
    "HalfCauchy": lambda m: {"beta": pt.exp(m), "shape": 5},
    "HalfNormal": lambda m: {"sigma": pt.exp(m), "shape": 5},
    "HalfStudentT": lambda m: {"nu": 4, "sigma": pt.exp(m), "shape": 5},
    "HurdleGamma": lambda m: {"psi": 0.7, "alpha": 2 * pt.exp(m), "beta": 1, "shape": 5},
    "HurdleLogNormal": lambda m: {"psi": 0.7, "mu": m, "sigma": 1, "shape": 5},
    "HurdleNegativeBinomial": lambda m: {"psi": 0.7, "mu": 2 * pt.exp(m), "alpha": 2, "shape": 5},
    "HurdlePoisson": lambda m: {"psi": 0.7, "mu": 2 * pt.exp(m), "shape": 5},
    "HyperGeometric": lambda m: {"N": 20, "k": 8, "n": 6, "shape": 5},
    "Interpolated": lambda m: {
        "x_points": np.array([-2.0, 0.0, 1.0, 3.0]),
        "pdf_points": np.array([0.0, 1.0, 1.0, 0.0]),
    },
    "InverseGamma": lambda m: {"alpha": 4, "beta": 3 * pt.exp(m), "shape": 5},
    "KroneckerNormal": lambda m: {"mu": m * np.ones(4), "covs": [I2, 2 * I2]},
    "Kumaraswamy": lambda m: {"a": 2 * pt.exp(m), "b": 2, "shape": 5},
    "LKJCholeskyCov": lambda m: {
        **{"n": 2, "eta": 2, "sd_dist": pm.Exponential.dist(1), "compute_corr": False},
    },
    "LKJCorr": lambda m: {"n": 3, "eta": 2},
    "Laplace": lambda m: {"mu": m, "b": 1, "shape": 5},
    "LogNormal": lambda m: {"mu": m, "sigma": 0.5, "shape": 5},
    "Logistic": lambda m: {"mu": m, "s": 1, "shape": 5},
    "LogitNormal": lambda m: {"mu": m, "sigma": 1, "shape": 5},
    "MatrixNormal": lambda m: {"mu": m * np.ones((3, 2)), "rowcov": I3, "colcov": I2},
    "Mixture": lambda m: {
        "w": [0.4, 0.6],
        "comp_dists": [
            pm.Normal.dist(m - 1, 1, shape=5),
            pm.StudentT.dist(5, mu=m + 1, sigma=1, shape=5),
        ],
    },
    "Moyal": lambda m: {"mu": m, "sigma": 1, "shape": 5},
    "Multinomial": lambda m: {"n": 6, "p": pm.math.softmax(pt.stack([0.0, m, 1.0]))},
    "MvGaussianRandomWalk": lambda m: {
        **{"mu": m * np.ones(2), "cov": I2, "init_dist": pm.MvNormal.dist(np.zeros(2), I2)},
        "steps": 4,
    },
    "MvNormal": lambda m: {"mu": m * np.ones(2), "cov": I2 + 0.3, "shape": (4, 2)},
    "MvStudentT": lambda m: {"nu": 5, "mu": m * np.ones(2), "scale": I2 + 0.3, "shape": (4, 2)},
    "MvStudentTRandomWalk": lambda m: {
        **{"nu": 5, "mu": m * np.ones(2), "scale": I2},
        "init_dist": pm.MvNormal.dist(np.zeros(2), I2),
        "steps": 4,
    },
    "NegativeBinomial": lambda m: {"mu": 2 * pt.exp(m), "alpha": 2, "shape": 5},
    "Normal": lambda m: {"mu": m, "sigma": 1, "shape": 5},
    "NormalMixture": lambda m: {"w": [0.4, 0.6], "mu": pt.stack([m - 1, m + 1]), "sigma": 1},
    "OrderedLogistic": lambda m: {"eta": m * np.ones(5), "cutpoints": [-1.0, 0.0, 1.0]},
    "OrderedMultinomial": lambda m: {"eta": m, "cutpoints": [-1.0, 0.0, 1.0], "n": 6},
    "OrderedProbit": lambda m: {"eta": m * np.ones(5), "cutpoints": [-1.0, 0.0, 1.0]},
    "Pareto": lambda m: {"alpha": 3 * pt.exp(m), "m": 1, "shape": 5},
    "Poisson": lambda m: {"mu": 2 * pt.exp(m), "shape": 5},
    "PolyaGamma": lambda m: {"h": 2, "z": m, "shape": 3},
    "RandomWalk": lambda m: {
        **{"innovation_dist": pm.Normal.dist(m, 1), "init_dist": pm.Normal.dist(0, 1)},
        "steps": 5,
    },
    "Rice": lambda m: {"nu": pt.exp(m), "sigma": 1, "shape": 5},
    "SkewNormal": lambda m: {"mu": m, "sigma": 1, "alpha": 2, "shape": 5},
    "SkewStudentT": lambda m: {"a": 3, "b": 4, "mu": m, "sigma": 1, "shape": 5},
    "StickBreakingWeights": lambda m: {"alpha": pt.exp(m), "K": 3},
    "StudentT": lambda m: {"nu": 5, "mu": m, "sigma": 1, "shape": 5},
    "Triangular": lambda m: {"lower": -1, "c": 0.2, "upper": 2, "shape": 5},
    "Truncated": lambda m: {"dist": pm.Gamma.dist(3, pt.exp(m), shape=5), "upper": 6},
    "TruncatedNormal": lambda m: {"mu": m, "sigma": 1, "lower": -1, "upper": 2, "shape": 5},
    "Uniform": lambda m: {"lower": -1, "upper": 2, "shape": 5},
    "VonMises": lambda m: {"mu": m, "kappa": 2, "shape": 5},
    "Wald": lambda m: {"mu": pt.exp(m), "lam": 2, "shape": 5},
    "Weibull": lambda m: {"alpha": 2, "beta": pt.exp(m), "shape": 5},
    "Wishart": lambda m: {"nu": 4, "V": I2},
    "ZeroInflatedBinomial": lambda m: {"psi": 0.7, "n": 5, "p": pm.math.invlogit(m), "shape": 5},
    "ZeroInflatedNegativeBinomial": lambda m: {
        **{"psi": 0.7, "mu": 2 * pt.exp(m), "alpha": 2},
        "shape": 5,
    },
    "ZeroInflatedPoisson": lambda m: {"psi": 0.7, "mu": 2 * pt.exp(m), "shape": 5},
    "ZeroSumNormal": lambda m: {"sigma": pt.exp(m), "shape": 4},
    "Flat": lambda m: {"shape": 4},
    "HalfFlat": lambda m: {"shape": 4},
    "ICAR": lambda m: {"W": W},
    "DiracDelta": lambda m: {"c": 1.0, "shape": 2},
}


def made(dist, name, m, **more):
    """State a variable of this distribution."""
    keywords = ARGUMENTS[dist](m)
    arguments = keywords.pop("__args__", ())
    return getattr(pm, dist)(name, *arguments, **keywords, **more)


def drawn(dist):
    """Draw data to be observed, only their shape and kind matter."""
    keywords = ARGUMENTS[dist](pt.constant(0.0))
    arguments = keywords.pop("__args__", ())
    rv = getattr(pm, dist).dist(*arguments, **keywords)
    rv = rv[0] if isinstance(rv, tuple | list) else rv
    return pm.draw(rv, random_seed=1, mode="FAST_COMPILE")


def observed(dist="Normal"):
    """Observe a variable of this distribution, which follows a parameter if it can."""
    data = np.zeros(4) if dist in ("Flat", "HalfFlat", "ICAR") else drawn(dist)
    with pm.Model() as model:
        m = pm.Normal("m", 0, 0.3)
        made(dist, "y", m, observed=data)
    return model


def free(dist="Normal"):
    """Have a parameter of this distribution, and something observed that follows it."""
    with pm.Model() as model:
        x = made(dist, "x", pt.constant(0.0))
        total = x[0] if isinstance(x, tuple | list) else x.sum()
        pm.Normal("y", pt.tanh(total), 1, observed=0.3)
    return model
