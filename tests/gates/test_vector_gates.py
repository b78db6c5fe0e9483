"""Gates on vectors: which elements a name stands for, and verdicts on what depends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import bdtrik, ndtr, ndtri
from synthetic import SETTINGS, fits, make_run, panel_of

from sbc.gates.checks import Subject, checks_of
from sbc.gates.config import Config
from sbc.gates.decisions import Levels
from sbc.gates.expectations import Better, Bounds, Calibrated, Miscalibrated
from sbc.gates.gate import judge_run
from sbc.gates.judge import Check, judge_check
from sbc.plugins.errors import UserError
from sbc.store.frames import load_run

LEVELS = Levels(0.001, 0.05)
J = 12
P = tuple(f"p[{j}]" for j in range(J))


# -- names ---------------------------------------------------------------------------------------


def checks(quantity, value="calibrated", expected_uniform=(), estimands=("mu", *P)):
    subject = Subject(
        replace(SETTINGS, truth="effects", estimators=("mundlak",)),
        expected_uniform,
        {"mundlak": estimands},
        {"mundlak": ("log_likelihood",) if expected_uniform else ()},
        ("effects", "prior"),
    )
    return checks_of(Config().declare("effects", "mundlak", quantity, value), subject)


def test_a_vector_stands_for_its_elements():
    assert checks("p")[0].streams == P
    assert checks("p", {"bias": 0.1})[0].streams == P
    assert checks("p", expected_uniform=("mundlak",))[0].streams == (*P, "log_likelihood")
    assert checks("all")[0].streams == ("mu", *P)


def test_an_element_stands_for_itself():
    assert checks("p[3]")[0].streams == ("p[3]",)
    assert checks("p[3]", expected_uniform=("mundlak",))[0].streams == ("p[3]", "log_likelihood")


def test_an_element_may_be_named_before_a_fit_has_worked():
    assert checks("p[3]", estimands=("mu", "p"))[0].streams == ("p[3]",)


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("p[12]", r"no element 'p\[12\]' of mundlak in this run\n  available: p\[0\] … p\[11\]"),
        ("mue", r"no quantity called 'mue' .*Did you mean 'mu'\?\n  available: all, mu, p$"),
        ("q[3]", r"no quantity called 'q\[3\]'"),
    ],
)
def test_mistakes_are_told_without_a_list_of_all_elements(quantity, words):
    with pytest.raises(UserError, match=words):
        checks(quantity)


# -- verdicts ------------------------------------------------------------------------------------


def vector(n=400, seed=0, correlation=0.8, bias=0.0, one=0.0, ratio=1.0):
    """Give the PIT values of J dependent elements, with a fault in all or in one of them."""
    rng = np.random.default_rng(seed)
    q = np.sqrt(correlation) * rng.normal(size=(n, 1))
    q = q + np.sqrt(1 - correlation) * rng.normal(size=(n, J))
    q = q / ratio - bias
    q[:, 4] -= one
    return dict(zip(P, ndtr(q).T, strict=True))


def judged(streams, expectation, **options):
    panels = {("mundlak", "nutpie"): panel_of(streams, **options)}
    check = Check("mundlak", "nutpie", "p", expectation, P)
    return judge_check(check, panels, LEVELS)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [({}, "pass"), ({"bias": 0.7}, "fail"), ({"one": 0.8}, "fail"), ({"ratio": 0.6}, "fail")],
)
def test_calibration_is_asked_of_every_element(fault, outcome):
    assert judged(vector(**fault), Calibrated(0.14)).outcome == outcome


def test_the_element_to_blame_is_named():
    assert judged(vector(one=0.8), Calibrated(0.14)).evidence.found.startswith("p[4]: ")


def test_a_vector_may_be_a_control():
    assert judged(vector(bias=1.0), Miscalibrated(0.14)).outcome == "pass"


@pytest.mark.parametrize(
    ("expectation", "outcome"),
    [
        # estimates with an error of sd 0.3 around 0.15 above the truth, truths of variance 1
        (Bounds("bias", -0.3, 0.3), "pass"),
        (Bounds("bias", -0.05, 0.05), "fail"),
        (Bounds("bias_sd", -1, 1), "pass"),
        (Bounds("bias_sd", -0.1, 0.1), "fail"),
        (Bounds("rmse", -np.inf, 0.5), "pass"),
        (Bounds("rmse", -np.inf, 0.2), "fail"),
        (Bounds("contraction", 0.7, np.inf), "pass"),
        (Bounds("contraction", 0.97, np.inf), "fail"),
        (Bounds("coverage_95", 0.8, 0.98), "pass"),
        (Bounds("coverage_95", -np.inf, 0.8), "fail"),
    ],
)
def test_bounds_are_on_the_mean_over_elements(expectation, outcome):
    assert judged(vector(bias=0.5), expectation).outcome == outcome
    failed = judged(vector(bias=0.5), expectation, failed=[0, 1])
    assert failed.outcome in (outcome, "inconclusive")
    assert failed.failed == 2


def test_a_bias_up_here_and_down_there_is_none_on_average():
    streams = vector(correlation=0.0)
    for j, name in enumerate(P):
        streams[name] = ndtr(ndtri(streams[name]) + (0.8 if j % 2 else -0.8))
    assert judged(streams, Bounds("bias_sd", -0.3, 0.3)).outcome == "pass"
    assert judged(streams, Calibrated(0.14)).outcome == "fail"


def test_an_ordering_is_on_the_squared_errors_of_all_elements():
    truths = {name: np.random.default_rng(j).normal(size=400) for j, name in enumerate(P)}
    good = panel_of(vector(), truths=truths)
    bad = panel_of(vector(bias=1.0, seed=1), truths=truths, estimator="naive")
    panels = {("mundlak", "nutpie"): good, ("naive", "nutpie"): bad}
    check = Check("mundlak", "nutpie", "p", Better("naive"), P)
    assert judge_check(check, panels, LEVELS).outcome == "pass"


def most(n, p):
    """Return the count that n trials of chance p exceed once in 10⁴ times."""
    return int(np.ceil(bdtrik(1 - 1e-4, n, p)))


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_dependence_between_elements_costs_no_error_rate(correlation):
    levels, studies = Levels(0.05, 0.05), 60
    found = {"calibrated": 0, "bias": 0}
    for seed in range(studies):
        panels = {("mundlak", "nutpie"): panel_of(vector(150, seed, correlation))}
        for name, expectation in (
            ("calibrated", Calibrated(0.02)),
            ("bias", Bounds("bias", -0.005, 0.005)),
        ):
            check = Check("mundlak", "nutpie", "p", expectation, P)
            found[name] += judge_check(check, panels, levels).outcome == "fail"
    assert found["calibrated"] <= most(studies, 0.05)
    assert found["bias"] <= most(studies, 0.08)  # asymptotic


def test_elements_taken_for_datasets_of_their_own_would_fail_too_often():
    fails = 0
    for seed in range(40):
        u = np.array(list(vector(150, seed, 0.9).values())).T.ravel()
        panels = {("mundlak", "nutpie"): panel_of({"p": u})}
        check = Check("mundlak", "nutpie", "p", Calibrated(0.02), ("p",))
        fails += judge_check(check, panels, Levels(0.05, 0.05)).outcome == "fail"
    assert fails > most(40, 0.05)


def test_a_stored_run_is_judged_by_its_vector(tmp_path):
    run = load_run(make_run(tmp_path / "run", fits(vector(200)), SETTINGS, estimands=["p"]))
    gate = judge_run(run, Config(delta=0.14).declare("effects", "mundlak", "p", "calibrated"))
    assert gate.outcome == "pass"
    assert gate.verdicts[0].check.streams == P
