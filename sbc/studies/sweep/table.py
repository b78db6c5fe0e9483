"""A sweep in rows and sentences: every number with its cell, and where each estimator holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sbc.gates.expectations import Bounds
from sbc.report.chosen import chosen_of, wants_choice
from sbc.report.labels import plural
from sbc.report.narrow import laid_out, wrapped
from sbc.report.numbers import plain_records, with_ends, with_error
from sbc.report.readable import coverage_mark
from sbc.report.table import LEVELS, regime_line, table
from sbc.studies.sweep.answers import ALPHA, Answer, answers
from sbc.studies.sweep.best import best
from sbc.studies.sweep.columns import columns_of, labelled
from sbc.studies.sweep.factors import told
from sbc.studies.sweep.notes import notes
from sbc.studies.sweep.read import Sweep
from sbc.studies.sweep.regions import sentence

_WORD = {"pass": "holds", "fail": "broken", "inconclusive": "?"}


def sweep_table(
    sweep: Sweep,
    bounds: Sequence[Bounds] = (),
    levels: tuple[float, ...] = LEVELS,
    **asked: Any,
) -> pd.DataFrame:
    """Summarise every cell.

    Parameters
    ----------
    sweep : Sweep
        Finished or not.
    bounds : sequence of Bounds
        Whose answers to add; by default those of the plan.
    levels : tuple of float
        Whose coverage to report, in (0, 1).
    **asked
        Of `sbc.report.table.table`: null values, regions of practical equivalence, a reference.

    Returns
    -------
    DataFrame
        The columns of `sbc.report.table.table`, before them ``cell`` and the parameters that vary,
        behind them ``best_rmse``, whether no estimator is beyond doubt better, and for each bound
        an ``answer_*``: pass, fail or inconclusive.
    """
    bounds = bounds or sweep.plan.expectations
    given = answers(sweep, bounds)
    frames = []
    for run in sweep.runs:
        frame = labelled(sweep, table(run, levels=levels, **asked), run.cell)
        frame["best_rmse"] = _is_best(sweep, run.cell, frame)
        for bound in bounds:
            frame[f"answer_{bound.metric}"] = _column(frame, run.cell, bound, given)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _is_best(sweep: Sweep, cell: int, frame: pd.DataFrame) -> list[bool | None]:
    tied = {
        (subject.estimator, subject.engine, name)
        for name in dict.fromkeys(frame["estimand"])
        for subject in best(sweep, cell, name).tied
    }
    return [key in tied for key in _keys(frame)]


def _column(
    frame: pd.DataFrame, cell: int, bound: Bounds, given: Sequence[Answer]
) -> list[str | None]:
    found = {
        (a.estimator, a.engine, a.estimand): a.outcome
        for a in given
        if a.cell == cell and a.bound == bound
    }
    return [found.get(key) for key in _keys(frame)]


def _keys(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    names = ["estimator", "engine", "estimand"]
    return list(frame[names].itertuples(index=False, name=None))


def render(
    sweep: Sweep,
    kind: str = "text",
    bounds: Sequence[Bounds] = (),
    levels: tuple[float, ...] = LEVELS,
    measures: Sequence[str] | None = None,
    errors: str = "",
    width: int | None = None,
    **asked: Any,
) -> str:
    """Write the table in the formats, and with the options, of `table.render` for a run."""
    bounds = bounds or sweep.plan.expectations
    frame = sweep_table(sweep, bounds, levels, **asked)
    if kind == "json":
        return json.dumps(plain_records(frame), indent=2, allow_nan=False)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    if wants_choice(kind, measures, errors, asked):
        factors = columns_of(sweep)
        return chosen_of(
            *(sweep.runs, frame, kind, factors, measures, errors or "full", asked), width=width
        )
    shown = [row for row in frame.to_dict(orient="records") if row["kind"] != "element"]
    rows = _readable(shown, columns_of(sweep), bounds, levels)
    above = [f"{regime_line(run)}." for run in sweep.of_each_truth]
    discrete = any(row["discrete"] for row in shown)
    below = notes(sweep, bounds, levels, discrete, asked.get("interval", "equal"))
    below = [*below, "", *words(sweep, bounds)]
    return laid_out(rows, kind, below, above=above, width=width, names=list(columns_of(sweep)))


def _readable(
    rows: Sequence[dict[str, Any]],
    vary: Mapping[str, str],
    bounds: Sequence[Bounds],
    levels: tuple[float, ...],
) -> list[dict[str, str]]:
    """Write rows for reading, without the columns of which nothing is known."""
    engines = {row["engine"] for row in rows} != {"nutpie"}
    coverages = [f"coverage_{100 * x:g}" for x in (levels if levels != LEVELS else (0.95,))]
    readable = [
        {
            **{name: told(row[column]) for name, column in vary.items()},
            "estimator": row["estimator"],
            **({"engine": row["engine"]} if engines else {}),
            "estimand": row["estimand"],
            "bias": with_error(row["bias"], row["bias_mcse"]),
            "RMSE": with_error(row["rmse"], row["rmse_mcse"]) + (" *" if row["best_rmse"] else ""),
            **{
                f"coverage {name.partition('_')[2]} %": with_ends(row, name)
                + coverage_mark(row, name)
                for name in coverages
            },
            "contraction": with_error(row["contraction"], row["contraction_mcse"]),
            **{str(b): _WORD.get(str(row[f"answer_{b.metric}"]), "–") for b in bounds},
            "datasets": str(row["n_datasets"]),
            "failed": str(row["n_failed"]),
        }
        for row in rows
    ]
    known = {name for row in readable for name, text in row.items() if text != "–"}
    return [{name: text for name, text in row.items() if name in known} for row in readable]


def words(sweep: Sweep, bounds: Sequence[Bounds]) -> list[str]:
    """Say of each estimator, estimand and bound where it holds, and what that is worth."""
    sentences = sentences_of(sweep, answers(sweep, bounds))
    return [*(text for _, text in sentences), "", worth()]


def worth() -> str:
    """Say how sure an answer is."""
    return (
        f"Each answer is wrong with a probability of at most {100 * ALPHA:g} %, however often you "
        "look: exactly for coverage, asymptotically for means. That is the probability in one "
        "cell, not in all of them together."
    )


def sentences_of(sweep: Sweep, given: Sequence[Answer]) -> list[tuple[Answer, str]]:
    """Give the sentence of each estimator, engine, estimand and bound, with one of its answers."""
    groups: dict[tuple[str, str, str, str], list[Answer]] = {}
    for answer in given:
        key = (answer.estimand, str(answer.bound), answer.estimator, answer.engine)
        groups.setdefault(key, []).append(answer)
    found = []
    for (estimand, bound, estimator, engine), mine in sorted(
        groups.items(), key=lambda item: _order(sweep, item[1][0])
    ):
        short = estimator.rpartition(":")[2]
        who = sweep.settings.who(estimator, engine).replace(estimator, short, 1)
        cells = [sweep.cells[answer.cell] for answer in mine]
        outcomes = [answer.outcome for answer in mine]
        text = sentence(f"{who}, {estimand}", bound, cells, outcomes)
        found.append((mine[0], text))
    return found


def _order(sweep: Sweep, answer: Answer) -> tuple[Any, ...]:
    settings = sweep.settings
    return (
        answer.estimand,
        answer.bound.metric,
        settings.estimators.index(answer.estimator),
        settings.fitters.index(answer.engine),
    )


def spending(sweep: Sweep, width: int) -> str:
    """Say how many datasets each estimator has in each cell, in lines of so many characters."""
    rows = []
    for run, cell in zip(sweep.runs, sweep.cells, strict=True):
        counts = run.fits.groupby("estimator")["dataset"].nunique()
        rows.append(
            {name: told(value) for name, value in cell.items()}
            | {name: str(counts.get(name, 0)) for name in sweep.settings.estimators}
        )
    total, rows_kept = len(sweep.fits), sum(len(run.fits) for run in sweep.runs)
    once = "" if total == rows_kept else "; fits that cells have in common were made once"
    table = laid_out(rows, "text", [], width=width, names=list(columns_of(sweep)))
    return f"datasets by cell, {plural(total, 'fit')} in all{once}\n\n{table}"


def told_of(sweep: Sweep, width: int) -> str:
    """Say what a sweep has found and what it has spent, in lines of so many characters."""
    lines = wrapped(words(sweep, sweep.plan.expectations), width)
    return "\n".join([*lines, "", spending(sweep, width)])
