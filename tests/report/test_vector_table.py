"""Vectors in tables: pools, elements on request, and strata of elements."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr
from synthetic import SETTINGS, fits, make_run

from sbc.cli.main import main
from sbc.plugins.errors import UserError, in_shell
from sbc.report.comparison import comparison, render_comparison
from sbc.report.table import render, table
from sbc.stats import metrics
from sbc.stats.vectors import measure
from sbc.store.frames import as_elements, load_run

J = 12
P = [f"p[{j}]" for j in range(J)]
#: Densities of the elements, as a generator's feature gives them.
DENSITY = np.repeat([10.0, 25.0, 35.0], J // 3)


def rows(n=40, seed=0):
    rng = np.random.default_rng(seed)
    q = np.sqrt(0.8) * rng.normal(size=(n, 1)) + np.sqrt(0.2) * rng.normal(size=(n, J))
    streams = {"mu": ndtr(rng.normal(size=n))} | dict(zip(P, ndtr(q).T, strict=True))
    made = fits(streams, failed=[2])
    return [replace(row, features={"density": DENSITY, "size": row.dataset % 2}) for row in made]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vector") / "run"
    return load_run(make_run(folder, rows(), SETTINGS, estimands=["mu", "p"]))


def elements(run):
    return as_elements({key[2]: frame for key, frame in run.streams() if key[2] != "mu"})


def test_a_vector_has_a_row_of_its_own_and_one_an_element(run):
    found = table(run)
    assert found.estimand.tolist() == ["mu", "p[*]", *P]
    assert found.kind.tolist() == ["scalar", "vector", *["element"] * J]
    assert found.n_elements.tolist() == [1, J, *[1] * J]
    assert set(found.n_failed) == {1}
    assert [json.loads(render(run, "json"))[1][name] for name in ("estimand", "n_elements")] == [
        "p[*]",
        J,
    ]


def test_numbers_of_a_vector_are_pooled(run):
    row, pool = table(run).iloc[1], elements(run)
    assert (row.bias, row.bias_mcse) == measure("bias", pool)
    assert (row.rmse, row.rmse_mcse) == measure("rmse", pool)
    names = ("coverage_95", "coverage_95_mcse", "coverage_95_low", "coverage_95_high")
    assert tuple(row[list(names)]) == measure("coverage", pool, kind="quantile")
    bare = table(run).iloc[2:]
    assert row.bias == pytest.approx(bare.bias.mean())
    assert row.bias_mcse > 0.7 * bare.bias_mcse.mean()  # .8 of the variance is shared
    assert (row.ess_min, row.rhat_max) == (bare.ess_min.min(), bare.rhat_max.max())


def test_texts_show_the_pool_and_elements_on_request(run):
    short, long = render(run), render(run, elements=True)
    assert "p[*]" in short
    assert "p[3]" not in short
    assert "--elements shows each" in in_shell(short)
    assert all(name in long for name in ["p[*]", *P])
    assert "p[3]" in render(run, "csv")


def test_a_feature_that_is_an_array_breaks_a_vector_down(run):
    found = table(run, by="density")
    assert found.stratum.tolist() == ["density 10", "density 25", "density 35"]
    assert set(found.estimand) == {"p[*]"}
    assert found.n_elements.tolist() == [4, 4, 4]
    part = elements(run)
    first = replace(part, names=part.names[:4], fits=part.fits[:4], members=part.members[:, :4])
    assert (found.bias[0], found.bias_mcse[0]) == pytest.approx(measure("bias", first))
    assert found.bias.mean() == pytest.approx(table(run).bias[1])


def test_a_feature_of_datasets_breaks_everything_down(run):
    found = table(run, by="size")
    assert found.estimand.value_counts().to_dict() == dict.fromkeys(["mu", "p[*]", *P], 2)
    pools = found[found.kind == "vector"]
    whole = table(run).iloc[1]
    used = pools.n_datasets - pools.n_failed
    assert (pools.bias * used).sum() / used.sum() == pytest.approx(whole.bias)


def test_datasets_that_could_not_be_drawn_are_a_part_of_their_own(tmp_path):
    made = [replace(row, features={"size": row.dataset % 2}) for row in rows(n=10)]
    made[4] = replace(made[4], status="error", results=(), features={})
    run = load_run(make_run(tmp_path / "run", made, SETTINGS, estimands=["mu", "p"]))
    found = table(run, by="size")
    counts = found[found.estimand == "mu"].set_index("stratum")["n_datasets"].to_dict()
    assert counts == {"size 0": 4, "size 1": 5, "size unknown": 1}


def test_an_array_without_a_vector_of_its_length_is_a_mistake(tmp_path):
    made = [replace(row, features={"density": DENSITY[:5]}) for row in rows()]
    run = load_run(make_run(tmp_path / "run", made, SETTINGS, estimands=["mu", "p"]))
    with pytest.raises(UserError, match="element for each value of the feature 'density'"):
        table(run, by="density")


def test_membership_may_change_between_datasets(tmp_path):
    made = [replace(row, features={"density": np.roll(DENSITY, row.dataset)}) for row in rows(n=30)]
    run = load_run(make_run(tmp_path / "run", made, SETTINGS, estimands=["mu", "p"]))
    found = table(run, by="density")
    errors = np.stack([fit.mean - fit.truth for fit in elements(run).fits], axis=1)
    kept = [k for k in range(30) if k != 2]
    ten = np.stack([np.roll(DENSITY, k) == 10 for k in kept])
    assert found.bias[0] == pytest.approx(errors[ten].mean())
    by_dataset = np.where(ten, errors, 0).sum(axis=1) / 4
    assert found.bias_mcse[0] == pytest.approx(metrics.standard_error(by_dataset))


def test_shortest_intervals_are_pooled_too(tmp_path):
    rng = np.random.default_rng(3)
    made = [
        replace(row, results=tuple(
            replace(r, shortest=tuple(np.sort(rng.normal(r.mean, r.sd, 8))))
            for r in row.results
        ))
        for row in rows(n=20)
    ]  # fmt: skip
    run = load_run(make_run(tmp_path / "run", made, SETTINGS, estimands=["mu", "p"]))
    found = table(run, interval="hdi")
    assert found.coverage_80[1] == pytest.approx(found.coverage_80[2:].mean())


def two_estimators(folder):
    made = rows() + [replace(row, estimator="naive") for row in rows(seed=1)]
    settings = replace(SETTINGS, estimators=("mundlak", "naive"))
    return load_run(make_run(folder / "run", made, settings, estimands=["mu", "p"]))


def test_estimators_are_compared_on_whole_vectors_and_on_elements(tmp_path):
    run = two_estimators(tmp_path)
    found = comparison(run)
    assert found.estimand.tolist() == ["mu", "p[*]", *P]
    assert found.kind.tolist() == ["scalar", "vector", *["element"] * J]
    assert found.bias[1] == pytest.approx(found.bias[2:].mean())
    frames = [run.results[run.results.estimator == name] for name in ("mundlak", "naive")]
    a, b = (f[f.quantity.isin(P)].groupby("dataset")["mean"].mean() for f in frames)
    assert found.bias_mcse[1] == pytest.approx(metrics.standard_error((a - b).to_numpy()))
    assert "p[3]" not in render_comparison(run)
    assert "p[3]" in render_comparison(run, elements=True)


@pytest.mark.parametrize("compare", [[], ["--compare"]])
def test_the_command_shows_elements_on_request(tmp_path, capsys, compare):
    folder = str(two_estimators(tmp_path).folder)
    assert main(["table", folder, *compare]) == 0
    assert "p[3]" not in capsys.readouterr().out
    assert main(["table", folder, *compare, "--elements"]) == 0
    assert "p[3]" in capsys.readouterr().out


def test_a_vector_whose_fits_all_failed_keeps_a_row(tmp_path):
    made = [replace(row, status="error", results=()) for row in rows(n=3)]
    run = load_run(make_run(tmp_path / "run", made, SETTINGS, estimands=["mu", "p"]))
    found = table(run)
    assert found.estimand.tolist() == ["mu", "p"]
    assert found.n_failed.tolist() == [3, 3]
    assert "p" in render(run)
