"""Python and the command line: the same settings, defaults, words and mistakes."""

from __future__ import annotations

import argparse
import importlib
import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import SETTINGS, calibrated, fits, make_run, scaled

import sbc
from sbc.cli.gate import RUN_OPTIONS as FITTING
from sbc.cli.main import main
from sbc.fitting import loop, preflight
from sbc.plugins.errors import UserError, in_shell
from sbc.studies.loaded import LoadedRun, LoadedSweep

#: Options that Python calls otherwise.
SPELLED = {
    **{"set": "parameters", "estimand": "estimands", "map": "columns", "kind": "format"},
    "bound": "bounds",
}
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
    "sweep": (sbc.sweep, IN_PYTHON, set()),
    "design": (sbc.design, IN_PYTHON, {"shard"}),  # the command says why it takes none
    # on which run it works: with its folder, a function takes settings from there as well
    "posterior": (sbc.posterior, {*IN_PYTHON, "run"}, set()),
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


#: The same of a sweep: every command that takes its folder.
SWEPT = {
    "table": (
        LoadedSweep.table,
        {"self"},
        {"kind", "elements", "compare", "agreement", "errors", "measures"},
    ),
    "report": (LoadedSweep.report, {"self", "beside"}, set()),
    "describe": (LoadedSweep.describe, {"self"}, set()),
    "export": (LoadedSweep.export, {"self"}, set()),
    "replay": (LoadedSweep.replay, {"self"}, set()),
    "gate": (LoadedSweep.gate, {"self"}, FITTING),
}
#: And what a command does with a run that its functions do not, or by a method of fewer settings.
JUDGED = {"gate": (LoadedRun.gate, {"self"}, FITTING)}


def options_of(command):
    parser = argparse.ArgumentParser()
    importlib.import_module(f"sbc.cli.{command}").configure(parser)
    return {action.dest: action for action in parser._actions if action.dest not in RUNS}


def differences(command, doors=DOORS):
    function, more, fewer = doors[command]
    parameters = inspect.signature(function).parameters
    found = []
    options = {n: a for n, a in options_of(command).items() if n not in fewer}
    names = {n: SPELLED.get(n, SWITCHES.get(n, n)) for n in options}
    found += sorted(set(names.values()) ^ (parameters.keys() - more))
    for name, action in options.items():
        if names[name] not in parameters:
            continue
        if wrong := other_type(action, str(parameters[names[name]].annotation)):
            found.append(f"{name}: {wrong}")
        default, mine = action.default, parameters[names[name]].default
        if name in SWITCHES:
            mine = not mine
        same = default == mine or (default in (None, [], "") and mine in (None, "", ()))
        same |= mine is inspect.Parameter.empty and action.required
        given_later = default is None and name in ("levels", "by")
        if not (same or given_later):
            found.append(f"{name}: {default!r} and {mine!r}")
    return found


def other_type(action, annotation):
    """Say whether Python's type is another than the command's; empty if they agree."""
    kinds = {int: ["int"], float: ["float"], Path: ["Path"]}.get(action.type, [])
    if isinstance(action, argparse._StoreTrueAction):
        kinds = ["bool"]
    elif isinstance(action, argparse._AppendAction):
        kinds = ["Mapping", "Iterable", "Nulls", "Ropes", "Expected"]
    elif action.type is None:
        kinds = ["str", "Named", "Sequence", "float"]  # several in a text, a number with a unit
    return "" if any(kind in annotation for kind in kinds) else f"{kinds} and {annotation}"


@pytest.mark.parametrize("command", DOORS)
def test_a_command_and_its_function_have_the_same_settings_types_and_defaults(command):
    assert differences(command) == []


@pytest.mark.parametrize("command", SWEPT)
def test_a_command_on_a_sweep_and_the_method_of_one_agree(command):
    assert differences(command, SWEPT) == []


@pytest.mark.parametrize("command", JUDGED)
def test_a_command_on_a_run_and_the_method_of_one_agree(command):
    assert differences(command, JUDGED) == []


def test_methods_of_a_run_and_of_a_sweep_take_what_they_share_in_one_order():
    for name in {name for name in dir(LoadedSweep) if name in dir(LoadedRun)}:
        both = [getattr(kind, name) for kind in (LoadedRun, LoadedSweep)]
        if name.startswith("_") or not all(map(inspect.isfunction, both)):
            continue
        mine, its = (inspect.signature(one).parameters for one in both)
        shared = [n for n in its if n in mine]
        assert [n for n in mine if n in its] == shared, name
        assert [its[n].kind for n in shared] == [mine[n].kind for n in shared], name
        assert [its[n].default for n in shared if n not in ("expect", "levels")] == [
            mine[n].default for n in shared if n not in ("expect", "levels")
        ], name


def test_a_setting_that_one_door_lacks_is_found(monkeypatch):
    def power(bias: float = 0.5, sd: str = 1.0, *, preset: str | None = None):
        """Lack most of it."""

    monkeypatch.setitem(DOORS, "power", (power, set(), {"n_max"}))
    found = differences("power")
    assert "streams" in found
    assert any(one.startswith("sd: ['float'] and ") for one in found)
    assert "bias: 0.0 and 0.5" in found


def test_every_command_has_its_function_or_method():
    from sbc.cli.main import COMMANDS

    # the lecture is this repository's own; names are listed for who types them
    others = {"lecture", "list"}
    known = {name.rstrip("_") for name in DOORS} | others
    assert COMMANDS.keys() <= known
    # and every command that takes a folder, where that is a sweep's
    assert {"explain", "merge", "posterior"} | SWEPT.keys() == {
        name for name in COMMANDS if {"folder", "folders"} & all_options_of(name).keys()
    }


def all_options_of(name):
    parser = argparse.ArgumentParser()
    module = f"sbc.cli.{'import_' if name == 'import' else name}"
    importlib.import_module(module).configure(parser)
    return {action.dest: action for action in parser._actions}


SD_U, VARY = ("--vary", "sd_U=0,1"), {"sd_U": [0, 1]}
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
    ("power", "--precision", "bais=1"): lambda: sbc.power(precision={"bais": 1}),
    ("power", "--pilot", "x"): lambda: sbc.power(pilot="x"),
    ("power", "--level", "2"): lambda: sbc.power(level=2),
    ("power", "--streams", "0"): lambda: sbc.power(streams=0),
    ("check", "--estimator", "mundalk"): lambda: sbc.check("mundalk"),
    ("sweep",): sbc.sweep,
    ("sweep", "--vary", "n_row=1,2"): lambda: sbc.sweep(vary={"n_row": [1, 2]}),
    ("sweep", *SD_U, "--bound", "bais=1"): lambda: sbc.sweep(vary=VARY, bounds={"bais": 1}),
    ("sweep", *SD_U, "--precision", "bais=1"): lambda: sbc.sweep(vary=VARY, precision={"bais": 1}),
    ("sweep", *SD_U, "--max-datasets", "0"): lambda: sbc.sweep(vary=VARY, max_datasets=0),
    ("sweep", *SD_U, "--budget", "0"): lambda: sbc.sweep(vary=VARY, budget=0),
    ("sweep", *SD_U, "--draws", "1"): lambda: sbc.sweep(vary=VARY, draws=1),
    ("sweep", *SD_U, "--shard", "3/2"): lambda: sbc.sweep(vary=VARY, shard="3/2"),
    ("sweep", *SD_U, "--jobs", "0"): lambda: sbc.sweep(vary=VARY, jobs=0),
    ("sweep", *SD_U, "--max-failures", "x"): lambda: sbc.sweep(vary=VARY, max_failures="x"),
    ("sweep", *SD_U, "--max-time", "soon"): lambda: sbc.sweep(vary=VARY, max_time="soon"),
    ("sweep", *SD_U, "--cells", "x.csv"): lambda: sbc.sweep(vary=VARY, cells="x.csv"),
    ("sweep", "--cells", "x.csv"): lambda: sbc.sweep(cells="x.csv"),
    ("sweep", "--resume", "gone"): lambda: sbc.sweep(resume="gone"),
    ("sweep", "--resume", "b", "--overwrite"): lambda: sbc.sweep(resume="b", overwrite=True),
    ("sweep", *SD_U, "--data", "x.csv"): lambda: sbc.sweep(vary=VARY, data="x.csv"),
    ("design", "--estimator", "mundlak", *SD_U): lambda: sbc.design("mundlak", vary=VARY),
    ("design", "--estimator", "mundlak", "--width-95", "1"): lambda: sbc.design(
        "mundlak", width_95=1
    ),
    ("design", "--estimator", "mundlak", *SD_U, "--width-95", "-1"): lambda: sbc.design(
        "mundlak", vary=VARY, width_95=-1
    ),
    ("design", "--estimator", "mundlak", *SD_U, "--width-95", "1", "--assurance", "2"): (
        lambda: sbc.design("mundlak", vary=VARY, width_95=1, assurance=2)
    ),
    ("design", "--estimator", "naive,mundlak", *SD_U, "--width-95", "1"): lambda: sbc.design(
        ["naive", "mundlak"], vary=VARY, width_95=1
    ),
    ("design", "--resume", "gone"): lambda: sbc.design(resume="gone"),
    ("posterior", "--dataset", "-1"): lambda: sbc.posterior(dataset=-1),
    ("posterior", "--dataset", "0", "--out", "x.gif"): lambda: sbc.posterior(
        dataset=0, out="x.gif"
    ),
    ("posterior", "--dataset", "0", "--truth", "self"): lambda: sbc.posterior(
        dataset=0, truth="self"
    ),
    ("posterior", "--dataset", "0", "--cell", "1"): lambda: sbc.posterior(dataset=0, cell=1),
    ("posterior", "gone", "--dataset", "0"): lambda: sbc.posterior(dataset=0, run="gone"),
    ("posterior", "--dataset", "0", "--engine", "nutpi"): lambda: sbc.posterior(
        dataset=0, engine="nutpi"
    ),
    **{
        (command, "gone", *more): lambda: sbc.load("gone")
        for command, *more in (
            *(("table",), ("report",), ("gate",), ("explain",), ("describe",), ("export",)),
            ("replay", "--dataset", "0"),
        )
    },
}
#: Mistakes about a run that is there, of two estimators.
ABOUT_A_RUN = {
    ("table", "--by", "nope"): lambda run: run.table(by="nope"),
    ("table", "--levels", "2"): lambda run: run.table(levels=[2]),
    ("table", "--interval", "hdi", "--levels", "0.7"): lambda run: run.table(
        interval="hdi", levels=[0.7]
    ),
    ("table", "--null", "beta_X=1"): lambda run: run.table(null={"beta_X": 1}),
    ("table", "--rope", "beta_X=0,1"): lambda run: run.table(rope={"beta_X": (0, 1)}),
    ("table", "--rope", "beta_XY=1,0"): lambda run: run.table(rope={"beta_XY": (1, 0)}),
    ("table", "--reference", "mundalk"): lambda run: run.table(reference="mundalk"),
    ("gate",): lambda run: run.gate(),
    ("gate", "--preset", "daily"): lambda run: run.gate(preset="daily"),
    ("gate", "--delta", "3"): lambda run: run.gate(delta=3),
    ("gate", "--max-datasets", "0"): lambda run: run.gate(max_datasets=0),
    ("gate", "--config", "no.toml"): lambda run: run.gate("no.toml"),
    ("gate", "--tolerance", "1"): lambda run: run.gate(tolerance=1),
    ("gate", "--baseline", "gone"): lambda run: run.gate(baseline="gone"),
    ("gate", "--expect", "mundalk:b=calibrated"): lambda run: run.gate(
        expect={"mundalk:b": "calibrated"}
    ),
    ("gate", "--expect", "mundlak:beta_X=calibrated"): lambda run: run.gate(
        expect={"mundlak:beta_X": "calibrated"}
    ),
    ("gate", "--expect", "mundlak:beta_XY={coverge = 1}"): lambda run: run.gate(
        expect={"mundlak:beta_XY": {"coverge": 1}}
    ),
    ("gate", "--expect", "mundlak=calibrated", "--json", "no/such/file"): lambda run: run.gate(
        expect="mundlak=calibrated", json="no/such/file"
    ),
    ("replay", "--dataset", "0"): lambda run: run.replay(0),
    ("replay", "--dataset", "999", "--estimator", "naive"): lambda run: run.replay(999, "naive"),
    ("replay", "--dataset", "0", "--estimator", "nobody"): lambda run: run.replay(0, "nobody"),
    ("report", "--field", "zipp"): lambda run: run.report(field=["zipp"]),
    ("posterior", "--dataset", "0", "--engine", "nutpi"): lambda run: run.posterior(
        0, engine="nutpi"
    ),
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


@pytest.mark.parametrize("argv", ABOUT_A_RUN, ids=" ".join)
def test_a_mistake_about_a_run_is_told_in_the_same_words(argv, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    two = replace(SETTINGS, estimators=("naive", "mundlak"))
    rows = [
        row for name in two.estimators for row in fits({"beta_XY": calibrated(9)}, estimator=name)
    ]
    folder = make_run(tmp_path / "run", rows, two)
    command, *more = argv
    assert main([command, str(folder), *more]) == 2
    told = capsys.readouterr().err.removeprefix("sbc: error: ").rstrip("\n")
    with pytest.raises(UserError) as mistake:
        ABOUT_A_RUN[argv](sbc.load(folder))
    assert in_shell(mistake.value.neutral) == told


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
