"""A lecture's folder made of numbers alone: runs, posteriors and scores, without any sampling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from synthetic import calibrated, result, shifted

from sbc.plugins.engine import Draws
from sbc.store.rows import Fit
from sbc.studies.lecture import single
from sbc.studies.lecture.evidence import COLUMNS
from sbc.studies.lecture.plan import Plan
from sbc.studies.lecture.scenarios import MULTILEVEL, SIGMA_1, TANKS

PLAN = Plan(datasets=30, seed=1, grid=3)
N_TANKS = 48


def fits_of(scenario, name, n):
    rng = np.random.default_rng(len(name))
    u = {"beta_XY": shifted(1.0, n) if name == "naive" else calibrated(n), "beta_ZY": calibrated(n)}
    truth = {"beta_XY": 1.0, "beta_ZY": -0.5}
    for k in range(n):
        if scenario is TANKS:
            quantities = ["alpha_bar", "sigma", *(f"p_survived[{j}]" for j in range(N_TANKS))]
            found = [replace(result(q, 0.5, 0.0), mean=rng.uniform(0.2, 0.9)) for q in quantities]
        else:
            found = [result(q, u[q][k], t, sd=0.3 + 0.01 * rng.normal()) for q, t in truth.items()]
        yield Fit(k, name, "nutpie", "ok", results=tuple(found), truth=truth)


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
