"""What bounded metrics are means and shares of, held against the metrics themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sbc.gates.decisions import Levels
from sbc.gates.expectations import Bounds, parse
from sbc.gates.history import history
from sbc.gates.judge import Check, judge_check
from sbc.gates.values import ROOTS, hits, values
from sbc.plugins.errors import UserError
from sbc.stats import metrics
from sbc.store.frames import as_fits
from sbc.store.rows import PROBABILITIES, quantile_column

N = 400


def estimates(rng, bias=0.0, claimed=1.0, ranked=False, n=N):
    """Make errors of sd 1 about a bias, claimed to have another sd, of normal estimates."""
    truth = rng.normal(size=n)
    mean = truth + bias + rng.normal(size=n)
    frame = pd.DataFrame({"truth": truth, "mean": mean, "sd": claimed})
    deviates = {0.025: -1.959964, 0.05: -1.644854, 0.1: -1.281552, 0.25: -0.674490, 0.5: 0.0}
    for p in PROBABILITIES:
        z = deviates.get(p, -deviates.get(round(1 - p, 3), 0))
        frame[quantile_column(p)] = mean + z * claimed
    columns = {"dataset": range(n), "estimator": "e", "engine": "function", "quantity": "a"}
    return frame.assign(**columns, pit=0.5 if ranked else np.nan, crps=np.nan, ess_bulk=np.nan)


def of(frame, failed=()):
    fits = frame[["dataset", "estimator", "engine"]].assign(status="ok", attempt=0)
    fits.loc[list(failed), "status"] = "error"
    rows = frame[~frame.dataset.isin(failed)]
    return history(fits, rows, "e", "function")


def judged(metric, bounds, frame):
    check = Check("e", "function", "a", Bounds(metric, *bounds), ("a",))
    return judge_check(check, {("e", "function"): of(frame)}, Levels(0.001, 0.05))


@pytest.mark.parametrize(
    "name", ["bias", "bias_sd", "rmse", "model_se", "empirical_se", "z_sd", "width"]
)
def test_their_means_are_the_metrics(name):
    frame = estimates(np.random.default_rng(1), bias=0.3, claimed=0.8)
    whole = "width_95" if name == "width" else name
    mean = values(Bounds(whole, 0, 1), of(frame), ["a"]).mean()
    value = np.sqrt(mean) if name in ROOTS else mean
    expected = getattr(metrics, name)(as_fits(frame)).value
    # Welford's squares sum to those about the mean; the first stands for one that there is not.
    assert value == pytest.approx(expected, rel=0.01 if name in ("empirical_se", "z_sd") else 1e-9)


@pytest.mark.parametrize("name", ["coverage", "power", "bias_eliminated_coverage"])
def test_their_shares_are_the_metrics(name):
    frame = estimates(np.random.default_rng(2), bias=0.8)
    share = hits(Bounds(f"{name}_90", 0, 1), of(frame), ["a"]).mean()
    options = {"kind": "quantile"} if name == "coverage" else {}
    expected = getattr(metrics, name)(as_fits(frame), level=0.9, **options).value
    tolerance = 0.02 if name == "bias_eliminated_coverage" else 1e-12  # the bias of those before
    assert share == pytest.approx(expected, abs=tolerance)


def test_failed_fits_are_nan_and_change_nothing_else():
    frame = estimates(np.random.default_rng(3))
    some, every = of(frame, failed=[0, 7, 50]), of(frame)
    for name in ("empirical_se", "model_se", "width_95"):
        found = values(Bounds(name, 0, 1), some, ["a"])
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(found)), [0, 7, 50])
    rest = values(
        Bounds("empirical_se", 0, 1),
        of(frame.drop(index=[0, 7, 50]).assign(dataset=range(N - 3))),
        ["a"],
    )
    mine = values(Bounds("empirical_se", 0, 1), some, ["a"])
    np.testing.assert_allclose(mine[np.isfinite(mine)], rest)
    assert np.isfinite(values(Bounds("empirical_se", 0, 1), every, ["a"])).all()


#: Metric, bounds that hold where errors of sd 1 are claimed, and what is claimed of the twin.
CASES = [
    ("model_se", (-np.inf, 1.2), {"claimed": 1.6}),
    ("empirical_se", (-np.inf, 1.3), {}),
    ("z_sd", (0.8, 1.25), {"claimed": 0.5}),
    ("width_95", (-np.inf, 4.5), {"claimed": 1.6}),
    ("coverage_95", (0.88, 0.99), {"claimed": 0.5}),
    ("bias_eliminated_coverage_95", (0.88, 0.99), {"claimed": 0.5}),
    ("rmse", (-np.inf, 1.3), {"bias": 1.5}),
]


@pytest.mark.parametrize(("metric", "bounds", "bad"), CASES, ids=[c[0] for c in CASES])
def test_what_is_within_passes_and_its_twin_fails(metric, bounds, bad):
    rng = np.random.default_rng(4)
    assert judged(metric, bounds, estimates(rng)).outcome == "pass"
    twin = estimates(rng, **bad)
    if metric == "empirical_se":
        twin["mean"] = twin.truth + 1.8 * (twin["mean"] - twin.truth)
    assert judged(metric, bounds, twin).outcome == "fail"


def test_the_type_one_error_is_the_power_at_zero():
    rng = np.random.default_rng(5)
    null, narrow = (estimates(rng, claimed=claimed) for claimed in (1.0, 0.5))
    for frame in (null, narrow):
        shift = frame.truth.to_numpy()
        for column in ("truth", "mean", *map(quantile_column, PROBABILITIES)):
            frame[column] -= shift
    assert judged("power_95", (-np.inf, 0.12), null).outcome == "pass"
    assert judged("power_95", (-np.inf, 0.12), narrow).outcome == "fail"


def test_bias_is_eliminated_where_it_is_to_blame():
    biased = estimates(np.random.default_rng(6), bias=2.0)
    assert judged("coverage_95", (0.88, np.inf), biased).outcome == "fail"
    assert judged("bias_eliminated_coverage_95", (0.88, np.inf), biased).outcome == "pass"


def test_a_level_that_is_not_kept_is_told():
    with pytest.raises(UserError, match="no intervals of 85 %: bound the width of a level that"):
        judged("width_85", (-np.inf, 4.0), estimates(np.random.default_rng(7)))


def test_they_are_written_as_the_others():
    found = parse(
        {"width_95": 2, "empirical_se": 1, "power_95": [0, 0.07], "z_sd": [0.9, 1.1]}, 0.1
    )
    assert [str(one) for one in found] == [
        "width_95 ≤ 2",
        "empirical_se ≤ 1",
        "power_95 ≤ 0.07",
        "z_sd in [0.9, 1.1]",
    ]
    for wrong in ("width", "power", "bias_eliminated_coverage", "width_00", "coverage"):
        with pytest.raises(UserError, match=f"no expectation called '{wrong}'"):
            parse({wrong: [0, 0.5]}, 0.1)
    with pytest.raises(UserError, match="takes two bounds"):
        parse({"power_95": 0.1}, 0.1)
