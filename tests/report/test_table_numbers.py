"""Every metric of a table and its error, once more in plain code from what the run has stored."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sbc.report.table import table
from sbc.store.frames import load_run
from sbc.store.schema import RESULTS_FILE

N = 60


def rows_of(folder):
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as file:
        query = "SELECT * FROM result JOIN shortest USING (k, estimator, engine, quantity)"
        found = pd.read_sql(query, file)
    found["u"] = (found["rank"] + found["jitter"] * (found["ties"] + 1)) / (found["size"] + 1)
    return found[found["quantity"] == "beta_XY"].sort_values("k").reset_index(drop=True)


@pytest.fixture
def folder(new_run, new_fit):
    return new_run([*(new_fit(k) for k in range(N)), new_fit(N, status="error")])


def share(hits):
    """Give a share, its error and Wilson's interval by SciPy."""
    p, n = np.mean(hits), len(hits)
    ends = stats.binomtest(int(np.sum(hits)), n).proportion_ci(0.95, "wilson")
    return p, np.sqrt(p * (1 - p) / n), ends.low, ends.high


def mean(x):
    return np.mean(x), np.std(x, ddof=1) / np.sqrt(len(x))


def median(x):
    """Give a median and the error of Price and Bonett (2001, eq. 4) by SciPy's binomial law."""
    n, ordered = len(x), np.sort(x)
    c = round((n + 1) / 2 - np.sqrt(n))
    z = stats.norm.isf(stats.binom.cdf(c - 1, n, 0.5))
    return np.median(x), (ordered[n - c] - ordered[c - 1]) / (2 * z)


def expected_of(rows):
    """Follow the formulas of Morris, White & Crowther (2019, Table 6) and of the manual."""
    theta, m, s, n = rows["truth"], rows["mean"], rows["sd"], len(rows)
    e, z = m - theta, (m - theta) / s
    model, empirical = np.sqrt(np.mean(s**2)), np.std(e, ddof=1)
    spread, fourth = np.std(z, ddof=1), np.mean((z - np.mean(z)) ** 4)
    # HC3 by its sandwich: (X'X)⁻¹ X' diag(r²/(1 − h)²) X (X'X)⁻¹
    X = np.column_stack([np.ones(n), theta])
    inverse = np.linalg.inv(X.T @ X)
    slope = inverse @ X.T @ m
    r = (m - X @ slope) / (1 - np.einsum("ij,jk,ik->i", X, inverse, X))
    sandwich = inverse @ (X.T * r.to_numpy() ** 2) @ X @ inverse
    prior = np.var(theta, ddof=1)
    psi = -(s**2 - np.mean(s**2)) / prior
    psi += np.mean(s**2) / prior**2 * ((theta - np.mean(theta)) ** 2 - prior)
    return {
        "bias": mean(e),
        "bias_sd": mean(z),
        "rmse": (np.sqrt(np.mean(e**2)), np.std(e**2, ddof=1) / np.sqrt(n * 4 * np.mean(e**2))),
        "mse": mean(e**2),
        "median_bias": median(e),
        "emp_se": (empirical, empirical / np.sqrt(2 * (n - 1))),
        "model_se": (model, np.sqrt(np.var(s**2, ddof=1) / (4 * n * model**2))),
        "model_se_error": (
            model / empirical - 1,
            model
            / empirical
            * np.sqrt(np.var(s**2, ddof=1) / (4 * n * model**4) + 1 / (2 * (n - 1))),
        ),
        "z_sd": (spread, np.sqrt((fourth - spread**4) / (4 * n * spread**2))),
        "proportional_bias": (slope[1] - 1, np.sqrt(sandwich[1, 1])),
        "contraction": (1 - np.mean(s**2) / prior, np.std(psi, ddof=1) / np.sqrt(n)),
        "width_95": mean(rows["q975"] - rows["q025"]),
        "crps": mean(rows["crps"]),
        "dawid_sebastiani": mean(2 * np.log(s) + z**2),
        "pit_mean": mean(rows["u"]),
        "pit_spread": mean(np.abs(2 * rows["u"] - 1)),
    }


def test_every_metric_and_its_error(folder):
    row, rows = table(load_run(folder)).iloc[0], rows_of(folder)
    expected = expected_of(rows)
    expected["model_se_error_percent"] = tuple(100 * x for x in expected["model_se_error"])
    for name, (value, error) in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-10), name
        assert row[f"{name}_mcse"] == pytest.approx(error, rel=1e-10), name
    # what is tested here is all that has an error, but for shares and what is not defined here
    named = {name.removesuffix("_mcse") for name in row.index if name.endswith("_mcse")}
    shares = {f"coverage_{level}" for level in QUANTILES}
    shares |= {"bias_eliminated_coverage_95", "power_95", "converged"}
    assert named - shares == {*expected, "relative_bias", "precision_gain_percent"}
    assert np.isnan(row["relative_bias"])  # of many truths there is none
    assert np.isnan(row["precision_gain_percent"])  # over itself


QUANTILES = {50: ("q25", "q75"), 80: ("q10", "q90"), 90: ("q05", "q95"), 95: ("q025", "q975")}


@pytest.mark.parametrize("interval", ["equal", "hdi"])
def test_every_coverage_and_its_interval(folder, interval):
    row, rows = table(load_run(folder), interval=interval).iloc[0], rows_of(folder)
    for level, ends in QUANTILES.items():
        low, high = ends if interval == "equal" else (f"hdi{level}_low", f"hdi{level}_high")
        hits = (rows[low] <= rows["truth"]) & (rows["truth"] <= rows[high])
        columns = [f"coverage_{level}{end}" for end in ("", "_mcse", "_low", "_high")]
        np.testing.assert_allclose(row[columns].to_numpy(float), share(hits), rtol=1e-10)
    shift = np.mean(rows["mean"] - rows["truth"])
    hits = (rows["q025"] - shift <= rows["truth"]) & (rows["truth"] <= rows["q975"] - shift)
    columns = [f"bias_eliminated_coverage_95{end}" for end in ("", "_mcse")]
    np.testing.assert_allclose(row[columns].to_numpy(float), share(hits)[:2], rtol=1e-10)
    hits = (rows["q025"] > 0) | (rows["q975"] < 0)
    columns = [f"power_95{end}" for end in ("", "_mcse", "_low", "_high")]
    np.testing.assert_allclose(row[columns].to_numpy(float), share(hits), rtol=1e-10)
    columns = [f"converged{end}" for end in ("", "_mcse", "_low", "_high")]
    worked = share(np.arange(N + 1) < N)
    np.testing.assert_allclose(row[columns].to_numpy(float), worked, rtol=1e-10)


def test_coverage_at_other_levels_is_by_the_pit(folder):
    row, rows = table(load_run(folder), levels=(0.6,)).iloc[0], rows_of(folder)
    columns = [f"coverage_60{end}" for end in ("", "_mcse", "_low", "_high")]
    hits = np.abs(2 * rows["u"] - 1) <= 0.6
    np.testing.assert_allclose(row[columns].to_numpy(float), share(hits), rtol=1e-10)


def test_relative_bias_of_one_truth(new_run, new_fit):
    def at_two(k):
        fit = new_fit(k)
        for result in fit.results:
            object.__setattr__(result, "truth", 2.0)
        return fit

    folder = new_run([at_two(k) for k in range(N)])
    row, rows = table(load_run(folder)).iloc[0], rows_of(folder)
    found = row["relative_bias"], row["relative_bias_mcse"]
    assert found == pytest.approx(mean((rows["mean"] - 2) / 2))
    assert np.isnan([row["contraction"], row["proportional_bias"]]).all()


def contraction(rows, stratum):
    """Take the stratum's mean sd², and the variance of the truths of all."""
    return 1 - np.mean(rows["sd"][stratum] ** 2) / np.var(rows["truth"], ddof=1)


def test_contraction_by_strata_has_the_prior_variance_of_all(new_run, new_fit):
    folder = new_run([new_fit(k) for k in range(400)])
    rows = rows_of(folder)
    found = table(load_run(folder), by="events")
    mine = found[(found["estimand"] == "beta_XY") & (found["n_datasets"] > 1)]
    assert len(mine) > 1
    first = 0
    for row in mine.itertuples():
        worked = row.n_datasets - row.n_failed
        stratum = (rows.index >= first) & (rows.index < first + worked)  # events count datasets
        first += worked
        assert row.contraction == pytest.approx(contraction(rows, stratum), rel=1e-10)
        # the jackknife over all datasets, those of other strata too, which share in the variance
        without = np.array(
            [contraction(rows.drop(i), np.delete(stratum, i)) for i in range(len(rows))]
        )
        error = np.sqrt((len(rows) - 1) * np.var(without))
        assert row.contraction_mcse == pytest.approx(error, rel=0.1)
        own = 1 - np.mean(rows["sd"][stratum] ** 2) / np.var(rows["truth"][stratum], ddof=1)
        assert row.contraction != pytest.approx(own, rel=1e-3)
    assert first == 400
