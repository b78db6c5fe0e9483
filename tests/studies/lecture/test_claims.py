"""Claims on runs whose answer is known, and on their twins that must be refused."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import calibrated, even, make_run, result, scaled, shifted

from sbc.store.rows import Fit
from sbc.studies.lecture import claims, statements
from sbc.studies.lecture.evidence import COLUMNS, SCORES, Evidence
from sbc.studies.lecture.judged import Verdict
from sbc.studies.lecture.scenarios import (
    AS_IT_IS,
    CONFOUND,
    MANY_ROWS,
    MULTILEVEL,
    PREDATOR,
    SCENARIOS,
    SIGMA_1,
    SIGMA_HIGH,
    SIGMA_LOW,
    TANKS,
)

HOLDS, FAILS, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN
N = 400
TRUTH = {"beta_XY": 1.0, "beta_ZY": -0.5}


@pytest.fixture
def scenario_of(tmp_path):
    """Give a maker of evidence: estimator to (PIT values, sd) of both estimands."""

    def make(streams, scenario=CONFOUND, failed=0):
        estimators = tuple(streams)
        settings = replace(scenario.settings(N, 1), datasets=N, estimators=estimators)
        rows = []
        for name, (u, sd) in streams.items():
            for k in range(N):
                fit = Fit(k, name, "nutpie", "ok", truth=TRUTH)
                if k < failed:
                    rows.append(replace(fit, status="nonconverged"))
                    continue
                found = tuple(result(q, u[k], t, sd=sd) for q, t in TRUTH.items())
                rows.append(replace(fit, results=found))
        return Evidence(scenario, make_run(tmp_path / scenario.name, rows, settings))

    return make


def claim(text, scenario=CONFOUND):
    (found,) = [c for c in statements.CLAIMS if c.text == text and c.scenario is scenario]
    return found


@pytest.mark.parametrize(
    ("u", "verdict"),
    [
        (calibrated(N), HOLDS),
        (shifted(1.0, N), FAILS),  # 0.3 too high
        (scaled(0.5, N), FAILS),  # intervals of half their width
        (shifted(0.33, N), OPEN),  # just as far off as is allowed
    ],
)
def test_who_gets_it(scenario_of, u, verdict):
    judged = claims.judge_claim(claim("Mundlak gets beta_XY."), scenario_of({"mundlak": (u, 0.3)}))
    assert judged.verdict is verdict


def test_too_many_failed_fits_leave_a_claim_open(scenario_of):
    sound = scenario_of({"mundlak": (calibrated(N), 0.3)}, failed=N // 20)
    judged = claims.judge_claim(claim("Mundlak gets beta_XY."), sound)
    assert (judged.failed, judged.unsound) == (20, False)
    assert judged.found[1][1].low < 0.9 < judged.found[1][1].value  # all of them may have missed


def test_one_failed_fit_more_is_too_many(scenario_of):
    evidence = scenario_of({"mundlak": (calibrated(N), 0.3)}, failed=N // 20 + 1)
    judged = claims.judge_claim(claim("Mundlak gets beta_XY."), evidence)
    assert (judged.verdict, judged.unsound) == (OPEN, True)


@pytest.mark.parametrize(
    ("fixed", "multilevel", "verdict"),
    [
        (calibrated(N), shifted(2.0, N), HOLDS),
        (shifted(2.0, N), calibrated(N), FAILS),
        (calibrated(N), calibrated(N, seed=5), OPEN),
        (calibrated(N), calibrated(N), OPEN),  # nothing tells them apart
    ],
)
def test_who_beats_whom(scenario_of, fixed, multilevel, verdict):
    evidence = scenario_of({"fixed": (fixed, 0.3), "multilevel": (multilevel, 0.3)})
    judged = claims.judge_claim(claim("Fixed effects beat multilevel on beta_XY."), evidence)
    assert judged.verdict is verdict


@pytest.mark.parametrize(
    ("sd", "verdict"), [(0.95, HOLDS), (0.9, HOLDS), (0.85, FAILS), (0.3, FAILS)]
)
def test_who_says_nothing(scenario_of, sd, verdict):
    """sd² of the prior's 1 is left: contraction 0.10, 0.19, 0.28 and 0.91."""
    spread = sd + 1e-3 * even(N)
    evidence = scenario_of({"fixed": (calibrated(N), sd)})
    frame = evidence.run.results
    frame["sd"] = np.repeat(spread, len(frame) // N)
    judged = claims.judge_claim(claim("Fixed effects say nothing on beta_ZY."), evidence)
    assert judged.verdict is verdict
    assert judged.found[0][1].value == pytest.approx(1 - sd**2, abs=1e-4)


@pytest.mark.parametrize(
    ("mundlak", "latent", "verdict"),
    [
        (scaled(0.7, N, seed=3), calibrated(N), HOLDS),
        (calibrated(N), calibrated(N, seed=3), OPEN),
        (scaled(1.4, N, seed=3), calibrated(N), FAILS),
    ],
)
def test_who_carries_the_uncertainty(scenario_of, mundlak, latent, verdict):
    evidence = scenario_of({"mundlak": (mundlak, 0.3), "latent": (latent, 0.3)}, scenario=AS_IT_IS)
    text = "Latent carries in beta_XY the uncertainty of Xbar that Mundlak ignores."
    assert claims.judge_claim(claim(text, AS_IT_IS), evidence).verdict is verdict


def tanks(folder, shrink_small, sigma_fall, moved=0.01, p_loo=-1.0, turned=False, n=60):
    """Make a run of tanks whose estimates shrink, whose sigma falls and whose scores differ."""
    settings = TANKS.settings(n, 1)
    rng = np.random.default_rng(4)
    rows, scores = [], [",".join(COLUMNS)]
    from sbc.fitting.setup import draw_dataset

    for k in range(n):
        data = draw_dataset(settings, k, "").data
        seen, small = data["S"] / data["D"], data["D"] == data["D"].min()
        p = seen - np.where(small, shrink_small, 0.1) * (seen - 0.5)
        p += rng.normal(0, 0.01, size=p.size)
        far, near = np.full(p.size, seen.mean()), seen + rng.normal(0, 1e-3, size=p.size)
        given = {SIGMA_LOW: near if turned else far, SIGMA_HIGH: far if turned else near}
        for name in settings.estimators:
            sigma = 1.6 - (sigma_fall if name == PREDATOR else 0) + rng.normal(0, 0.05)
            told = given.get(name, p + (moved if name == PREDATOR else 0))
            found = [row("sigma", sigma)]
            found += [row(f"p_survived[{j}]", x, p[j]) for j, x in enumerate(told)]
            rows.append(Fit(k, name, "nutpie", "ok", results=tuple(found)))
        for name, more in ((MULTILEVEL, p_loo), (SIGMA_1, 0.0)):
            elpd, p = -100 + more + rng.normal(0, 0.5), 20 + more + rng.normal(0, 0.5)
            scores.append(f"{k},{name},{elpd},{p},30,{elpd - 25},{p + 25},0")
    made = make_run(folder / "tanks", rows, settings)
    (made / SCORES).write_text("\n".join(scores) + "\n", encoding="utf-8")
    return Evidence(TANKS, made)


def row(quantity, mean, truth=0.0):
    return replace(result(quantity, 0.5, float(truth)), mean=float(mean))


#: But for those that are about the data alone.
TANK_CLAIMS = [c for c in statements.CLAIMS if c.scenario is TANKS and c.estimators]


def test_tanks_that_are_as_the_lecture_says(tmp_path):
    evidence = tanks(tmp_path, shrink_small=0.4, sigma_fall=0.8)
    found = {c.text: claims.judge_claim(c, evidence).verdict for c in TANK_CLAIMS}
    assert found.pop("Multilevel predicts a left-out tank better than sigma = 1.") is FAILS
    assert set(found.values()) == {HOLDS}
    assert len(found) == 6


def test_tanks_that_are_not(tmp_path):
    evidence = tanks(tmp_path, 0.02, sigma_fall=-0.3, moved=0.2, p_loo=2.0, turned=True)
    found = {c.text: claims.judge_claim(c, evidence).verdict for c in TANK_CLAIMS}
    assert found.pop("Multilevel predicts a left-out tank better than sigma = 1.") is HOLDS
    assert set(found.values()) == {FAILS}


def test_the_answer_that_depends_on_the_scenario_is_said(scenario_of):
    far, near = (shifted(2.0, N), 0.3), (calibrated(N), 0.3)
    scenarios = [
        (CONFOUND, scenario_of({"fixed": far, "multilevel": near})),
        (MANY_ROWS, scenario_of({"fixed": near, "multilevel": far}, scenario=MANY_ROWS)),
    ]
    text = "Fixed effects beat multilevel on beta_XY."
    judged = [
        claims.judge_claim(claim(text, scenario), evidence) for scenario, evidence in scenarios
    ]
    (told,) = claims.turns(judged)
    assert told == (
        f"“{text}” 200 rows in 30 groups: does not hold; 2,000 rows in 30 groups: holds."
    )
    assert claims.turns([judged[0], judged[0]]) == []
    undecided = replace(judged[1], verdict=OPEN)
    assert claims.turns([judged[0], undecided]) == []
    assert claims.turns([judged[1], undecided]) == []


def test_every_claim_is_about_who_is_fitted_in_its_scenario():
    for one in statements.CLAIMS:
        assert one.scenario in SCENARIOS
        assert set(one.over) <= set(SCENARIOS)
        for scenario in one.over or (one.scenario,):
            assert set(one.estimators) <= set(scenario.estimators)
        assert one.criteria
        assert one.why
