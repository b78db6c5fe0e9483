"""One judgement: gate, table, page, Markdown and explain say the same of any run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import SETTINGS, by_engine, calibrated, fits, make_run, scaled, shifted

from sbc.gates import words
from sbc.gates.config import Config
from sbc.gates.expectations import Calibrated, Miscalibrated
from sbc.gates.gate import judge_run
from sbc.gates.judgement import judgement
from sbc.gates.record import Record, read_record, write_record
from sbc.gates.verdict_words import SIGNS, note, told
from sbc.plugins.errors import UserError
from sbc.report.markdown import markdown
from sbc.report.page.answer import grid
from sbc.report.page.gate import gate_of, how
from sbc.report.page.page import chapters
from sbc.report.table import render
from sbc.store.frames import load_run

LOUD = {"pass": "pass", "fail": "fail", "inconclusive": "inconclusive"}
INVERTED = {"pass": "fail", "fail": "pass"}


def run_of(folder, streams, settings=SETTINGS, expected=(), names=(), **options):
    """Store a run of the estimators in `streams`, each with its quantities' PITs."""
    rows = [row for who, mine in streams.items() for row in fits(mine, estimator=who, **options)]
    settings = replace(settings, estimators=tuple(streams))
    names = names or ("beta_XY", "beta_ZY")
    return load_run(make_run(folder, rows, settings, expected_uniform=expected, estimands=names))


def asked(run, config):
    """Ask a gate, and keep what it asked as the command does."""
    gate = judge_run(run, config)
    words.keep(gate)
    return gate


def check_doors(run):
    """Hold what every door says of a run against the judgement, and return it."""
    found = judgement(run)
    (chapter,) = chapters([run])
    pairs = {(p.estimator, p.engine, p.quantity): p for p in chapter.pairs}
    rows = grid(run, chapter.pairs, chapter.labels, [str(i) for i in range(len(pairs))])
    cells = {
        (*who, column): cell
        for who, row in zip(run.settings.pairs, rows, strict=True)
        for column, cell in row["cells"]
        if cell
    }
    table, comment = render(run), markdown([run])
    for key, verdict in found.ranks.items():
        sign = SIGNS[verdict.outcome]
        assert (pairs[key].outcome, pairs[key].note) == (verdict.outcome, note(verdict))
        if not verdict.quantity:
            continue
        cell = cells[key]
        assert (cell["symbol"], cell["words"], cell["note"]) == (*sign[:2], note(verdict))
        label = chapter.labels.label(*key[:2])
        line = f"| {label} | {key[2]} | {told(verdict)} |"
        plain = line.replace("[", "\\[").replace("]", "\\]").replace("*", "\\*")
        assert plain in comment
        (mine,) = [
            one for one in table.splitlines() if one.startswith(f"  {run.settings.who(*key[:2])}:")
        ]
        assert told(verdict) in mine
        assert key[2] in mine or " more " in mine  # the first few are named
        assert f"(tolerance {found.config.delta:g})" in table
    assert how(found)["delta"] in (f"{found.config.delta:g}", "")
    if found.gate is not None:
        check_gate(found, table, comment)
    return found


def check_gate(found, table, comment):
    """Hold the gate's verdicts against those of single quantities."""
    gate = found.gate
    assert f"gate: {words.LABELS[gate.outcome]}, {words.found(gate)}" in table
    assert f"**{words.conclusion(gate)}**" in comment.replace("\\", "")
    assert gate_of(found)["label"] == words.LABELS[gate.outcome]
    for verdict in gate.verdicts:
        check = verdict.check
        if not isinstance(check.expectation, Calibrated | Miscalibrated):
            continue
        outcome = verdict.outcome
        if isinstance(check.expectation, Miscalibrated):
            outcome = INVERTED.get(outcome, outcome)
        mine = {
            one.outcome
            for one in found.ranks.values()
            if (one.estimator, one.engine) == (check.estimator, check.engine)
            and {*one.streams} <= {*check.streams}
        }
        if outcome == "pass":
            assert mine == {"pass"}
        elif outcome == "fail":
            assert "fail" in mine
        else:
            assert "inconclusive" in mine
            assert "fail" not in mine


SHAPES = {
    "passes": calibrated,
    "biased": lambda n: shifted(0.8, n),
    "narrow": lambda n: scaled(0.5, n),
    "near": lambda n: shifted(0.3, n),
}


@pytest.mark.parametrize(
    ("shape", "n"),
    [
        ("near", 120),
        *(pytest.param(s, n, marks=pytest.mark.slow) for s in SHAPES for n in (2, 30, 150)),
    ],
)
def test_doors_agree_on_what_is_expected_and_what_is_not(tmp_path, shape, n):
    u = SHAPES[shape](n)
    streams = {"beta_XY": u, "beta_ZY": calibrated(n, seed=1), "log_likelihood": calibrated(n, 2)}
    run = run_of(tmp_path / "run", {"latent": streams, "naive": streams}, expected=("latent",))
    found = check_doors(run)
    assert found.gate is not None
    assert found.record is None


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 14))]
)
def test_doors_agree_whatever_is_asked_of_whatever_run(tmp_path, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 220))
    names = ["beta_XY", "beta_ZY", *(f"p[{j}]" for j in range(int(rng.integers(0, 4))))]

    def one(i):
        kind = rng.integers(3)
        if kind == 0:
            return np.clip(rng.uniform(size=n), 1e-6, 1 - 1e-6)
        return scaled(rng.uniform(0.5, 1.6), n, i) if kind == 1 else shifted(rng.normal(), n, i)

    streams = {who: {name: one(i) for i, name in enumerate(names)} for who in ("latent", "mundlak")}
    failed = rng.choice(n, size=int(rng.integers(0, n // 4 + 1)), replace=False)
    settings = replace(SETTINGS, datasets=n)
    run = run_of(
        tmp_path / "run", streams, settings, expected=("latent",)[: seed % 2],
        names=("beta_XY", "beta_ZY", "p"), failed=failed,
    )  # fmt: skip
    config = Config(delta=float(rng.choice([0.05, 0.1, 0.2])), max_datasets=[None, 60][seed % 2])
    for quantity, value in (
        ("beta_XY", "calibrated"), ("beta_ZY", "miscalibrated"), ("all", "calibrated"),
    ):  # fmt: skip
        if rng.random() < 0.6:
            config = config.declare("effects", "mundlak", quantity, value)
    if not run.expected_uniform and not config.declared:
        config = config.declare("effects", "mundlak", "beta_XY", "calibrated")
    gate = asked(run, config)
    found = check_doors(run)
    assert [v.outcome for v in found.gate.verdicts] == [v.outcome for v in gate.verdicts]
    assert words.text(found.gate) == words.text(gate)


def test_a_gates_tolerance_is_that_of_every_door(tmp_path):
    run = run_of(tmp_path / "run", {"mundlak": {"beta_XY": shifted(0.35, 150)}})
    outcomes = {}
    for delta in (0.03, 0.3):
        asked(run, Config(delta=delta).declare("effects", "mundlak", "beta_XY", "calibrated"))
        outcomes[delta] = check_doors(run).ranks["mundlak", "nutpie", "beta_XY"].outcome
    assert outcomes == {0.03: "inconclusive", 0.3: "pass"}


def test_what_a_gate_did_not_fit_is_not_missing(tmp_path):
    from sbc.report.page.gate import state

    rows = fits({"beta_XY": calibrated(150)}) + fits({"beta_XY": shifted(3, 25)}, estimator="naive")
    settings = replace(SETTINGS, estimators=("mundlak", "naive"), datasets=150)
    run = load_run(make_run(tmp_path / "run", rows, settings))
    assert "not finished" in state(run, judgement(run))
    config = Config(max_datasets=400).declare("effects", "mundlak", "beta_XY", "calibrated")
    gate = judge_run(run, config.declare("effects", "naive", "beta_XY", "miscalibrated"))
    words.keep(gate, fitted=True)
    found = check_doors(run)
    assert found.gate.outcome == "pass"
    assert state(run, found).startswith("The gate chose how many datasets to fit")
    assert "175 of 300 fits were needed" in state(run, found)


def test_what_came_after_the_time_was_up_does_not_count(tmp_path):
    run = run_of(tmp_path / "run", {"mundlak": {"beta_XY": calibrated(150)}})
    config = Config(max_datasets=400).declare("effects", "mundlak", "beta_XY", "calibrated")
    words.keep(judge_run(run, config), fitted=True, cut=(150, 25))
    assert check_doors(run).gate.outcome == "inconclusive"
    write_record(run.folder, replace(read_record(run.folder), cut=(149, 25)))  # it was gone on with
    assert check_doors(run).gate.outcome == "pass"


def test_at_one_truth_nothing_is_called_calibrated(tmp_path):
    settings = replace(SETTINGS, truth="fixed")
    run = run_of(tmp_path / "run", {"mundlak": {"beta_XY": scaled(0.5, 150)}}, settings)
    with pytest.raises(UserError, match="uniform ranks are not expected"):
        judge_run(run, Config().declare("fixed", "mundlak", "beta_XY", "calibrated"))
    found = check_doors(run)
    (verdict,) = found.ranks.values()
    assert (verdict.outcome, found.gate) == ("unjudged", None)
    (chapter,) = chapters([run])
    assert chapter.pairs[0].words == ""
    assert "within tolerance" not in markdown([run]) + render(run)
    assert "too narrow" not in markdown([run])


@pytest.mark.parametrize(
    ("u", "waits"),
    [
        (scaled(0.86, 120), "the width is still open"),
        (shifted(0.27, 120), "the location is still open"),
        (calibrated(10), "the location and width are still open"),
    ],
)
def test_an_open_verdict_says_what_is_open(tmp_path, u, waits):
    run = run_of(tmp_path / "run", {"mundlak": {"beta_XY": u}})
    asked(run, Config().declare("effects", "mundlak", "beta_XY", "calibrated"))
    found = check_doors(run)
    assert waits in note(found.ranks["mundlak", "nutpie", "beta_XY"])
    assert waits in words.text(found.gate)


def test_engines_have_verdicts_of_their_own(tmp_path):
    rows = fits({"beta_XY": calibrated(150)})
    rows += by_engine(fits({"beta_XY": scaled(0.4, 150)}), "advi", pareto_k=0.9)
    settings = replace(SETTINGS, engines=("nutpie", "advi"), datasets=150)
    run = load_run(make_run(tmp_path / "run", rows, settings, expected_uniform=("mundlak",)))
    found = check_doors(run)
    assert {k[1]: v.outcome for k, v in found.ranks.items()} == {"nutpie": "pass", "advi": "fail"}
    assert [v.outcome for v in found.gate.verdicts] == ["pass", "fail"]


def test_failures_without_a_fit_and_estimates_without_draws_have_no_verdict(tmp_path):
    none = run_of(tmp_path / "none", {"mundlak": {"beta_XY": calibrated(9)}}, failed=range(9))
    assert {note(v) for v in check_doors(none).ranks.values()} == {"no fit has worked"}
    rows = fits({"beta_XY": calibrated(30)})
    rows = [
        replace(row, results=tuple(replace(r, rank=0, size=0, jitter=np.nan) for r in row.results))
        for row in rows
    ]
    bare = load_run(make_run(tmp_path / "bare", rows, replace(SETTINGS, datasets=30)))
    (verdict,) = check_doors(bare).ranks.values()
    assert verdict.outcome == "unranked"


def test_streams_that_fail_together_have_one_that_is_named(tmp_path):
    # The mean of eight e-values is enough when each is; none of them is eight times as large.
    names = tuple(f"p_{i}" for i in range(8))
    streams = dict.fromkeys(names, shifted(0.5, 200))
    alone = run_of(tmp_path / "all", {"mundlak": streams}, expected=("mundlak",), names=names)
    at = judgement(alone).gate.verdicts[0].at
    cut = {name: u[:at] for name, u in streams.items()}
    run = run_of(tmp_path / "run", {"mundlak": cut}, expected=("mundlak",), names=names)
    found = check_doors(run)
    assert found.gate.outcome == "fail"
    assert [v.outcome for v in found.ranks.values()].count("fail") == 1


def test_a_record_that_is_damaged_is_told_in_a_line(tmp_path):
    run = run_of(tmp_path / "run", {"mundlak": {"beta_XY": calibrated(9)}})
    write_record(run.folder, Record(Config()))
    (run.folder / "gate.json").write_text('[{"delta": 3}]')
    with pytest.raises(UserError, match=r"gate\.json is damaged"):
        judgement(run)
