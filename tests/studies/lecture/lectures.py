"""A lecture's folder made of numbers alone: runs, posteriors and scores, without any sampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from synthetic import result, shifted

from sbc.fitting.setup import draw_dataset
from sbc.plugins import registry
from sbc.plugins.engine import Draws
from sbc.store.rows import Fit
from sbc.studies.lecture import single
from sbc.studies.lecture.evidence import COLUMNS
from sbc.studies.lecture.plan import Plan
from sbc.studies.lecture.scenarios import MULTILEVEL, SIGMA_1, TANKS

PLAN = Plan(datasets=30, seed=1, grid=3)
N_TANKS = 48


def fits_of(scenario, settings, name):
    """Make an estimator's fits of a scenario: calibrated, but for naive, and tanks at random."""
    rng = np.random.default_rng(len(name))
    estimands = scenario.estimands or registry.estimator(name).estimands
    n = settings.datasets
    for k in range(n):
        truth = draw_dataset(settings, k, "").truth
        elements = {
            f"{quantity}[{j}]" if np.ndim(truth[quantity]) else quantity: (quantity, float(value))
            for quantity in estimands
            for j, value in enumerate(np.ravel(truth[quantity]))
        }
        found = []
        for i, (element, (quantity, value)) in enumerate(elements.items()):
            off = 1.0 if name == "naive" and quantity == "beta_XY" else 0.0
            u = shifted(off, n, seed=i)[k]
            one = result(element, u, value, sd=0.3 + 0.01 * rng.normal())
            if scenario is TANKS:
                one = replace(one, mean=rng.uniform(0.2, 0.9))
            found.append(one)
        seconds = 0.1 + 0.01 * rng.random()
        scalars = {q: float(x) for q, x in truth.items() if np.ndim(x) == 0}
        yield Fit(k, name, "nutpie", "ok", seconds=seconds, results=tuple(found), truth=scalars)


def write_scores(file, n):
    rng = np.random.default_rng(3)
    lines = [",".join(COLUMNS)]
    for k in range(n):
        for name in (MULTILEVEL, SIGMA_1):
            elpd, p = rng.normal(-110, 2), rng.normal(20, 1)
            lines.append(f"{k},{name},{elpd},{p},30,{elpd - 25},{p + 25},0")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def posterior(estimator, name, data, seed=0):
    """Make the posterior of one of the lecture's datasets out of random numbers."""
    rng = np.random.default_rng(seed)
    values = {}
    if name == "tanks":
        values["alpha_bar"] = rng.normal(1, 0.2, size=(2, 200))
        values["p_survived"] = rng.beta(8, 4, size=(2, 200, N_TANKS))
        if "fixed" not in estimator:
            values["sigma"] = rng.gamma(40, 0.04, size=(2, 200))
    else:
        values["beta_XY"] = rng.normal(1, 0.3, size=(2, 200))
        values["beta_ZY"] = rng.normal(-0.4, 0.3, size=(2, 200))
    return single.summed_up(estimator, Draws(values, 0, 1, 0.1), tuple(values), data, (1.0, 400.0))
