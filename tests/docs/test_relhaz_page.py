"""The published study of docs/relhaz.md: its parts by other means, and all of it, in numbers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pages import PAGES, ROOT, enter
from scipy import stats
from scipy.optimize import minimize_scalar

from sbc.plugins import registry
from sbc.studies.sweep.read import load_sweep

FILE = ROOT / "docs" / "examples" / "relhaz.py"
PAGE = PAGES["docs/relhaz.md"]
PUBLISHED = pd.read_csv(ROOT / "docs" / "examples" / "relhaz_published.csv")
#: Ours to theirs.
MEASURES = {
    "bias": "bias",
    "emp_se": "empirical_se",
    "model_se": "model_se",
    "coverage_95": "coverage_95",
    "power_95": "power_95",
}


def drawn(seed=1, **parameters):
    rng = np.random.default_rng(seed)
    return registry.generator(f"{FILE}:trial").draw(rng, "fixed", **parameters).data


def method(name):
    return registry.estimator(f"{FILE}:{name}").define


def test_the_page_shows_the_methods_of_the_file():
    there = {ast.unparse(node) for node in ast.parse(FILE.read_text(encoding="utf-8")).body}
    (shown,) = PAGE.of("python")
    assert {ast.unparse(node) for node in ast.parse(shown).body} <= there


@pytest.mark.parametrize(("gamma", "assumed", "right"), [(1.5, 1.5, True), (1.5, 1.0, False)])
def test_cumulative_hazards_are_exponential(gamma, assumed, right):
    data = drawn(n_rows=20_000, gamma=gamma)
    hazard = 0.5 * data["time"] ** assumed * np.exp(-0.5 * data["treated"])
    inside = data["died"] == 1
    # Beyond five years nothing is known: each time is held against the law up to there.
    most = 0.5 * 5**assumed * np.exp(-0.5 * data["treated"])
    u = (stats.expon.cdf(hazard) / stats.expon.cdf(most))[inside]
    assert (stats.kstest(u, "uniform").pvalue > 1e-4) == right


def test_no_time_is_below_a_day_but_by_a_trace_or_beyond_the_end():
    data = drawn(n_rows=50_000)
    assert data["time"].min() > 1 / 365.242 - 1e-3
    assert data["time"].max() == 5
    np.testing.assert_array_equal(data["died"] == 0, data["time"] == 5)
    early = data["time"][data["time"] < 1 / 365.242 + 1e-4]
    assert len(np.unique(early)) == len(early)


def test_cox_maximises_the_partial_likelihood():
    data = drawn(n_rows=60)
    order = np.argsort(data["time"])
    x, died = data["treated"][order], data["died"][order] == 1

    def minus_log(beta):
        at_risk = np.cumsum(np.exp(beta * x)[::-1])[::-1]
        return -(beta * x - np.log(at_risk))[died].sum()

    best = minimize_scalar(minus_log, bracket=(-2, 1), tol=1e-10)
    step = 1e-3
    bent = minus_log(best.x + step) - 2 * best.fun + minus_log(best.x - step)
    estimate, se = method("cox")(**data)["beta"]
    assert estimate == pytest.approx(best.x, abs=1e-5)
    assert se == pytest.approx((bent / step**2) ** -0.5, rel=1e-4)


def test_the_exponential_model_is_a_poisson_regression():
    sm = pytest.importorskip("statsmodels.api")
    data = drawn(n_rows=80, gamma=1.5)
    design = np.column_stack([data["treated"], np.ones(80)])
    log_time = np.log(data["time"])
    fit = sm.GLM(data["died"], design, family=sm.families.Poisson(), offset=log_time).fit()
    assert method("exponential")(**data)["beta"] == pytest.approx((fit.params[0], fit.bse[0]))
    with pytest.raises(ValueError, match="an arm without deaths"):
        method("exponential")(data["treated"], data["time"], 0 * data["died"])


def test_the_published_numbers_are_those_that_rsimsum_prints():
    rows = PUBLISHED.set_index(["n", "baseline", "model"])
    one, other = rows.loc[(50, "Weibull", "Exp")], rows.loc[(250, "Weibull", "Exp")]
    names = ["bias", "bias_mcse", "empirical_se", "empirical_se_mcse", "model_se", "model_se_mcse"]
    assert one[names].tolist() == [0.1509, 0.0204, 0.2041, 0.0145, 0.2888, 0.0005]
    assert one[["coverage_95", "power_95"]].tolist() == [0.99, 0.09]
    assert other[["bias", "coverage_95", "power_95"]].tolist() == [0.1482, 0.85, 0.86]


def combined(mine, theirs):
    """Give differences in combined Monte Carlo errors, a row a cell and method, a column a measure.

    Errors of shares are pooled: those of a share near 1 in 100 datasets say little of themselves.
    """
    found = {}
    for ours, published in MEASURES.items():
        a, b = mine[ours], theirs[published]
        if published.endswith("_95"):
            n, m = mine["n_datasets"], theirs["datasets"]
            p = (n * a + m * b) / (n + m)
            error = np.sqrt(p * (1 - p) * (1 / n + 1 / m))
        else:
            error = np.hypot(mine[f"{ours}_mcse"], theirs[f"{published}_mcse"])
        found[published] = (a - b) / error
    return pd.DataFrame(found)


def in_their_words(frame):
    """Name cells and methods as the published table does."""
    words = {1.0: "Exponential", 1.5: "Weibull"}
    names = {"cox": "Cox", "exponential": "Exp"}
    frame = frame.assign(
        n=frame["n_rows"].astype(int),
        baseline=frame["gamma"].map(words),
        model=frame["estimator"].str.rpartition(":")[2].map(names),
    )
    return frame.set_index(["n", "baseline", "model"]).sort_index()


@pytest.mark.slow
def test_the_study_agrees_with_the_published_one(tmp_path, monkeypatch):
    pytest.importorskip("statsmodels")
    PAGE.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    (command,) = [command for command in PAGE.commands if "--datasets 1000" in command]
    assert enter(command)[0] == 0
    assert sum(len(run.fits) for run in load_sweep(Path("relhaz")).runs) == 8000
    code, text = enter("python -m sbc table relhaz --format csv")
    assert code == 0
    Path("relhaz.csv").write_text(text, encoding="utf-8")
    mine = in_their_words(pd.read_csv("relhaz.csv"))
    theirs = PUBLISHED.set_index(["n", "baseline", "model"]).sort_index()
    assert combined(mine, theirs).abs().to_numpy().max() < 4
    wrong = mine.xs("Exp", level="model").loc[(slice(None), "Weibull"), "bias"]
    assert wrong.between(0.12, 0.18).all()
    # the twin: the methods mistaken for each other
    other = theirs.rename(index={"Cox": "Exp", "Exp": "Cox"}, level="model").sort_index()
    assert combined(mine, other).abs().to_numpy().max() > 4
    for row in mine.reset_index().itertuples():
        shown = f"{row.bias:.3f} ({row.bias_mcse:.3f})".replace("-", "−")
        assert re.search(rf"\| {row.n} \| {row.baseline} \| {row.model} \| {re.escape(shown)}",
                         PAGE.text)  # fmt: skip
