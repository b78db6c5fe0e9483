"""A notebook as people leave it: models, looks at them, sampling, what is made of that."""

from __future__ import annotations

from functools import partial

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
from neighbour import build, build_and_sample
from pymc import sample as draw_samples

rng = np.random.default_rng()
df = pd.DataFrame({"x": rng.normal(size=12)}).assign(
    y=lambda d: d.x * 2 + rng.normal(size=12), z=lambda df: df.x
)
y = df.y.to_numpy()

from_helper = build(y)
sampled_by_helper, idata_of_helper = build_and_sample(y)


class Study:
    def __init__(self, y):
        with pm.Model() as self.model:
            a = pm.Normal("a", 0, 5.0)
            pm.Normal("y", a, 1, observed=y)

    def fit(self):
        with self.model:
            self.idata = pm.sample()


study = Study(y)
study.fit()
by_attribute = study.model

with pm.Model() as free:
    a = pm.Normal("a", 0, 6.0)
    pm.Normal("y", a, 1, shape=12)
seen = pm.observe(free, {"y": y})
copied = seen.copy()

results = {}
for sd in [1.0, 2.0, 7.0]:
    with pm.Model() as looped:
        a = pm.Normal("a", 0, sd)
        pm.Normal("y", a, 1, observed=y)
        idata = draw_samples(callback=lambda trace, draw: None)
        results[sd] = idata
    print(az.summary(results[sd]))

if len(df) > 10:
    with pm.Model() as branched:
        a = pm.Normal("a", 0, 8.0)
        pm.Normal("y", a, 1, observed=y)
        prior = pm.sample_prior_predictive(5)
        print(f"{float(prior['prior']['a'].mean()):.2f}")
        pm.model_to_graphviz(branched).render("nowhere")
        try:
            idata = pm.sample()
        except Exception as problem:
            print(problem)
    az.plot_trace(idata)

best = az.compare(results)
weight = float(best.iloc[0]["weight"])
with pm.Model() as after:
    a = pm.Normal("a", weight, 1.0)
    pm.Normal("y", a, 1, observed=y)

with pm.Model() as predicted_later:
    x = pm.Data("x", df.x)
    a = pm.Normal("a", 0, 9.0)
    pm.Normal("y", a + x, 1, observed=y, shape=x.shape)
    idata = pm.sample()
with predicted_later:
    pm.set_data({"x": [0.0, 1.0]})
    predictions = pm.sample_posterior_predictive(idata)

with pm.Model() as stated_twice:
    pm.Normal("a", 0, 1)
    first = pm.sample()
with pm.Model() as stated_twice:
    a = pm.Normal("a", 0, 10.0)
    pm.Normal("y", a, 1, observed=y)
    second = pm.sample()


def uses_what_was_sampled():
    return build(y, weight)


def looks_first():
    with pm.Model():
        a = pm.Normal("a", 0, 11.0)
        pm.Normal("y", a, 1, observed=y)
        idata = pm.sample_prior_predictive(5)
        idata.extend(pm.sample())
    az.plot_trace(idata)
    return idata


def by_nutpie():
    import nutpie

    with pm.Model() as model:
        a = pm.Normal("a", 0, 12.0)
        pm.Normal("y", a, 1, observed=y)
    return nutpie.sample(nutpie.compile_pymc_model(model))


def by_variational_inference():
    with pm.Model():
        a = pm.Normal("a", 0, 13.0)
        pm.Normal("y", a, 1, observed=y)
        return pm.fit(10)


def states_two():
    for sd in (1.0, 2.0):
        with pm.Model():
            a = pm.Normal("a", 0, sd)
            pm.Normal("y", a, 1, observed=y)
            pm.sample()


def either_way(centred=True):
    if centred:
        with pm.Model():
            a = pm.Normal("a", 0, 14.0)
            pm.Normal("y", a, 1, observed=y)
            return pm.sample()
    with pm.Model():
        a = pm.Normal("a", 0, 15.0)
        pm.Normal("y", a, 1, observed=y)
        return pm.sample()


shortened = partial(build, y, 16.0)
unnamed = lambda: build(y, 17.0)  # noqa: E731
number = 4


def asks(y, other):
    a = pm.Normal("a", 0, 1)
    pm.Normal("y", a, 1, observed=y + other)


def draws_from_the_prior(rng, *, n=12):
    with free:
        drawn = pm.sample_prior_predictive(1, random_seed=rng)
    prior = drawn["prior"]
    return {"a": float(prior["a"].values[0, 0])}, {"y": prior["y"].values[0, 0]}
