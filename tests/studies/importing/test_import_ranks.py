"""Ranks from tables, arrays and trees: the same ranks, spread as those of fits are."""

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.report.export import export
from sbc.stats.ranks import jitter, pit
from sbc.stats.uniformity import uniformity_test

L = 99
N = 300


def even(n=N):
    """Ranks that are as uniform as can be, in an order that is always the same."""
    return np.random.default_rng(0).permutation(np.arange(n) % (L + 1))


def stats_table(**columns):
    """Write ranks as R's SBC package does, of two variables."""
    one = {"sim_id": np.arange(1, N + 1), "rank": even(), "max_rank": L}
    frames = [pd.DataFrame(one | columns).assign(variable=name) for name in ("mu", "tau")]
    return pd.concat(frames, ignore_index=True)


def test_ranks_of_a_table_come_through_and_are_spread_by_names(tmp_path):
    run = sbc.import_results(stats_table(), tmp_path / "run", name="stan", seed=7)
    rows = run.results[run.results.quantity == "tau"]
    assert rows["rank"].tolist() == even().tolist()
    assert set(rows["size"]) == {L}
    spread = [jitter(7, k, "stan", "tau", "") for k in range(N)]
    assert np.array_equal(rows["pit"], pit(even(), 0, L, spread))
    again = sbc.import_results(
        stats_table().sample(frac=1, random_state=1), tmp_path / "again", name="stan", seed=7
    )
    pd.testing.assert_frame_equal(again.results, run.results)
    other = sbc.import_results(stats_table(), tmp_path / "other", name="stan", seed=8)
    assert not np.array_equal(other.results["pit"], run.results["pit"])


def test_uniform_ranks_are_expected_and_pass_and_others_fail(tmp_path, capsys):
    sbc.import_results(stats_table(), tmp_path / "good")
    assert main(["gate", str(tmp_path / "good")]) == 0
    assert "PASS" in capsys.readouterr().out
    sbc.import_results(stats_table(rank=even() // 2), tmp_path / "bad")
    assert main(["gate", str(tmp_path / "bad")]) == 1
    told = capsys.readouterr().out
    assert "FAIL" in told
    assert "mean PIT 0.2" in told
    assert "explain" not in told  # which would refuse
    assert "nan" not in told
    sbc.import_results(stats_table(), tmp_path / "drawn", truth="drawn")
    assert main(["gate", str(tmp_path / "drawn")]) == 2


def test_what_a_table_of_ranks_has_beside_them_is_kept(tmp_path):
    truth = np.linspace(-1, 1, N)
    beside = {"simulated_value": truth, "mean": truth + 0.1, "sd": 0.5, "median": truth,
              "q5": truth - 1, "q95": truth + 1, "rhat": 1.01, "ess_bulk": 300.0,
              "ess_tail": 200.0, "mad": 0.4}  # fmt: skip
    run = sbc.import_results(stats_table(**beside), tmp_path / "run")
    row = run.table().to_dict(orient="records")[0]
    assert (row["bias"], row["model_se"]) == pytest.approx((0.1, 0.5))
    assert (row["ess_min"], row["rhat_max"]) == (200, 1.01)
    assert row["coverage_90"] == 1  # by q5 and q95, which hold every truth
    by_pit = np.abs(2 * run.results.query("quantity == 'mu'")["pit"] - 1) <= 0.95
    assert row["coverage_95"] == by_pit.mean()  # of which no interval is known
    assert math.isnan(row["width_95"])
    assert run.lines == ["Columns that were not used: mad."]
    assert run.report().exists()


def test_ranks_alone_have_neither_bias_nor_rmse_and_say_so(tmp_path):
    run = sbc.import_results(stats_table(), tmp_path / "run")
    row = run.table().to_dict(orient="records")[0]
    assert all(math.isnan(row[name]) for name in ("bias", "rmse", "model_se", "contraction"))
    rows = run.results[run.results.quantity == "mu"]
    assert row["rank_p"] == uniformity_test(rows["pit"]).p
    assert "Ranks without mean and sd and truth: what needs these is empty." in run.lines
    page = run.report().read_text(encoding="utf-8")
    assert "Rank histogram" in page
    assert "nan" not in page.replace("nano", "")
    assert (
        xr.open_datatree(export(run, "netcdf")[0], engine="h5netcdf")["prior_sbc"]["mu"].size == N
    )


def test_words_about_ranks_alone_give_no_number_that_is_not_known(tmp_path):
    low = even() // 2
    ranks = {"mu": low, "beta": np.stack([low, low[::-1]], axis=1)}
    run = sbc.import_results(ranks, tmp_path / "run", draws=L)
    page = run.report().read_text(encoding="utf-8")
    assert "On average over the elements estimates are too high: the mean PIT is 0.25" in page
    assert "Estimates are too high: 100.0" in page
    assert "nan" not in page.replace("nano", "")
    assert "– sd" not in page


def test_no_rank_is_a_failed_fit(tmp_path):
    frame = stats_table()
    frame = frame.assign(rank=frame["rank"].where(frame.index != 4))
    run = sbc.import_results(frame[frame.sim_id != 9], tmp_path / "run")
    failed = run.fits[run.fits.status == "error"]
    assert failed["dataset"].tolist() == [4]
    assert failed["error"].tolist() == ["no rank of 'mu'"]
    assert any("no row of dataset 9" in line for line in run.lines)
    assert len(run.fits) == N - 1


def test_arrays_of_ranks_by_name_and_without(tmp_path):
    ranks = {"mu": even(), "beta": np.stack([even(), even()[::-1]], axis=1)}
    run = sbc.import_results(ranks, tmp_path / "run", draws=L)
    assert sorted(run.results.quantity.unique()) == ["beta[0]", "beta[1]", "mu"]
    assert run.table()["kind"].tolist() == ["vector", "element", "element", "scalar"]
    np.savez(tmp_path / "sbi.npz", **ranks)
    np.save(tmp_path / "sbi.npy", ranks["beta"].astype(float))
    one = sbc.import_results(tmp_path / "sbi.npz", tmp_path / "npz", draws=L)
    assert one.results["rank"].tolist() == run.results["rank"].tolist()
    assert one.settings.estimators == ("sbi",)
    two = sbc.import_results(tmp_path / "sbi.npy", tmp_path / "npy", draws=L)
    assert two.results.query("quantity == 'theta[1]'")["rank"].tolist() == even()[::-1].tolist()
    assert two.report().exists()


def tree_of(group="prior_sbc"):
    coords = {"chain": [0], "draw": np.arange(N), "g": ["a", "b"]}
    beta = np.stack([even(), even()[::-1]], axis=1)[np.newaxis]
    data = {"mu": (("chain", "draw"), even()[np.newaxis]), "beta": (("chain", "draw", "g"), beta)}
    return xr.DataTree.from_dict({group: xr.Dataset(data, coords=coords)})


def test_a_tree_of_simuk_gives_its_ranks_elements_by_their_coordinates(tmp_path):
    file = tmp_path / "simuk.nc"
    tree_of().to_netcdf(file, engine="h5netcdf")
    run = sbc.import_results(file, tmp_path / "run", draws=L)
    assert run.results.query("quantity == 'mu'")["rank"].tolist() == even().tolist()
    assert run.results.query("quantity == 'beta[b]'")["rank"].tolist() == even()[::-1].tolist()
    assert (run.settings.truth, run.expected_uniform) == ("prior", ["simuk"])
    again = sbc.import_results(tree_of("posterior_sbc"), tmp_path / "again", draws=L, name="simuk")
    assert again.settings.truth == "posterior"
    assert again.results["rank"].tolist() == run.results["rank"].tolist()


def test_a_tree_without_ranks_says_what_it_has(tmp_path):
    with pytest.raises(UserError, match="its groups: elsewhere"):
        sbc.import_results(tree_of("elsewhere"), tmp_path / "run", draws=L)
    pits = xr.DataTree.from_dict({"prior_sbc": tree_of()["prior_sbc"].to_dataset() / (L + 1)})
    with pytest.raises(UserError, match="ranks are whole numbers"):
        sbc.import_results(pits, tmp_path / "run", draws=L)


def test_several_files_are_several_methods_on_the_same_datasets(tmp_path):
    for name in ("one", "two"):
        np.save(tmp_path / f"{name}.npy", even() if name == "one" else even()[::-1])
    files = [tmp_path / "one.npy", tmp_path / "two.npy"]
    run = sbc.import_results(files, tmp_path / "run", draws=L)
    assert run.settings.estimators == ("one", "two")
    assert len(run.table()) == 2
    with pytest.raises(UserError, match="two sources hold results of 'one' on the same datasets"):
        sbc.import_results([files[0], files[0]], tmp_path / "twice", draws=L)
