"""The command line: help, lists, tables, and every mistake of a user told in a line or two."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from sbc import __version__
from sbc.cli.main import COMMANDS, main
from sbc.plugins import catalogue, registry
from sbc.store.schema import SCHEMA


@pytest.fixture(autouse=True)
def _signals():
    """Leave the handlers that a run installs to that run."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder, so that a run that should not be made would be seen."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def mistake(capsys):
    """Give a function that makes a mistake and returns the lines in which it is told."""

    def make(*argv):
        assert main(list(argv)) == 2
        told = capsys.readouterr()
        assert told.out == ""
        lines = told.err.splitlines()
        assert lines[0].startswith("sbc: error: ")
        assert len(lines) <= 2
        assert all(line.startswith(("  available: ", "  see: ")) for line in lines[1:])
        return [lines[0].removeprefix("sbc: error: "), *lines[1:]]

    return make


def answer(capsys, *argv):
    assert main(list(argv)) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def module(*argv, **options):
    return subprocess.run(
        [sys.executable, "-m", "sbc", *argv], capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize("argv", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_says_what_there_is(capsys, argv):
    with pytest.raises(SystemExit) as left:
        main(argv)
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: sbc")
    words = COMMANDS if len(argv) == 1 else ["--help"]
    assert all(word in said for word in words)


def test_version_is_the_package_s(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"sbc {__version__}\n"


def test_list_names_everything_with_its_description(capsys):
    said = answer(capsys, "list")
    for kind in ("estimator", "generator", "engine"):
        assert f"{kind}s" in said
        for name in catalogue.names(kind):
            assert catalogue.describe(kind, name) in said
    for regime in registry.generator("confound").regimes:
        assert f"--truth {regime}: " in said
    assert "n_groups=30" in said


# What is wrong with it, the words, and the second line's beginning: every mistake of `sbc run`.
WRONG = [
    ([], "the following arguments are required: COMMAND", "  see: sbc --help"),
    (["rnu"], "no command called 'rnu'. Did you mean 'run'?", "  available: "),
    (["--hlep"], "no option called '--hlep'. Did you mean '--help'?", "  available: "),
    (["run", "extra"], "unrecognized arguments: extra", "  see: sbc --help"),
    (["run", "-x"], "unrecognized arguments: -x", "  see: sbc --help"),
    (["run", "--estimater", "naive"], "Did you mean '--estimator'?", "  available: "),
    (["run", "--estimater=naive"], "no option called '--estimater'", "  available: "),
    (["run", "--dataset", "3"], "Did you mean '--datasets'?", "  available: "),
    (["run", "--datasets"], "argument --datasets: expected one argument", "  see: sbc run --help"),
    (["run", "--estimator", "mundalk"], "Did you mean 'mundlak'?", "  available: "),
    (["run", "--estimator", "naive,mundalk"], "no estimator called 'mundalk'", "  available: "),
    (["run", "--estimator", "naive,naive"], "an estimator is named twice", None),
    (["run", "--estimator", ""], "no estimator named", None),
    (["run", "--estimator", " , "], "no estimator named", None),
    (["run", "--estimator", "gone.py:mine"], "no file gone.py to take the estimator", None),
    (["run", "--estimator", "gone.py"], "write gone.py:NAME", None),
    (["run", "--generator", "confuond"], "Did you mean 'confound'?", "  available: confound"),
    (["run", "--generator", ""], "no generator called ''", "  available: confound"),
    (["run", "--engine", "nutpy"], "Did you mean 'nutpie'?", "  available: advi, exact, "),
    (["run", "--engine", ""], "no engine named", None),
    (["run", "--engine", "mine.py:mine"], "no file mine.py to take the engine", None),
    (
        ["run", "--truth", "efects"],
        "Did you mean 'effects'?",
        "  available: effects, fixed, posterior, prior, self",
    ),
    (["run", "--truth", ""], "no truth regime called ''", "  available: "),
    (["run", "--set", "n_rows"], "--set takes NAME=VALUE, not 'n_rows'", None),
    (["run", "--set", "n_row=3"], "Did you mean 'n_rows'?", "  available: "),
    (["run", "--set", "n_rows=x"], "--set n_rows takes a whole number, not 'x'", None),
    (["run", "--set", "n_rows=0"], "--set n_rows must be a finite number ≥ 1, not 0", None),
    (["run", "--set", "n_rows=-5"], "--set n_rows must be a finite number ≥ 1, not -5", None),
    (["run", "--set", "sd_U=-1"], "--set sd_U must be a finite number ≥ 0, not -1", None),
    (["run", "--set", "sd_U=nan"], "--set sd_U must be a finite number", None),
    (["run", "--truth", "prior", "--set", "sd_U=1"], "no parameter called 'sd_U'", "  available: "),
    *(
        ([*("run", f"--{name}"), value], f"--{name} must be at least {low}, not {value}", None)
        for name, low in [("datasets", 1), ("draws", 20), ("tune", 1), ("chains", 1), ("jobs", 1)]
        for value in ("0", "-1")
    ),
    *(
        (["run", f"--{name}", value], f"argument --{name}: invalid int value: '{value}'", "  see: ")
        for name in ("datasets", "draws", "tune", "chains", "jobs", "seed")
        for value in ("many", "1.5", "1e3", "")
    ),
    (["run", "--seed", "-1"], "--seed must lie between 0 and", None),
    (["run", "--seed", str(2**63)], "--seed must lie between 0 and", None),
    *(
        (["run", "--target-accept", v], "--target-accept must lie between 0 and 1", None)
        for v in ("0", "1", "-0.5", "nan", "inf")
    ),
    (["run", "--target-accept", "high"], "invalid float value: 'high'", "  see: sbc run --help"),
    (["run", "--out", "a", "--resume", "b"], "name one of them", None),
    (["run", "--resume", "gone"], "no folder gone", None),
    (["run", "--quiet=yes"], "ignored explicit argument 'yes'", "  see: sbc run --help"),
    (["table"], "the following arguments are required: DIR", "  see: sbc table --help"),
    (["table", "gone"], "no folder gone", None),
    (["table", "gone", "--format", "xml"], "invalid choice: 'xml'", "  see: sbc table --help"),
    (["table", "a", "b"], "unrecognized arguments: b", "  see: sbc --help"),
    (["export", "gone"], "no folder gone", None),
    (["export", "gone", "--fromat", "csv"], "Did you mean '--format'?", "  available: "),
    (["export", "gone", "--format", "csv"], "no folder gone", None),
    (["export", "gone", "--format", "xls"], "invalid choice: 'xls'", "  see: sbc export --help"),
    (["list", "extra"], "unrecognized arguments: extra", "  see: sbc --help"),
]


def test_an_estimator_that_is_named_twice_is_told_as_it_was_written(capsys):
    own = "tests/files/functions.py:chains"
    assert main(["run", "--estimator", f"{own},{own}@shift=0"]) == 2
    told = capsys.readouterr().err
    assert f"an estimator is named twice: {own}, {own}@shift=0, which are both {own}\n" in told


@pytest.mark.parametrize(("argv", "words", "second"), WRONG)
def test_every_mistake_is_told_in_a_line_or_two(mistake, elsewhere, argv, words, second):
    first, *more = mistake(*argv)
    assert words in first
    assert len(more) == (second is not None)
    assert all(line.startswith(second) for line in more)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def mnie(): ...", "Did you mean 'mnie'?"),
        ("def mine(:", "own.py is not Python: "),
        ("1 / 0\ndef mine(): ...", "cannot be imported: ZeroDivisionError"),
        ("def mine(X): ...", "'mine' states no model"),
    ],
)
def test_a_user_s_file_that_will_not_do_is_told_and_no_folder_made(mistake, elsewhere, text, told):
    (elsewhere / "own.py").write_text(text)
    first, *_ = mistake("run", "--estimator", f"{elsewhere}/own.py:mine", "--out", "made")
    assert told in first
    assert not (elsewhere / "made").exists()


ASKS = '''
import pymc as pm
from sbc import estimator

@estimator(estimands=("{estimand}",))
def mine({arguments}):
    """Mine."""
    pm.Normal("Y", pm.Normal("beta_XZ"), 1, observed=X)
'''


@pytest.mark.parametrize(
    ("arguments", "estimand", "told"),
    [
        ("X, groups", "beta_XY", "no array called 'groups' in the data of 'confound', for which"),
        ("X", "beta_XZ", "no parameter called 'beta_XZ' in the truth of 'confound', as 'mine'"),
    ],
)
def test_an_estimator_that_does_not_fit_the_world_is_told_before_anything_is_made(
    mistake, elsewhere, arguments, estimand, told
):
    (elsewhere / "own.py").write_text(ASKS.format(arguments=arguments, estimand=estimand))
    first, second = mistake("run", "--estimator", f"{elsewhere}/own.py:mine", "--out", "made")
    assert told in first
    assert "Did you mean" in first
    assert second.startswith("  available: ")
    assert not (elsewhere / "made").exists()


def test_a_world_too_large_for_any_memory_is_told(mistake, elsewhere):
    first, *_ = mistake("run", "--estimator", "naive", "--set", f"n_rows={10**18}", "--out", "made")
    assert first.startswith("confound cannot draw a dataset: ")
    assert not (elsewhere / "made").exists()


def test_a_folder_that_holds_something_is_not_written_to(mistake, new_run, elsewhere):
    (elsewhere / "thesis.tex").write_text("x")
    first, *_ = mistake("run", "--out", str(elsewhere))
    assert first.endswith("exists already; name another folder")
    folder = new_run(name="a run")
    first, *_ = mistake("run", "--out", str(folder))
    assert first.endswith(f"continue that run: --resume '{folder}'")


@pytest.mark.parametrize("below", ["", "/a", "/a/b"])
def test_a_folder_that_cannot_be_made_is_told(mistake, elsewhere, below):
    (elsewhere / "file").write_text("x")
    first, *_ = mistake("run", "--out", f"file{below}")
    assert first.startswith(("cannot write to file/a", "file exists already"))


def test_a_report_folder_that_cannot_be_made_is_told(mistake, elsewhere):
    (elsewhere / "reports").write_text("x")
    first, *_ = mistake("run")
    assert first.startswith("cannot write to reports/")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--seed", "2"], "was made with seed = 1, not 2; start a new run"),
        (["--estimator", "mundlak"], "was made with estimators = naive, not mundlak"),
        (["--generator", "confound", "--truth", "fixed"], "truth = effects, not fixed"),
        (["--engine", "pymc"], "engines = nutpie, not pymc"),
        (["--draws", "200"], "draws = 100, not 200"),
        (["--tune", "200"], "tune = 100, not 200"),
        (["--chains", "4"], "chains = 2, not 4"),
        (["--target-accept", "0.9"], "target_accept = 0.8, not 0.9"),
        (["--set", "n_rows=50"], "parameters = none, not n_rows=50"),
        (["--datasets", "2"], "has 3 datasets already, not 2"),
    ],
)
def test_a_run_is_not_resumed_under_other_settings(mistake, new_run, argv, told):
    folder = new_run()
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    first, *_ = mistake("run", "--resume", str(folder), *argv)
    assert told in first
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def garble(folder, what):
    file = folder / "results.sqlite"
    if what == "no run.json":
        (folder / "run.json").unlink()
    elif what == "run.json garbage":
        (folder / "run.json").write_text('{"settings": {"estimators": "naive"')
    elif what == "run.json of another kind":
        (folder / "run.json").write_text("[1, 2]")
    elif what == "no results":
        file.unlink()
    elif what == "empty results":
        file.write_bytes(b"")
    elif what == "cut off results":
        file.write_bytes(file.read_bytes()[:5000])
    elif what == "garbage results":
        file.write_bytes(b"garbage" * 2000)
    else:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA user_version = 7")


@pytest.mark.parametrize(
    "command",
    [
        ["table"],
        ["table", "--format", "json"],
        ["export", "--format", "csv"],
        ["export", "--format", "parquet"],
        ["export", "--format", "netcdf"],
        ["run", "--resume"],
    ],
)
@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("no run.json", "is not a run: it has no run.json"),
        ("run.json garbage", "run.json is damaged: "),
        ("run.json of another kind", "run.json is damaged: "),
        ("no results", "is not a run: it has no results.sqlite"),
        (
            "empty results",
            "results.sqlite is damaged: its table 'dataset' is missing or another one",
        ),
        ("cut off results", "results.sqlite "),
        ("garbage results", "results.sqlite cannot be read: "),
        ("another schema", f"has schema 7; this version of sbc reads {SCHEMA}"),
    ],
)
def test_a_damaged_run_is_told(mistake, new_run, new_fit, command, what, told):
    folder = new_run([new_fit(k) for k in range(3)])
    garble(folder, what)
    before = sorted(file.name for file in folder.iterdir())
    first, *more = mistake(*command, str(folder))
    assert told in first
    assert more == []
    assert sorted(file.name for file in folder.iterdir()) == before


def test_a_table_is_printed_in_every_format(capsys, new_run, new_fit):
    folder = str(new_run([new_fit(k) for k in range(3)]))
    assert "beta_XY" in answer(capsys, "table", folder)
    assert "|" in answer(capsys, "table", folder, "--format", "markdown")
    assert answer(capsys, "table", folder, "--format", "csv").startswith("generator,truth,")
    records = json.loads(answer(capsys, "table", folder, "--format", "json"))
    assert [record["estimand"] for record in records] == ["beta_XY", "beta_ZY"]


@pytest.mark.parametrize("statuses", [[], ["error"] * 3, ["ok"]])
def test_a_table_of_little_is_printed_without_a_warning(capsys, new_run, new_fit, statuses):
    folder = new_run([new_fit(k, status=status) for k, status in enumerate(statuses)])
    assert "beta_XY" in answer(capsys, "table", str(folder))


def test_a_table_needs_no_file_of_the_user(capsys, new_run, new_fit, new_settings):
    names = ("gone/mine.py:mine",)
    settings = new_settings(generator="gone/world.py:world", estimators=names)
    folder = new_run([new_fit(0, names[0])], settings)
    assert "gone/mine.py:mine" in answer(capsys, "table", str(folder))


@pytest.mark.parametrize("kind", ["csv", "parquet", "netcdf"])
def test_an_export_names_its_files(capsys, new_run, new_fit, tmp_path, kind):
    folder = new_run([new_fit(k) for k in range(3)])
    argv = ["export", str(folder), "--format", kind, "--out", str(tmp_path / "new" / "out")]
    files = answer(capsys, *argv).splitlines()
    assert sorted(files) == sorted(str(file) for file in (tmp_path / "new" / "out").iterdir())


def test_an_export_that_cannot_be_is_told(mistake, new_run, new_fit, tmp_path):
    (tmp_path / "file").write_text("x")
    folder = str(new_run([new_fit(0, status="error")]))
    first, *_ = mistake("export", folder, "--format", "csv", "--out", str(tmp_path / "file"))
    assert first.startswith("cannot write ")
    first, *_ = mistake("export", folder, "--format", "netcdf")
    assert first.endswith("there is nothing to export")


def test_ctrl_c_anywhere_is_no_traceback(monkeypatch, capsys, new_run):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sbc.report.table.render", interrupted)
    assert main(["table", str(new_run())]) == 130
    assert capsys.readouterr().err == "sbc: interrupted\n"


def test_ctrl_c_during_a_run_says_how_to_go_on(monkeypatch, capsys, elsewhere, new_fit):
    def interrupted(_settings, store, *_, **__):
        store.add(new_fit(0))
        os.kill(os.getpid(), signal.SIGTERM)  # as from a batch system; it ends like Ctrl-C

    monkeypatch.setattr("sbc.fitting.loop.execute", interrupted)
    assert main(["run", "--estimator", "naive", "--out", "a run", "--quiet"]) == 130
    told = capsys.readouterr().err
    assert told == (
        "sbc: interrupted; 1 fits are kept. Continue with: python -m sbc run --resume 'a run'\n"
    )
    assert sorted(f.name for f in (elsewhere / "a run").iterdir()) == ["results.sqlite", "run.json"]


def test_no_mistake_needs_pymc(tmp_path, new_run):
    other = str(new_run())
    (tmp_path / "file").write_text("x")
    wrong = [argv for argv, *_ in WRONG]
    wrong += [["run", "--out", other], ["run", "--out", str(tmp_path / "file" / "below")]]
    wrong += [["run", "--resume", other, "--seed", "2"], ["run", "--resume", str(tmp_path)]]
    code = (
        "import json, sys\n"
        "from sbc.cli.main import main\n"
        "codes = [main(argv) for argv in json.loads(sys.argv[1])]\n"
        "print(set(codes), {'pymc', 'pytensor', 'nutpie'} & set(sys.modules))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, json.dumps(wrong)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert found.stdout == "{2} set()\n"
    assert found.stderr.count("sbc: error: ") == len(wrong)
    assert "Traceback" not in found.stderr


def test_the_module_runs_as_a_program(tmp_path):
    told = module("run", "--estimator", "mundalk", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines()[0] == (
        "sbc: error: no estimator called 'mundalk'. Did you mean 'mundlak'?"
    )
    assert module("--version").stdout == f"sbc {__version__}\n"
    assert module("table", "gone", cwd=tmp_path).returncode == 2


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    writer = subprocess.Popen(
        [sys.executable, "-m", "sbc", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait() == 0
