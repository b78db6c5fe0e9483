import json
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from synthetic import SETTINGS, calibrated, fits, make_run

import sbc
from sbc.cli.main import main
from sbc.fitting.resample import sample_again
from sbc.store.database import Store
from sbc.studies.replay import describe, replay, task_of

FILE = "tests/files/normal_mean.py"
NAME = f"{FILE}:normal_mean"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("replay") / "run"
    words = ["run", "--generator", f"{FILE}:normal_world", "--estimator", NAME, "--datasets", "4"]
    assert main([*words, "--seed", "5", "--quiet", "--out", str(path)]) == 0
    return path


def test_a_fit_comes_out_bit_for_bit(folder):
    made = replay(folder, task_of(folder, 3, NAME))
    assert made.stored
    assert made.differences == ()
    assert "identical to the stored fit" in describe(made)


def test_the_page_of_the_run_was_written(folder):
    assert "sbc replay" in (folder / "report.html").read_text(encoding="utf-8")


def test_it_is_said_how_a_fit_differs(folder, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("run.json", "results.sqlite"):
        (copy / name).write_bytes((folder / name).read_bytes())
    run = json.loads((copy / "run.json").read_text())
    run["packages"]["pymc"] = "1.0"
    (copy / "run.json").write_text(json.dumps(run))
    with sqlite3.connect(copy / "results.sqlite") as file:
        file.execute("UPDATE result SET mean = 7 WHERE k = 1 AND quantity = 'theta'")
        file.execute("UPDATE fit SET steps = 1 WHERE k = 1")
        file.execute("DELETE FROM fit WHERE k = 2")
    file.close()
    made = replay(copy, task_of(copy, 1, NAME))
    text = describe(made)
    assert "steps was 1, is" in text
    assert "mean of theta was 7.0, is" in text
    assert "package pymc was 1.0, is" in text
    assert "does not hold this fit yet" in describe(replay(copy, task_of(copy, 2, NAME)))


@pytest.mark.parametrize("engine", ["nutpie"])
def test_everything_of_a_fit_is_saved(folder, tmp_path, capsys, engine):
    file = tmp_path / "deep" / "fit.nc"
    words = ["replay", str(folder), "--dataset", "3", "--estimator", NAME, "--save", str(file)]
    assert main([*words, "--engine", engine]) == 0
    out = capsys.readouterr().out
    assert "identical to the stored fit" in out
    assert f"saved: {file}" in out
    with xr.open_datatree(file, engine="h5netcdf") as tree:
        assert {"posterior", "observed_data", "truth"} <= set(tree.children)
        theta = tree["posterior/theta"].to_numpy()
        with Store.open(folder) as store:
            query = "SELECT mean FROM result WHERE k = 3 AND quantity = 'theta'"
            [(mean,)] = store.rows(query)
        assert theta.mean() == pytest.approx(mean, abs=1e-12)
        assert tree.attrs["dataset"] == 3


def test_draws_come_again_as_they_were_ranked(folder):
    task = task_of(folder, 0, NAME)
    row = replay(folder, task).fit
    draws = sample_again(task, row).values["theta"]
    kept = np.frombuffer(next(r for r in row.results if r.quantity == "theta").draws, "<f8")
    assert np.isin(kept, draws).all()


def test_a_fit_does_not_depend_on_the_dataset_that_its_model_was_compiled_on(tmp_path):
    """The latent model's coordinates depend on the data, and so does the point to start at."""
    from sbc.plugins import registry
    from sbc.plugins.engine import Budget

    generator, estimator = registry.generator("confound"), registry.estimator("latent")
    budget = Budget(draws=30, tune=30, chains=1, target_accept=0.8)
    datasets = [
        estimator.select(generator.draw(np.random.default_rng(k), "prior").data) for k in (0, 1)
    ]
    engine = registry.engine("nutpie")
    first, second = (
        engine.compile(estimator, generator, data).fit(datasets[0], budget, 1).values["beta_XY"]
        for data in datasets
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--dataset", "4", "--estimator", NAME], "has datasets 0 to 3; --dataset cannot be 4"),
        (["--dataset", "-1", "--estimator", NAME], "--dataset cannot be -1"),
        (["--dataset", "0", "--estimator", "naive"], "no estimator called 'naive' in"),
        (["--dataset", "0", "--estimator", NAME, "--engine", "pymc"], "no engine called 'pymc'"),
        (["--estimator", NAME], "required: --dataset"),
    ],
)
def test_mistakes_are_told_in_a_line(folder, capsys, words, text):
    assert main(["replay", str(folder), *words]) == 2
    assert text in capsys.readouterr().err


def test_posteriors_are_drawn_over_each_other(folder, tmp_path, capsys):
    file = tmp_path / "posterior.svg"
    assert main(["posterior", str(folder), "--dataset", "2", "--out", str(file)]) == 0
    drawn = file.read_text(encoding="utf-8")
    assert "theta" in drawn
    assert "normal_mean" in drawn
    assert "truth" in drawn
    assert f"{NAME}: theta" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--dataset", "0", "--out", "x.gif"], "--out must end in .png, .svg, .pdf"),
        (["--dataset", "-2"], "--dataset must be at least 0"),
        (["--dataset", "0", "--estimator", "mundalk"], "Did you mean 'mundlak'?"),
        (["--dataset", "0", "--truth", "self"], "name one with --estimator"),
        (["nowhere", "--dataset", "0"], "no folder nowhere"),
    ],
)
def test_mistakes_about_posteriors_are_told_in_a_line(capsys, words, text):
    assert main(["posterior", *words]) == 2
    assert text in capsys.readouterr().err


def test_python_draws_the_same_posteriors(folder, tmp_path, capsys):
    words = ["posterior", str(folder), "--dataset", "2", "--out", str(tmp_path / "shell.png")]
    assert main(words) == 0
    shown = capsys.readouterr().out
    found = sbc.posterior(dataset=2, run=folder, out=tmp_path / "python.png")
    assert shown == f"{found}\n{tmp_path / 'shell.png'}\n"
    assert (tmp_path / "python.png").stat().st_size > 1000
    assert len(found.draws[NAME]["theta"]) > 100
    assert found.truth.keys() == {"theta"}
    assert "data:image/svg+xml" in found._repr_html_()
    assert len(found.plot().axes) == 1
    again = sbc.load(folder).posterior(2)
    np.testing.assert_array_equal(again.draws[NAME]["theta"], found.draws[NAME]["theta"])
    assert not (tmp_path / "posterior-2.png").exists()


@pytest.mark.parametrize("command", ["explain", "replay", "posterior"])
def test_a_model_that_stands_in_no_file_can_be_handed_over_in_python_alone(
    command, tmp_path, capsys
):
    own = replace(SETTINGS, estimators=("mine",), truth="self", generator="own_data")
    run = make_run(tmp_path / "run", fits({"mu": calibrated(9)}, estimator="mine"), own)
    file = run / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"models": {"mine": "0f"}}))
    more = [] if command == "explain" else ["--dataset", "3"]
    assert main([command, str(run), *more]) == 2
    call = f"{command}({'3' if more else ''})"
    told = f"'mine' of {run} is not in a file: pass it again, "
    told += f"sbc.run({{'mine': model}}, resume='{run}').{call}"
    assert capsys.readouterr().err == f"sbc: error: {told}\n"
