"""Functions that are estimators: a least-squares fit, a bootstrap, and models in NumPyro and Stan.

All of them are about the confound: group, X, Y of a dataset, and the effect beta_XY.
"""

from functools import cache

import numpy as np
from scipy.special import expit

import sbc


def probability(group, X, Y):
    """Least squares on what differs within groups, divided by the variance of the outcomes."""
    sizes = np.bincount(group)
    x, y = (v - (np.bincount(group, weights=v) / np.maximum(sizes, 1))[group] for v in (X, Y))
    slope = (x @ y) / (x @ x)
    errors = y - slope * x
    df = len(Y) - np.count_nonzero(sizes) - 1
    se = np.sqrt(errors @ errors / df / (x @ x))
    scale = Y.mean() * (1 - Y.mean())
    return {"beta_XY": sbc.Estimated(slope / scale, se=se / scale, df=df)}


def slope(group, X, Y):
    """Maximise the likelihood given each group's mean of X, by Newton's steps."""
    means = np.bincount(group, weights=X) / np.maximum(np.bincount(group), 1)
    design = np.column_stack([X, means[group], np.ones(len(X))])
    beta = np.zeros(3)
    for _ in range(50):
        p = expit(design @ beta)
        step = np.linalg.solve((design.T * (p * (1 - p))) @ design, design.T @ (Y - p))
        beta += step
        if abs(step).max() < 1e-8:
            return beta[0]
    raise RuntimeError("the likelihood has no maximum")


def bootstrap(group, X, Y, rng, repeats=200):
    """Draw whole groups with replacement, and fit to each of these datasets."""
    members = [np.flatnonzero(group == j) for j in np.unique(group)]
    found = []
    for _ in range(repeats):
        drawn = [members[j] for j in rng.integers(len(members), size=len(members))]
        rows = np.concatenate(drawn)
        anew = np.repeat(np.arange(len(drawn)), [len(one) for one in drawn])
        found.append(slope(anew, X[rows], Y[rows]))
    return {"beta_XY": np.array(found)}


@cache
def compiled(chains, tune, draws):
    """Make the model and its sampler once a process."""
    import jax
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

    def model(group, X, Xbar, Y):
        alpha = numpyro.sample("alpha", dist.Normal(0, 1))
        tau = numpyro.sample("tau", dist.Exponential(1))
        beta = numpyro.sample("beta_XY", dist.Normal(0, 1))
        beta_bar = numpyro.sample("beta_XbarY", dist.Normal(0, 1))
        with numpyro.plate("groups", len(Xbar)):
            z = numpyro.sample("z", dist.Normal(0, 1))
        eta = alpha + tau * z + beta_bar * Xbar
        numpyro.sample("Y", dist.Bernoulli(logits=eta[group] + beta * X), obs=Y)

    @jax.jit
    def sample(key, *data):
        how = {"num_warmup": tune, "num_samples": draws, "num_chains": chains}
        sampler = MCMC(NUTS(model), **how, chain_method="vectorized", progress_bar=False)
        sampler.run(key, *data, extra_fields=("diverging",))
        beta = sampler.get_samples(group_by_chain=True)["beta_XY"]
        return beta, sampler.get_extra_fields()["diverging"].sum()

    return sample


@sbc.estimator(estimands=("beta_XY",))
def in_numpyro(group, X, Y, Z, rng, budget):
    """Mundlak's model in NumPyro, compiled once for all datasets of these lengths."""
    import jax

    sizes = np.bincount(group, minlength=len(Z))
    Xbar = np.bincount(group, weights=X, minlength=len(Z)) / np.maximum(sizes, 1)
    sample = compiled(budget.chains, budget.tune, budget.draws)
    draws, diverged = sample(jax.random.PRNGKey(rng.integers(2**31)), group, X, Xbar, Y)
    return sbc.Draws({"beta_XY": np.asarray(draws)}, divergences=int(diverged))


STAN = """
data {
  int N; int J; array[N] int<lower=1, upper=J> group;
  vector[N] X; vector[J] Xbar; array[N] int<lower=0, upper=1> Y;
}
parameters { real alpha; real<lower=0> tau; real beta_XY; real beta_XbarY; vector[J] z; }
model {
  alpha ~ normal(0, 1); tau ~ exponential(1); z ~ normal(0, 1);
  beta_XY ~ normal(0, 1); beta_XbarY ~ normal(0, 1);
  Y ~ bernoulli_logit((alpha + tau * z + beta_XbarY * Xbar)[group] + beta_XY * X);
}
"""


@sbc.estimator(estimands=("beta_XY",))
def in_stan(group, X, Y, Z, rng, budget):
    """Mundlak's model in Stan, by way of PyStan, which keeps on disk what it has compiled."""
    import stan

    sizes = np.bincount(group, minlength=len(Z))
    Xbar = np.bincount(group, weights=X, minlength=len(Z)) / np.maximum(sizes, 1)
    data = {"N": len(X), "J": len(Z), "group": group + 1, "X": X, "Xbar": Xbar, "Y": Y}
    model = stan.build(STAN, data=data, random_seed=int(rng.integers(2**31)))
    how = {"num_chains": budget.chains, "num_warmup": budget.tune, "num_samples": budget.draws}
    fit = model.sample(**how, delta=budget.target_accept)
    draws, diverged = (
        fit[name].reshape(budget.draws, budget.chains).T for name in ("beta_XY", "divergent__")
    )
    return sbc.Draws({"beta_XY": draws}, divergences=int(diverged.sum()))
