"""Python and the command line: the same settings, defaults, words and mistakes."""

from __future__ import annotations

import argparse
import importlib
import inspect
from dataclasses import replace

import numpy as np
import pytest
from synthetic import SETTINGS, calibrated, fits, make_run, scaled

import sbc
from sbc.cli.main import main
from sbc.fitting import loop, preflight
from sbc.plugins.errors import UserError, in_shell
from sbc.studies.loaded import LoadedRun

#: Options that Python calls otherwise.
SPELLED = {"set": "parameters", "estimand": "estimands", "map": "columns", "kind": "format"}
#: Flags that switch something off are switches in Python: `--quiet` is ``progress=False``.
SWITCHES = {"quiet": "progress", "no_fits": "fits"}
#: What of a command says on which run it works: in Python a method is called on it.
RUNS = {"folder", "folders", "files", "run", "help"}
#: A model of Python's may stand in no file, and then needs a name.
IN_PYTHON = {"name"}
DOORS = {
    "run": (sbc.run, IN_PYTHON, set()),
    # a gate's command knows these to say why it does not take them
    "gate": (sbc.gate, IN_PYTHON, {"datasets", "profile", "shard", "max_failures"}),
    "check": (sbc.check, IN_PYTHON, set()),
    "power": (sbc.power, set(), {"n_max"}),  # an old name
    "merge": (sbc.merge, {"folders"}, set()),
    "import_": (sbc.import_results, {"data"}, set()),
    "explain": (LoadedRun.explain, {"self"}, set()),
    "describe": (LoadedRun.describe, {"self"}, set()),
    "export": (LoadedRun.export, {"self"}, set()),
    # cells and bounds are a sweep's
    "replay": (LoadedRun.replay, {"self"}, {"cell"}),
    "report": (LoadedRun.report, {"self", "beside"}, {"bound"}),
    # a frame has all rows, and is written by its own methods; differences and limits of
    # agreement are `compare`; how measures are written is a text's
    "table": (
        LoadedRun.table,
        {"self"},
        {"kind", "elements", "compare", "bound", "agreement", "errors", "measures"},
    ),
}


def options_of(command):
    parser = argparse.ArgumentParser()
    importlib.import_module(f"sbc.cli.{command}").configure(parser)
    return {action.dest: action for action in parser._actions if action.dest not in RUNS}


def differences(command):
    function, more, fewer = DOORS[command]
    parameters = inspect.signature(function).parameters
    found = []
    options = {n: a for n, a in options_of(command).items() if n not in fewer}
    names = {n: SPELLED.get(n, SWITCHES.get(n, n)) for n in options}
    found += sorted(set(names.values()) ^ (parameters.keys() - more))
    for name, action in options.items():
        if names[name] not in parameters:
            continue
        default, mine = action.default, parameters[names[name]].default
        if name in SWITCHES:
            mine = not mine
        same = default == mine or (default in (None, [], "") and mine in (None, "", ()))
        same |= mine is inspect.Parameter.empty and action.required
        given_later = default is None and name in ("levels", "by")
        if not (same or given_later):
            found.append(f"{name}: {default!r} and {mine!r}")
    return found


@pytest.mark.parametrize("command", DOORS)
def test_a_command_and_its_function_have_the_same_settings_and_defaults(command):
    assert differences(command) == []


def test_a_setting_that_one_door_lacks_is_found(monkeypatch):
    def power(bias=0.5, sd=1.0, *, preset=None):
        """Lack most of it."""

    monkeypatch.setitem(DOORS, "power", (power, set(), {"n_max"}))
    found = differences("power")
    assert "streams" in found
    assert "bias: 0.0 and 0.5" in found


def test_every_command_has_its_function_or_method():
    from sbc.cli.main import COMMANDS

    # of a sweep, or of the lecture; a figure of one dataset; what there is
    others = {"sweep", "design", "lecture", "posterior", "list"}
    known = {name.rstrip("_") for name in DOORS} | others
    assert COMMANDS.keys() <= known


MISTAKES = {
    ("run", "--estimator", "mundalk"): lambda: sbc.run("mundalk"),
    ("run", "--draws", "1"): lambda: sbc.run(draws=1),
    ("run", "--seed", "-1"): lambda: sbc.run(seed=-1),
    ("run", "--jobs", "0"): lambda: sbc.run(jobs=0),
    ("run", "--truth", "efects"): lambda: sbc.run(truth="efects"),
    ("run", "--set", "sd_U=-1"): lambda: sbc.run(parameters={"sd_U": -1}),
    ("run", "--set", "sdU=1"): lambda: sbc.run(parameters={"sdU": 1}),
    ("run", "--engine", "nutpi"): lambda: sbc.run(engine="nutpi"),
    ("run", "--out", "a", "--resume", "b"): lambda: sbc.run(out="a", resume="b"),
    ("run", "--allow-versions"): lambda: sbc.run(allow_versions=True),
    ("run", "--resume", "b", "--overwrite"): lambda: sbc.run(resume="b", overwrite=True),
    ("run", "--reuse"): lambda: sbc.run(reuse=True),
    ("run", "--out", "a", "--reuse", "--overwrite"): lambda: sbc.run(
        out="a", reuse=True, overwrite=True
    ),
    ("run", "--shard", "3/2"): lambda: sbc.run(shard="3/2"),
    ("run", "--datasets", "1", "--shard", "2/2"): lambda: sbc.run(datasets=1, shard="2/2"),
    ("run", "--max-failures", "x"): lambda: sbc.run(max_failures="x"),
    ("run", "--max-time", "soon"): lambda: sbc.run(max_time="soon"),
    ("run", "--fit-timeout", "-1"): lambda: sbc.run(fit_timeout=-1),
    ("run", "--resume", "gone"): lambda: sbc.run(resume="gone"),
    ("gate", "--run", "--estimator", "mundalk"): lambda: sbc.gate("mundalk"),
    ("gate", "--run", "--preset", "daily"): lambda: sbc.gate(preset="daily"),
    ("gate", "--run", "--delta", "3"): lambda: sbc.gate(delta=3),
    ("gate", "--run", "--tolerance", "-1"): lambda: sbc.gate(tolerance=-1),
    ("gate", "--run", "--tolerance", "1"): lambda: sbc.gate(tolerance=1),
    ("gate", "--run", "--config", "no.toml"): lambda: sbc.gate(config="no.toml"),
    ("gate", "--run", "--jobs", "0"): lambda: sbc.gate(jobs=0),
    ("gate", "--run", "--baseline", "gone"): lambda: sbc.gate(baseline="gone"),
    ("gate", "--run", "--expect", "mundalk=calibrated"): lambda: sbc.gate(
        expect={"mundalk": "calibrated"}
    ),
    ("gate", "--run"): sbc.gate,
    ("check", "--alpha-fail", "2"): lambda: sbc.check(alpha_fail=2),
    ("check", "--datasets", "0"): lambda: sbc.check(datasets=0),
    ("power", "--preset", "daily"): lambda: sbc.power(preset="daily"),
    ("power", "--sd", "-1"): lambda: sbc.power(sd=-1),
    ("power", "--seed", "-1"): lambda: sbc.power(seed=-1),
    ("merge", "gone", "--out", "x"): lambda: sbc.merge(["gone"], "x"),
    ("import", "gone.csv", "--out", "x"): lambda: sbc.import_results("gone.csv", "x"),
    ("import", "gone.csv", "--out", "x", "--seed", "-1"): lambda: sbc.import_results(
        "gone.csv", "x", seed=-1
    ),
    ("table", "gone"): lambda: sbc.load("gone"),
}


@pytest.mark.parametrize("argv", MISTAKES, ids=" ".join)
def test_a_mistake_is_told_in_the_same_words(argv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(list(argv)) == 2
    told = capsys.readouterr().err.removeprefix("sbc: error: ").rstrip("\n")
    with pytest.raises(UserError) as mistake:
        MISTAKES[argv]()
    assert in_shell(mistake.value.neutral) == told
    assert "\ue000" not in str(mistake.value)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def made_up(monkeypatch):
    """Make up the fits of every estimator: mundlak is calibrated, naive too sure."""
    streams = {"mundlak": calibrated(400), "naive": scaled(0.4, 400)}

    def fake(settings, store, jobs, progress=True, **_):
        done = store.done()
        for name in settings.estimators:
            for row in fits({"beta_XY": streams[name][: settings.datasets]}, estimator=name):
                if (row.dataset, name, "nutpie") not in done:
                    store.add(row)

    monkeypatch.setattr(loop, "execute", fake)
    monkeypatch.setattr(preflight, "estimands", lambda settings: {})
    monkeypatch.setattr(preflight, "lines", lambda settings: {})


def test_a_gate_says_the_same_by_both_doors(made_up, tmp_path, capsys):
    expect = {"mundlak:beta_XY": "calibrated", "naive:beta_XY": {"bias": 0.5}}
    words = [w for n, v in (("mundlak", "calibrated"), ("naive", "{bias = 0.5}"))
             for w in ("--expect", f"{n}:beta_XY={v}")]  # fmt: skip
    argv = ["gate", "--run", "--estimator", "mundlak,naive", *words, "--preset", "smoke"]
    code = main([*argv, "--quiet", "--out", str(tmp_path / "shell")])
    shown = capsys.readouterr().out
    files = {
        "json": tmp_path / "a.json",
        "junit": tmp_path / "a.xml",
        "markdown": tmp_path / "a.md",
    }
    gate = sbc.gate(["mundlak", "naive"], expect=expect, preset="smoke", progress=False,
                    out=tmp_path / "python", **files)  # fmt: skip
    assert shown == f"{gate}\n\nrun folder: {tmp_path / 'shell'}\n".replace(
        str(gate.folder), str(tmp_path / "shell")
    )
    assert gate.exit_code == code
    assert all(file.is_file() for file in files.values())
    # and of a run that is there
    again = sbc.load(gate.folder).gate(expect=expect, preset="smoke")
    assert str(again) == str(gate)
    assert main(["gate", str(gate.folder), *words, "--preset", "smoke"]) == code
    assert capsys.readouterr().out == f"{again}\n"


def test_a_quantity_of_a_single_estimator_needs_no_more_than_its_name(made_up, tmp_path):
    gate = sbc.gate("mundlak", expect={"beta_XY": "calibrated"}, preset="smoke", progress=False,
                    out=tmp_path / "run")  # fmt: skip
    assert gate.outcome == "pass"
    assert [v.check.quantity for v in gate.verdicts] == ["beta_XY"]
    with pytest.raises(UserError, match="no quantity called 'beta_XZ'"):
        sbc.load(gate.folder).gate(expect="beta_XZ=calibrated")


def test_a_baseline_alone_compares_and_asks_for_nothing_else(tmp_path, capsys):
    own = replace(SETTINGS, truth="self")
    rows = fits({"beta_XY": scaled(0.4), "log_likelihood": calibrated(seed=1)}, source="mundlak")
    folder, before = (
        make_run(tmp_path / name, rows, own, expected_uniform=["mundlak"])
        for name in ("now", "before")
    )
    assert sbc.load(folder).gate().outcome == "fail"  # its ranks are not uniform
    gate = sbc.load(folder).gate(baseline=before)
    assert gate.outcome == "pass"
    assert {type(v.check.expectation).__name__ for v in gate.verdicts} == {"Unmoved"}
    assert main(["gate", str(folder), "--baseline", str(before)]) == 0
    assert str(gate) in capsys.readouterr().out
    asked = sbc.load(folder).gate(baseline=before, expect="mundlak:beta_XY=calibrated")
    assert asked.outcome == "fail"


def test_power_says_the_same_by_both_doors(capsys):
    assert main(["power", "--bias", "0.5", "--studies", "50"]) == 0
    found = sbc.power(0.5, studies=50)
    assert capsys.readouterr().out == f"{found}\n"
    assert found.needed is not None
    assert sbc.power(0.01, studies=50, max_datasets=50).needed is None


def test_a_run_gives_way_once_the_new_one_is_there(made_up, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    first = sbc.run("mundlak", out=folder, datasets=20, progress=False)
    (folder / "report.html").write_text("old")
    with pytest.raises(UserError, match="exists already"):
        sbc.run("mundlak", out=folder, datasets=30, progress=False)
    again = sbc.run("mundlak", out=folder, datasets=30, overwrite=True, progress=False)
    assert (len(first.fits), len(again.fits)) == (20, 30)
    assert not (folder / "report.html").exists()
    # a run that cannot be made leaves the old one
    monkeypatch.setattr(preflight, "estimands", lambda settings: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sbc.run("mundlak", out=folder, datasets=40, overwrite=True, progress=False)
    assert len(sbc.load(folder).fits) == 30
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


def test_only_a_run_gives_way(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(UserError, match="is not a run"):
        sbc.run("mundlak", out=tmp_path / "letters", overwrite=True)
    assert (tmp_path / "letters" / "a.txt").read_text() == "dear"


def test_what_is_shown_in_a_notebook_is_words_and_no_orders(tmp_path):
    own = replace(SETTINGS, truth="self")
    rows = fits({"<b>": scaled(0.4), "log_likelihood": calibrated(seed=1)}, source="mundlak")
    run = sbc.load(
        make_run(tmp_path / "run", rows, own, expected_uniform=["mundlak"], estimands=["<b>"])
    )
    shown = run._repr_html_()
    assert "<table" in shown
    assert "<b>" not in shown
    assert "color:#cf222e" in shown  # its ranks are not uniform, and are expected to be
    assert "run.report() writes the page" in shown
    page = run.folder / "report.html"
    page.touch()
    assert page.resolve().as_uri() in run._repr_html_()
    assert repr(run) == f"<run {run.folder}: 200 datasets, mundlak by nutpie>"
    assert str(run).startswith("generator confound, truth 'self'")
    verdicts = run.gate()._repr_html_()
    assert "FAIL" in verdicts
    assert "<b>" not in verdicts


@pytest.mark.parametrize("name", ["ranks", "ecdf", "coverage", "zip", "recovery"])
def test_figures_come_as_axes_or_on_axes_that_are_given(name, tmp_path):
    from matplotlib import pyplot as plt

    rows = fits({"beta_XY": calibrated(40), "beta_ZY": calibrated(40, seed=1)})
    run = sbc.load(make_run(tmp_path / "run", rows))
    draw = getattr(run, f"plot_{name}")
    axes = draw("beta_XY")
    assert axes.get_xlabel()
    assert axes.figure.number in plt.get_fignums()  # so that a notebook shows it
    _, mine = plt.subplots()
    assert draw("beta_XY", ax=mine) is mine
    assert mine.get_xlabel() == axes.get_xlabel()
    plt.close("all")
    with pytest.raises(UserError, match="name the quantity: beta_XY, beta_ZY"):
        draw()
    with pytest.raises(UserError, match="Did you mean 'beta_XY'"):
        draw("beta_X")
    with pytest.raises(UserError, match="no estimator called 'naive'"):
        draw("beta_XY", estimator="naive")


def test_arviz_draws_what_the_tree_holds(tmp_path):
    import arviz as az

    n = 200
    rows = fits({"beta_XY": calibrated(n), "beta_ZY": scaled(0.4, n)})
    run = sbc.load(make_run(tmp_path / "run", rows))
    tree = run.to_datatree()
    assert np.allclose(np.sort(tree["prior_sbc"]["beta_XY"])[0, 0], 0.5 / n, atol=1e-6)
    az.plot_ecdf_pit(tree, backend="none")
    az.plot_rank(tree, group="sbc_rank", backend="none")
    # what ArviZ finds: nothing of even ranks, and the posterior that is too narrow
    ranks = tree["sbc_rank"].to_dataset()
    assert ranks.sizes == {"chain": 4, "draw": n}
    even, narrow = (_p_of_chains(ranks[name]) for name in ("beta_XY", "beta_ZY"))
    assert narrow < 1e-6
    assert even > 1e-3
    assert run.to_datatree().identical(tree)


def _p_of_chains(chains):
    """Test, as `plot_rank` does, whether chains hold draws of one distribution."""
    import arviz_stats  # noqa: F401 - brings the accessor
    import xarray as xr

    pool = np.sort(chains.values.ravel())
    share = np.searchsorted(pool, chains.values, side="right") / pool.size
    ranks = xr.DataArray(share, dims=chains.dims, coords=chains.coords)
    p, *_ = ranks.azstats.mchain_uniformity_test()
    return float(p)
