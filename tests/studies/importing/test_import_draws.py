"""Draws with their truths are ranked as those of real fits are."""

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import sbc
from sbc.plugins.errors import UserError
from sbc.report.discrete import MARK
from sbc.report.table import render
from sbc.stats.intervals import hdi
from sbc.stats.ranks import jitter, pit, rank, thinning

N = 60


def normal(n=N, draws=100, seed=1):
    """Draw truths, and draws from their exact posteriors given one number each."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    data = truth + rng.normal(size=n)
    return truth, data[:, None] / 2 + rng.normal(size=(n, draws)) / math.sqrt(2)


def test_ranks_of_independent_draws_are_counted_in_all_or_in_thinned_ones(tmp_path):
    truth, draws = normal()
    run = sbc.import_results({"mu": draws, "truth_mu": truth}, tmp_path / "run", seed=3)
    below = (draws < truth[:, None]).sum(axis=1)
    assert run.results["rank"].tolist() == below.tolist()
    spread = [jitter(3, k, "results", "mu", "") for k in range(N)]
    assert np.array_equal(run.results["pit"], pit(below, 0, 100, spread))
    assert run.results["mean"].to_numpy() == pytest.approx(draws.mean(axis=1))
    assert run.results["rhat"].isna().all()
    assert run.expected_uniform == ["results"]
    truth, draws = normal(draws=1000)
    run = sbc.import_results({"mu": draws, "mu_true": truth}, tmp_path / "long")
    thinned = draws[:, thinning(1, 1000)[0]]
    assert run.results["rank"].tolist() == rank(thinned, truth)[0].tolist()
    assert set(run.results["size"]) == {127}
    assert np.array_equal(run.draws(("results", "", "mu"), range(N)), thinned)
    ends = hdi(draws, [0.9])[:, 0]
    inside = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    assert run.table(interval="hdi")["coverage_90"][0] == pytest.approx(inside.mean())


def test_chains_are_judged_by_their_diagnostics(tmp_path):
    truth, draws = normal(draws=1000)
    draws = draws.reshape(N, 4, 250)
    stuck = draws.copy()
    stuck[5, 0] += 20
    run = sbc.import_results({"mu": stuck, "truth_mu": truth}, tmp_path / "run")
    assert run.fits.set_index("dataset").status[5] == "nonconverged"
    assert (run.fits.status == "nonconverged").sum() == 1
    assert run.table()["n_failed"][0] == 1
    assert 5 not in run.results.dataset.tolist()
    assert run.results["rhat"].notna().all()
    assert set(run.fits.chains) == {4}
    assert (
        sbc.import_results({"mu": draws, "truth_mu": truth}, tmp_path / "b")
        .fits.status.isin(["ok", "low_ess"])
        .all()
    )


def test_vectors_and_files(tmp_path):
    truth, draws = normal()
    both = {"theta": np.stack([draws, draws + 1], axis=2),
            "truth_theta": np.stack([truth, truth + 1], axis=1)}  # fmt: skip
    np.savez(tmp_path / "flow.npz", **both)
    run = sbc.import_results(tmp_path / "flow.npz", tmp_path / "run")
    ranks = {name: frame["rank"].tolist() for name, frame in run.results.groupby("quantity")}
    assert ranks["theta[0]"] == ranks["theta[1]"] == (draws < truth[:, None]).sum(axis=1).tolist()
    assert run.settings.estimators == ("flow",)
    dims = ("dataset", "chain", "draw", "g")
    posterior = xr.Dataset({"theta": (dims, both["theta"][:, None])}, coords={"g": ["a", "b"]})
    truths = xr.Dataset({"theta": (("dataset", "g"), both["truth_theta"])})
    tree = xr.DataTree.from_dict({"posterior": posterior, "truth": truths})
    tree.to_netcdf(tmp_path / "tree.nc", engine="h5netcdf")
    other = sbc.import_results(tmp_path / "tree.nc", tmp_path / "tree")
    assert sorted(other.results.quantity.unique()) == ["theta[a]", "theta[b]"]
    assert other.results.query("quantity == 'theta[b]'")["rank"].tolist() == ranks["theta[1]"]
    lost = xr.DataTree.from_dict({"posterior": posterior, "truth": truths.rename(theta="x")})
    with pytest.raises(UserError, match="the group truth has no 'theta'"):
        sbc.import_results(lost, tmp_path / "lost")
    odd = xr.DataTree.from_dict({"posterior": posterior.rename(dataset="k"), "truth": truths})
    with pytest.raises(UserError, match="has no dimension dataset"):
        sbc.import_results(odd, tmp_path / "odd")


@pytest.mark.parametrize("discrete", [True, False])
def test_counts_are_marked_and_continuous_numbers_are_not(discrete, tmp_path):
    rng = np.random.default_rng(4)
    truth, draws = rng.normal(size=N), rng.normal(size=(N, 200))
    if discrete:
        truth, draws = rng.binomial(4, 0.5, N), rng.binomial(4, 0.5, (N, 200))
    run = sbc.import_results({"n": draws, "truth_n": truth}, tmp_path / "run")
    assert run.table()["discrete"].tolist() == [discrete]
    assert (MARK in render(run)) == discrete


def test_a_draw_that_is_no_number_fails_its_dataset(tmp_path):
    truth, draws = normal()
    draws[7, 3] = np.nan
    run = sbc.import_results({"mu": draws, "truth_mu": truth}, tmp_path / "run")
    failed = run.fits[run.fits.status == "error"]
    assert failed["dataset"].tolist() == [7]
    assert failed["error"].tolist() == ["draws of 'mu' are not finite"]


def test_one_truth_makes_no_ranks_uniform(tmp_path):
    _, draws = normal()
    run = sbc.import_results({"mu": draws, "truth_mu": np.ones(N)}, tmp_path / "run")
    assert (run.settings.truth, run.expected_uniform) == ("fixed", [])


def tree(**groups):
    rng = np.random.default_rng(1)
    posterior = xr.Dataset({"a": (("dataset", "chain", "draw"), rng.normal(size=(9, 1, 40)))})
    truth = xr.Dataset({"a": ("dataset", np.arange(9.0))})
    names = np.arange(5, 14)
    both = {"posterior": posterior.assign_coords(dataset=names),
            "truth": truth.assign_coords(dataset=names)}  # fmt: skip
    return xr.DataTree.from_dict(both | groups)


def test_truths_go_with_draws_by_the_names_of_their_datasets(tmp_path):
    right = sbc.import_results(tree(), tmp_path / "right")
    backwards = tree()["truth"].to_dataset().isel(dataset=slice(None, None, -1))
    other = sbc.import_results(tree(truth=backwards), tmp_path / "other")
    pd.testing.assert_frame_equal(right.results, other.results)
    with pytest.raises(UserError, match="the group truth has no dataset 13"):
        sbc.import_results(tree(truth=backwards.isel(dataset=slice(1, None))), tmp_path / "none")
    twice = backwards.assign_coords(dataset=[5] * 9)
    with pytest.raises(UserError, match="two datasets have the same name along dataset"):
        sbc.import_results(tree(truth=twice), tmp_path / "none")


def test_groups_that_are_not_looked_at_are_told(tmp_path):
    more = xr.Dataset({"diverging": (("dataset", "chain", "draw"), np.zeros((9, 1, 40)))})
    run = sbc.import_results(tree(sample_stats=more), tmp_path / "run")
    assert "Groups that were not used: sample_stats." in run.provenance.imported["notes"]


def test_of_two_groups_of_ranks_one_is_asked_for(tmp_path):
    groups = {name: xr.Dataset({"a": (("chain", "draw"), np.full((1, 9), value))})
              for name, value in (("prior_sbc", 3), ("posterior_sbc", 7))}  # fmt: skip
    both = xr.DataTree.from_dict(groups)
    with pytest.raises(UserError, match="has the groups prior_sbc and posterior_sbc: say which"):
        sbc.import_results(both, tmp_path / "none", draws=10)
    run = sbc.import_results(both, tmp_path / "run", draws=10, truth="posterior")
    assert run.results["rank"].eq(7).all()


def test_a_truth_beside_the_draws_of_one_array_needs_no_name(tmp_path):
    rng = np.random.default_rng(2)
    draws, truth = rng.normal(size=(9, 40)), rng.normal(size=9)
    one = sbc.import_results({"a": draws, "truth": truth}, tmp_path / "one")
    other = sbc.import_results({"a": draws, "truth_a": truth}, tmp_path / "other")
    pd.testing.assert_frame_equal(one.results, other.results)


def test_draws_that_have_not_converged_say_so(tmp_path):
    apart = np.random.default_rng(3).normal(size=(9, 2, 40)) + np.array([0, 99])[:, None]
    with pytest.raises(UserError, match="no usable result: the fit of dataset 0 is nonconverged"):
        sbc.import_results({"a": apart, "truth_a": np.zeros(9)}, tmp_path / "none")
