"""How large a study must be, where it can be worked out.

With theta ~ N(0, 1) and y_i ~ N(theta, 1) the 95 % interval of m rows is 3.92/√(m + 1) wide. The
world of `normal_mean` has n_rows + 2 of them where theta > 0, and n_rows elsewhere, so that a width
of .92 is reached

    n_rows   width, theta ≤ 0   width, theta > 0   share of datasets
        12         1.087              1.012               0
        16          .951               .899              ~½
        20          .855               .817               1

for certain but for the noise of sample quantiles, 1.5 % of a width from 8000 draws.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import make_run

import sbc
from sbc.cli.design import _percent
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.store.folder import RunFile
from sbc.studies.design import bisect, looks
from sbc.studies.sweep.goal import Goal, Share, delivered
from sbc.studies.sweep.read import load_sweep

FILE = Path(__file__).resolve().parents[1] / "files" / "normal_mean.py"
BUDGET = ["--engine", "exact", "--draws", "4000", "--quiet", "--jobs", "1"]
WORLD = ["--generator", f"{FILE}:normal_world", *BUDGET]
SIZES = ["--vary", "n_rows=8:32:4"]
WIDTH = ["--width-95", "0.92", "--datasets", "100"]
DECEIVED = """
import numpy as np, pymc as pm
from sbc import estimator

@estimator(estimands=("theta",))
def too_sure(y):
    theta = pm.Normal("theta", 0, 1)
    pm.Normal("y", theta, 0.5, observed=y)

@too_sure.posterior
def posterior(data, rng, draws):
    precision = 1 + len(data["y"])
    sd = 0.5 * precision**-0.5
    return {"theta": rng.normal(data["y"].sum() / precision, sd, size=draws)}
"""


def design(*words, estimator=f"{FILE}:normal_mean"):
    return main(["design", *WORLD, "--estimator", estimator, *words])


@pytest.mark.parametrize(
    ("assurance", "answer"), [pytest.param("0.8", 20, marks=pytest.mark.slow), ("0.3", 16)]
)
def test_the_answer_is_the_one_worked_out_by_hand(assurance, answer, tmp_path, capsys):
    code = design(*SIZES, *WIDTH, "--assurance", assurance, "--out", str(tmp_path / "d"))
    shown = capsys.readouterr().out
    assert code == 0
    assert f"n_rows = {answer} will do" in shown


def test_intervals_that_are_narrow_but_not_honest_are_refused(tmp_path, capsys):
    # Half the width at every size: 8 rows would do, if 95 % intervals did not cover 67 %.
    mine = tmp_path / "mine.py"
    mine.write_text(DECEIVED)
    words = [*SIZES, *WIDTH, "--out", str(tmp_path / "d")]
    assert design(*words, estimator=f"{mine}:too_sure") == 1
    assert "no n_rows up to 32 will do: theta: coverage too low" in capsys.readouterr().out


def test_a_width_that_no_size_reaches_is_told(tmp_path, capsys):
    words = [*SIZES, "--width-95", "0.5", "--datasets", "100", "--out", str(tmp_path / "d")]
    assert design(*words) == 1
    assert "no n_rows up to 32 will do: theta: too wide" in capsys.readouterr().out
    (counts,) = load_sweep(tmp_path / "d").plan.datasets.values()
    assert sum(counts) == counts[-1] <= 100  # nothing was spent on smaller ones


def test_what_is_not_decided_is_said_to_be_so(tmp_path, capsys):
    # Half the datasets have theta > 0, and the assurance lies at one half.
    words = ["--vary", "n_rows=16", "--width-95", "0.92", "--assurance", "0.5"]
    more = ["--datasets", "20", "--max-datasets", "60", "--out", str(tmp_path / "d")]
    assert design(*words, *more) == 3
    assert "not decided at n_rows = 16" in capsys.readouterr().out


def test_a_search_goes_on_and_finds_the_same(tmp_path, capsys):
    folder = tmp_path / "d"
    first = design(*SIZES, *WIDTH, "--out", str(folder))
    shown = capsys.readouterr().out
    for goal in ([], WIDTH):
        assert main(["design", *goal, "--resume", str(folder), "--quiet"]) == first == 0
        assert capsys.readouterr().out == shown
    assert main(["design", "--width-95", "0.9", "--resume", str(folder)]) == 2
    assert "looks for --width-95 0.92, and not for --width-95 0.9" in capsys.readouterr().err
    assert main(["table", str(folder), "--format", "csv"]) == 0  # it is a sweep like others


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "a design varies the size of the study"),
        (["--vary", "n_rows=1,2", "--width-95", "0"], "positive"),
        (["--vary", "n_rows=1,2", "--assurance", "1"], "between 0 and 1"),
        (["--vary", "n_rows=1,2", "--coverage-95", "95"], "between 0 and 1"),
        (["--vary", "n_rows=1,2", "--max-datasets", "10"], "less than --datasets"),
        (["--vary", "n_rows=1,2", "--shard", "1/2"], "a part of them"),
        (["--vary", "n_rows=1,2", "--engine", "exact,nutpie"], "one of each"),
        (["--vary", "tune=40,80"], "varies one parameter"),
    ],
)
def test_a_mistake_is_told_in_one_line(words, told, tmp_path, capsys):
    assert design(*WIDTH, "--out", str(tmp_path / "d"), *words) == 2
    assert told in capsys.readouterr().err


def test_a_new_search_needs_a_goal_and_an_old_one_too(tmp_path, capsys):
    assert main(["design", *SIZES, *WORLD, "--estimator", f"{FILE}:normal_mean"]) == 2
    assert "name the largest width that will do: --width-95" in capsys.readouterr().err


def test_a_goal_that_is_none_is_told(tmp_path, capsys):
    make_run(tmp_path / "d", [])
    file = tmp_path / "d" / "run.json"
    for goal in (3, {"width": "x"}, {"breadth": 1}):
        file.write_text(json.dumps(json.loads(file.read_text()) | {"goal": goal}))
        assert main(["design", "--resume", str(tmp_path / "d")]) == 2
        assert "'goal' is no goal of a design" in capsys.readouterr().err


def test_python_finds_the_same(tmp_path):
    how = {"engine": "exact", "draws": 500, "jobs": 1, "progress": False}
    found = sbc.design(f"{FILE}:normal_mean", f"{FILE}:normal_world", vary={"n_rows": [8, 32]},
                       width_95=0.92, datasets=30, out=tmp_path / "d", **how)  # fmt: skip
    assert (found.factor, found.size, str(found)) == ("n_rows", 32, "n_rows = 32 will do")
    assert sbc.design(resume=tmp_path / "d", progress=False).size == 32
    with pytest.raises(UserError, match="looks for"):
        sbc.design(resume=tmp_path / "d", width_95=0.5)


@settings(deadline=None)
@given(sizes=st.integers(1, 40), first=st.integers(0, 40))
def test_bisection_finds_the_first_that_passes_in_few_looks(sizes, first):
    looked = []

    def settle(i):
        looked.append(i)
        return "pass" if i >= first else "fail"

    assert bisect(sizes, settle) == (first if first < sizes else None)
    assert len(looked) == len(set(looked)) <= looks(sizes)


def simulated(rng, width, n, u_spread=1.0):
    """Give a run of n datasets whose intervals are narrow with chance `width`."""
    import pandas as pd
    from scipy.special import ndtr
    from synthetic import SETTINGS

    from sbc.store.frames import Run

    narrow = rng.random(n) < width
    u = ndtr(u_spread * rng.normal(size=n))
    frame = pd.DataFrame({"dataset": range(n), "estimator": "mundlak", "engine": "nutpie"})
    fits = frame.assign(status="ok", attempt=0, divergences=0)
    results = frame.assign(quantity="theta", truth=0.0, mean=0.0, sd=1.0, pit=u, ess_bulk=500.0,
                           ess_tail=500.0, q025=0.0, q975=np.where(narrow, 1.0, 3.0))  # fmt: skip
    return Run(Path(), RunFile(), SETTINGS, fits, results)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "spread", "goal", "wrong"),
    [
        (0.8, 1.0, Goal(2, 0.8), "pass"),  # on the edge: no pass but by mistake
        (0.8, 1.0, Goal(2, 0.8), "fail"),
        (1.0, 1.9, Goal(2, 0.8, 0.9), "pass"),  # P(|1.9 z| < 1.96) = .70 < .9
    ],
)
def test_a_size_is_misjudged_no_more_often_than_promised(width, spread, goal, wrong):
    alpha, times = 0.05, 200
    rng = np.random.default_rng(11)
    found = [
        delivered(simulated(rng, width, 200, spread), goal, 100, alpha)[0].outcome
        for _ in range(times)
    ]
    # 22 of 200 are exceeded with a chance below .001 if the true one is .05.
    assert found.count(wrong) <= 22


def test_and_what_is_clear_is_told_right():
    rng = np.random.default_rng(12)
    good = [delivered(simulated(rng, 0.95, 200), Goal(2, 0.8), 100, 0.05)[0] for _ in range(50)]
    bad = [delivered(simulated(rng, 0.6, 200), Goal(2, 0.8), 100, 0.05)[0] for _ in range(50)]
    assert sum(one.outcome == "pass" for one in good) > 45
    assert sum(one.outcome == "fail" for one in bad) > 45


def test_failed_fits_count_as_intervals_that_are_not_narrow():
    rng = np.random.default_rng(13)
    run = simulated(rng, 1.0, 200)
    run.fits.loc[:99, "status"] = "error"
    lost = run.results[run.results["dataset"] >= 100].reset_index(drop=True)
    run = type(run)(run.folder, RunFile(), run.settings, run.fits, lost)
    (found,) = delivered(run, Goal(2, 0.8), 100, 0.05)
    assert found.narrow.value == 0.5
    assert (found.outcome, found.reason) == ("fail", "too wide")


def test_a_size_at_which_no_fit_has_worked_has_an_unknown_coverage():
    assert _percent(Share(math.nan, 0.0, 1.0)) == "unknown, for no fit has worked"
    assert _percent(Share(0.5, 0.25, 0.75)) == "50 % [25, 75]"


def test_a_second_factor_is_refused_and_none_is_asked_for(tmp_path, capsys):
    words = ["design", "--estimator", "mundlak", "--width-95", "1", "--out", str(tmp_path / "d")]
    assert main([*words, "--vary", "n_groups=10,20", "--vary", "rows_per_group=5,10"]) == 2
    assert "varies one parameter" in capsys.readouterr().err
    assert main(words) == 2
    assert "name it and its values" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_a_gate_that_is_to_vary_something_is_told_of_sweeps(capsys):
    assert main(["gate", "--run", "--vary", "sd_U=0,1"]) == 2
    assert "sbc sweep, and judge it by sbc gate DIR" in capsys.readouterr().err
