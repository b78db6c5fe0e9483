"""A command that stops when its time is up: in good order, keeping what there is."""

import pytest

import sbc
from sbc.cli.main import main
from sbc.fitting.deadline import NEVER, Deadline
from sbc.plugins.errors import ExitCode, TimeUpError, UserError
from sbc.store.frames import load_run

#: Any fit takes longer.
AT_ONCE = "0.000001s"
SMALL = ["--estimator", "naive", "--draws", "400", "--tune", "300", "--jobs", "1", "--quiet"]
SAME = ["dataset", "estimator", "quantity", "mean", "sd", "rank", "jitter"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("2d", 172_800)]
)
def test_times_are_read_with_their_units(text, seconds):
    assert Deadline.parse(text).seconds == seconds


@pytest.mark.parametrize("text", ["", "0", "0m", "-1", "10 m", "ten", "1h30m", "1e3", "inf", "nan"])
def test_what_is_no_time_is_refused_in_a_line(text):
    with pytest.raises(UserError, match="max_time takes a time above 0, as 90s, 10m, 2h or 1d"):
        Deadline.parse(text)


def test_the_time_is_up_only_if_something_is_left_to_do():
    up = Deadline("1s", seconds=-1)
    up.check(5, 5)
    NEVER.check(0, 5)
    with pytest.raises(TimeUpError, match="stopped after 1s, as max_time says: 4 of 5 fits"):
        up.check(4, 5)


def test_a_run_that_stopped_goes_on_to_the_same_bits(tmp_path, capsys):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main(["run", *SMALL, "--datasets", "5", "--out", str(whole)]) == 0
    words = ["run", *SMALL, "--datasets", "5", "--out", str(parts), "--max-time", AT_ONCE]
    assert main(words) == ExitCode.UNDECIDED
    told = capsys.readouterr()
    assert (
        "as --max-time says: 1 of 5 fits are done. Continue with: python -m sbc run --resume "
        in (told.err)
    )
    assert (parts / "report.html").is_file()
    assert len(load_run(parts).fits) == 1
    assert main(["run", "--resume", str(parts), "--jobs", "1", "--quiet"]) == 0
    assert load_run(parts).results[SAME].equals(load_run(whole).results[SAME])


def test_a_gate_whose_time_is_up_cannot_tell(tmp_path, capsys):
    words = ["gate", "--run", *SMALL, "--truth", "self", "--max-time", AT_ONCE]
    assert main([*words, "--max-datasets", "50", "--out", str(tmp_path / "run")]) == 3
    assert "INCONCLUSIVE" in capsys.readouterr().out.upper()
    assert len(load_run(tmp_path / "run").fits) == 1


def test_a_sweep_and_a_design_stop_as_well(tmp_path, capsys):
    vary = ["--vary", "n_groups=5,10"]
    words = ["sweep", *SMALL, *vary, "--datasets", "2", "--out", str(tmp_path / "sweep")]
    assert main([*words, "--max-time", AT_ONCE]) == ExitCode.UNDECIDED
    assert "1 of 4 fits are done. Continue with: python -m sbc sweep" in capsys.readouterr().err
    words = ["design", *SMALL, *vary, "--width-95", "2", "--out", str(tmp_path / "design")]
    assert main([*words, "--max-time", AT_ONCE]) == 3
    assert "Continue with: python -m sbc design --resume" in capsys.readouterr().err


def test_python_is_warned_in_its_own_words(tmp_path):
    with pytest.warns(UserWarning, match=r"as max_time says: 1 of 3 fits"):
        run = sbc.run(
            "naive", datasets=3, draws=400, tune=300, jobs=1, progress=False,
            out=tmp_path / "run", max_time=AT_ONCE,
        )  # fmt: skip
    assert len(run.fits) == 1
