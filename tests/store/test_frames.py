"""Runs as frames: what failed is counted and not used, what is damaged is told."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from sbc.plugins.data import LOG_LIKELIHOOD
from sbc.plugins.errors import UserError
from sbc.store.database import Store
from sbc.store.frames import as_fits, load_run
from sbc.store.rows import FAILED, PROBABILITIES
from sbc.store.schema import RESULTS_FILE


def with_log_likelihood(fit):
    extra = replace(fit.results[0], quantity=LOG_LIKELIHOOD)
    return replace(fit, results=(*fit.results, extra))


def change(folder, statement):
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as connection:
        connection.execute(statement)
        connection.commit()


def test_one_row_a_fit_and_one_a_fit_and_quantity(new_run, new_fit):
    run = load_run(new_run([new_fit(k) for k in (2, 0, 1)]))
    assert run.fits.dataset.tolist() == [0, 1, 2]
    assert run.results.dataset.tolist() == [0, 0, 1, 1, 2, 2]
    assert run.results.quantity.tolist() == ["beta_XY", "beta_ZY"] * 3
    first = new_fit(0).results[0]
    row = run.results.iloc[0]
    assert (row.truth, row["mean"], row.sd, row["rank"]) == (
        first.truth,
        first.mean,
        first.sd,
        first.rank,
    )
    assert row.pit == (first.rank + first.jitter) / 128
    assert run.fits.status.tolist() == ["ok"] * 3


def test_the_settings_and_the_folder_come_along(new_run, new_settings):
    settings = new_settings(parameters={"n_rows": 50})
    run = load_run(str(new_run(settings=settings)))
    assert run.settings == settings
    assert run.folder.name == "run"
    assert run.provenance["expected_uniform"] == run.expected_uniform == []
    assert run.estimands("naive") == ["beta_XY", "beta_ZY"]


@pytest.mark.parametrize("status", FAILED)
def test_results_of_failed_fits_are_left_out_and_their_rows_kept(new_run, new_fit, status):
    run = load_run(new_run([new_fit(0), new_fit(1, status=status, error="no")]))
    assert run.fits.status.tolist() == ["ok", status]
    assert run.fits.error.tolist() == ["", "no"]
    assert set(run.results.dataset) == {0}


@pytest.mark.parametrize("status", ["ok", "low_ess", "divergent"])
def test_results_of_fits_that_worked_are_used(new_run, new_fit, status):
    assert len(load_run(new_run([new_fit(status=status)])).results) == 2


def test_columns_have_their_types_however_few_the_rows(new_run, new_fit):
    empty, full = load_run(new_run(name="a")), load_run(new_run([new_fit()], name="b"))
    assert (len(empty.fits), len(empty.results)) == (0, 0)
    assert empty.fits.dtypes.to_dict() == full.fits.dtypes.to_dict()
    assert empty.results.dtypes.to_dict() == full.results.dtypes.to_dict()


def test_a_column_of_nan_is_a_column_of_numbers(new_run, new_fit):
    results = tuple(replace(r, crps=np.nan, rhat=np.inf) for r in new_fit().results)
    run = load_run(new_run([new_fit(results=results)]))
    assert run.results.crps.dtype == float
    assert run.results.crps.isna().all()
    assert np.isposinf(run.results.rhat).all()


def test_streams_come_in_the_order_of_the_run_and_of_the_datasets(new_run, new_fit, new_settings):
    settings = new_settings(estimators=("mundlak", "fixed"))
    fits = [new_fit(k, name) for k in (1, 0) for name in ("fixed", "mundlak")]
    run = load_run(new_run(fits, settings))
    keys = [key for key, _ in run.streams()]
    assert keys == [
        ("mundlak", "nutpie", "beta_XY"),
        ("mundlak", "nutpie", "beta_ZY"),
        ("fixed", "nutpie", "beta_XY"),
        ("fixed", "nutpie", "beta_ZY"),
    ]
    assert all(frame.dataset.tolist() == [0, 1] for _, frame in run.streams())


def test_the_log_likelihood_is_ranked_but_no_estimand(new_run, new_fit):
    run = load_run(new_run([with_log_likelihood(new_fit())]))
    quantities = [key[2] for key, _ in run.streams()]
    assert quantities == ["beta_XY", "beta_ZY", LOG_LIKELIHOOD]
    assert [key[2] for key, _ in run.streams(estimands_only=True)] == ["beta_XY", "beta_ZY"]


def test_elements_of_a_vector_are_estimands_of_its_name(new_run, new_fit):
    names = ("beta_XY[0]", "beta_XY[1]")
    results = zip(new_fit().results, names, strict=True)
    elements = tuple(replace(result, quantity=name) for result, name in results)
    run = load_run(new_run([new_fit(results=elements)]))
    assert [key[2] for key, _ in run.streams(estimands_only=True)] == list(names)


def test_who_owes_uniform_ranks_is_read_from_the_run(new_run, new_settings):
    settings = new_settings(truth="self")
    assert load_run(new_run(settings=settings, name="a")).expected_uniform == []
    folder = new_run(settings=settings, name="b")
    text = (folder / "run.json").read_text()
    (folder / "run.json").write_text(text.replace('uniform": []', 'uniform": ["naive"]'))
    assert load_run(folder).expected_uniform == ["naive"]


def test_features_are_indexed_by_dataset(new_run, new_fit, new_settings):
    fits = [new_fit(k, name) for k in (1, 0) for name in ("naive", "fixed")]
    run = load_run(new_run(fits, new_settings(estimators=("naive", "fixed"))))
    features = run.features()
    assert features.index.tolist() == [0, 1]
    assert features.events.tolist() == [0.0, 1.0]


def test_features_are_an_estimator_s_own_where_its_datasets_are(new_run, new_fit, new_settings):
    fits = [
        new_fit(0, name, source=name, features={"events": value})
        for name, value in (("naive", 1.0), ("fixed", 2.0))
    ]
    run = load_run(new_run(fits, new_settings(estimators=("naive", "fixed"))))
    assert run.features("naive").events.tolist() == [1.0]
    assert run.features("fixed").events.tolist() == [2.0]


def test_fits_of_a_stream_become_the_arrays_of_metrics(new_run, new_fit):
    run = load_run(new_run([new_fit(k) for k in range(4)]))
    (_, frame), _ = run.streams()
    fits = as_fits(frame)
    expected = [new_fit(k).results[0] for k in range(4)]
    assert fits.truth.tolist() == [r.truth for r in expected]
    assert fits.prior_var == pytest.approx(np.var([r.truth for r in expected], ddof=1))
    assert tuple(fits.quantiles) == PROBABILITIES
    for i, p in enumerate(PROBABILITIES):
        assert fits.quantiles[p].tolist() == [r.quantiles[i] for r in expected]


def test_one_truth_has_no_variance(new_run, new_fit):
    run = load_run(new_run([new_fit(0)]))
    (_, frame), _ = run.streams()
    assert as_fits(frame).prior_var is None
    assert as_fits(frame.iloc[:0]).truth.shape == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE result SET rank = 500",
        "UPDATE result SET jitter = 2",
        "ALTER TABLE result DROP COLUMN jitter",
        "ALTER TABLE fit DROP COLUMN status",
    ],
)
def test_values_that_cannot_be_are_told(new_run, new_fit, statement):
    folder = new_run([new_fit()])
    change(folder, statement)
    with pytest.raises(UserError, match=r"results\.sqlite (is damaged|cannot be read): "):
        load_run(folder)


def test_features_that_are_not_json_are_told(new_run, new_fit):
    folder = new_run([new_fit()])
    change(folder, "UPDATE dataset SET features = '{'")
    with pytest.raises(UserError, match="is damaged"):
        load_run(folder).features()


def test_a_run_under_way_is_read_as_of_one_moment(new_run, new_fit, monkeypatch):
    # A fit that arrives between the two queries is in neither frame.
    folder = new_run([new_fit(0)])
    with Store.open(folder, write=True) as writer:
        import sbc.store.frames as module

        query = module._frame

        def frame(store, *arguments):
            found = query(store, *arguments)
            writer.add(new_fit(len(writer.done())))
            writer._commit()
            return found

        monkeypatch.setattr(module, "_frame", frame)
        run = load_run(folder)
    assert set(run.fits.dataset) == set(run.results.dataset) == {0}


def test_reading_changes_nothing(new_run, new_fit):
    folder = new_run([new_fit()])
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    load_run(folder).features()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def unranked(fit):
    bare = {"rank": 0, "ties": 0, "size": 0, "jitter": np.nan, "draws": b""}
    return replace(fit, results=tuple(replace(r, **bare) for r in fit.results))


def test_an_estimate_without_draws_has_no_rank_and_no_pit(new_run, new_fit):
    run = load_run(new_run([unranked(new_fit(0)), new_fit(1)]))
    first, other = (run.results[run.results.dataset == k] for k in (0, 1))
    assert first[["rank", "ties", "size", "jitter", "pit"]].isna().all(axis=None)
    assert first[["mean", "sd", "q025"]].notna().all(axis=None)
    assert other[["rank", "size", "pit"]].notna().all(axis=None)
    whole = load_run(new_run([new_fit(0), new_fit(1)], name="whole"))
    assert np.array_equal(other["pit"], whole.results[whole.results.dataset == 1]["pit"])
    assert whole.results["rank"].dtype == "int64"


@pytest.mark.parametrize("damage", ["size = 0", "size = -1", "jitter = NULL"])
def test_a_rank_among_no_draws_is_damage(new_run, new_fit, damage):
    folder = new_run([new_fit(0)])
    change(folder, f"UPDATE result SET {damage}")
    with pytest.raises(UserError, match="is damaged"):
        load_run(folder)
