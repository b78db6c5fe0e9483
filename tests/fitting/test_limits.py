"""``--max-failures``: a run that goes wrong is stopped early, and says why."""

import pytest
from quick import WORLD, contents, crashing, fit, options, settings

import sbc
from sbc.cli.main import main
from sbc.fitting.limits import Limit
from sbc.plugins.errors import ExitCode, TooManyFailuresError, UserError
from sbc.store.rows import FAILED, NONCONVERGED, OK


@pytest.mark.parametrize(
    ("text", "most"),
    [("0", 0), ("20", 20), ("10%", 20), ("0%", 0), ("100%", 200), ("0.5%", 1), ("12.3%", 24)],
)
def test_a_count_or_a_share_of_the_plan_may_fail_and_no_more(new_run, new_fit, text, most):
    from sbc.store.database import Store

    with Store.open(new_run()) as store:
        watch = Limit.parse(text).watch(store, 200)
    for k in range(most):
        watch.see(new_fit(k, status=FAILED[k % 3]))
        watch.see(new_fit(1000 + k, status=OK))
    if most < 200:
        with pytest.raises(TooManyFailuresError, match=f"stopped: {most + 1} of the 200 fits"):
            watch.see(new_fit(999, status=NONCONVERGED))


@pytest.mark.parametrize("text", ["", "-1", "101%", "ten", "1.5", "5 %", "%", "１", "1e3"])
def test_what_is_neither_is_refused(text):
    with pytest.raises(UserError, match="takes a count or a share, as 20 or 10%"):
        Limit.parse(text)


def test_a_run_stops_keeps_what_there_is_and_says_why(tmp_path, capsys):
    folder = tmp_path / "run"
    argv = ["run", *options(*crashing("raises"), datasets=400), "--quiet", "--jobs", "1"]
    assert main([*argv, "--out", str(folder), "--max-failures", "5"]) == 4
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "sbc: error: stopped: 6 of the 400 fits planned have failed, more than --max-failures 5 "
        "allows; most often (6 times): ArithmeticError: bad data\n"
        f"  read them: python -m sbc table {folder}\n"
    )
    statuses = [row[3] for row in contents(folder)["fit"]]
    assert statuses.count("error") == 6
    assert 6 < len(statuses) < 400
    # The same limit stops it at once, a higher one lets it go on to the end: the same bits.
    assert main(["run", "--resume", str(folder), "--quiet", "--max-failures", "1%"]) == 4
    assert len(contents(folder)["fit"]) == len(statuses)
    assert main(["run", "--resume", str(folder), "--quiet", "--max-failures", "50%"]) == 0
    wanted = settings(*crashing("raises"), datasets=400)
    assert contents(folder) == contents(fit(tmp_path / "whole", wanted))


def test_python_has_the_same_options(tmp_path):
    (name,) = crashing("raises")
    asked = {"generator": WORLD, "truth": "prior", "engine": "exact", "draws": 64, "tune": 1}
    with pytest.raises(TooManyFailuresError, match=r"more than max_failures 1% allows"):
        sbc.run(
            name,
            **asked,
            datasets=200,
            out=tmp_path / "run",
            jobs=1,
            isolate=True,
            fit_timeout=60,
            max_failures="1%",
            progress=False,
        )
    assert (sbc.load(tmp_path / "run").fits.status == "error").sum() == 3


def test_a_sweep_stops_as_a_run_does(tmp_path, capsys):
    folder = tmp_path / "sweep"
    words = ["--estimator", "naive", "--vary", "n_groups=5,10", "--datasets", "3", "--jobs", "1"]
    words += ["--draws", "20", "--tune", "20", "--quiet", "--out", str(folder)]  # none converges
    assert main(["sweep", *words, "--max-failures", "1"]) == ExitCode.FAILED_FITS
    err = capsys.readouterr().err
    assert "--max-failures 1 allows" in err
    assert f"read them: python -m sbc table {folder}" in err
    assert main(["sweep", *words, "--max-failures", "1.5"]) == ExitCode.USAGE
