"""A run's table with the measures that somebody chose, for reading or to publish."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sbc.report.gains import reference_of
from sbc.report.hypotheses import Nulls, Ropes, found_for, null_of
from sbc.report.labels import Labels
from sbc.report.markup import WRITERS, text
from sbc.report.measures import MEASURES, ROPE, Measure, asked_for
from sbc.report.sheet import sheet
from sbc.store.frames import Run
from sbc.store.names import called
from sbc.store.reasons import listed

#: Formats that are written to be published.
PUBLISHED = ("latex", "typst", "html")


def wants_choice(
    kind: str, measures: Sequence[str] | None, errors: str, options: Mapping[str, Any]
) -> bool:
    """Say whether a table is to have other columns than the one that every run ends with."""
    asked = options.get("null") is not None or bool(options.get("rope"))
    return kind in PUBLISHED or bool(measures) or bool(errors) or asked


def chosen(
    run: Run, frame: pd.DataFrame, kind: str, elements: bool, measures: Sequence[str] | None,
    errors: str, options: Mapping[str, Any], width: int | None = None,
) -> str:  # fmt: skip
    """Write the rows of a run's table; arguments are those of `sbc.report.table.render`.

    Raises
    ------
    UserError
        If there is no such measure.
    """
    by = run.factors if options.get("by") is None else options["by"].split(",")
    if "stratum" in frame:
        frame = frame.assign(stratum=[_named(label, by) for label in frame["stratum"]])
    factors = {"stratum": "stratum"} if "stratum" in frame else {}
    return chosen_of([run], frame, kind, factors, measures, errors, options, elements, width=width)


def chosen_of(
    runs: Sequence[Run], frame: pd.DataFrame, kind: str, factors: Mapping[str, str],
    measures: Sequence[str] | None, errors: str, options: Mapping[str, Any], elements: bool = False,
    notes: Sequence[str] = (), width: int | None = None,
) -> str:  # fmt: skip
    """Write the rows of a table of several runs, such as the cells of a sweep.

    Parameters
    ----------
    runs : sequence of Run
        Whose rows these are.
    frame : DataFrame
        The rows.
    kind : str
        One of `sbc.report.markup.WRITERS`.
    factors : mapping of str to str
        What the rows are grouped by, each with its column.
    measures, errors, elements, width
        As for `sbc.report.table.render`.
    options : mapping
        Of `sbc.report.table.table`.
    notes : sequence of str
        What else to say below.

    Raises
    ------
    UserError
        If there is no such measure.
    """
    null, rope = options.get("null"), options.get("rope") or {}
    failed = bool((frame["n_failed"] > 0).any())
    shown = asked_for(measures, list(frame.columns), null is not None, bool(rope), failed)
    short = Labels.of(runs[0], {}).short
    frame = frame.assign(estimator=frame["estimator"].map(lambda name: short.get(name, name)))
    records = frame.to_dict(orient="records")
    notes = [*_counts(records, shown), *notes, *_about(runs, records, shown, options)]
    notes += _failures(runs)
    caption = f"Performance over simulated datasets; {_process(runs)}."
    made = sheet(records, shown, factors, errors, caption, notes, elements)
    return text(made, width) if kind == "text" else WRITERS[kind](made)


def _process(runs: Sequence[Run]) -> str:
    """Say where truths and data come from, without the paths of a user's files."""
    settings = runs[0].settings
    told = [part] if (part := runs[0].shard.describe()) else []
    if runs[0].provenance.imported:
        return "; ".join([*told, settings.generator])
    if settings.simulator or settings.data:
        return "; ".join([*told, settings.describe_process()])
    told.append(f"generator {called(settings.generator)}")
    if len({run.settings.truth for run in runs}) == 1:  # where it varies it stands in the rows
        told.append(f"truth regime {settings.truth}")
    return "; ".join(told)


def _counts(records: Sequence[Mapping[str, Any]], shown: Sequence[Measure]) -> list[str]:
    """Say how many datasets there are, where no column does."""
    counts = {int(r["n_datasets"]) for r in records}
    if MEASURES["datasets"] in shown or not counts:
        return []
    least, most = min(counts), max(counts)
    told = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return [f"Each row summarises {told} {'dataset' if told == '1' else 'datasets'}."]


def _named(label: str, by: Sequence[str]) -> str:
    """Write ``n = 50`` for a stratum that a table for reading calls ``n 50``."""
    for name in by:
        label = re.sub(rf"(^|, )({re.escape(name.strip())}) ", r"\1\2 = ", label, count=1)
    return label


def _about(
    runs: Sequence[Run], records: Sequence[Mapping[str, Any]], shown: Sequence[Measure],
    options: Mapping[str, Any],
) -> list[str]:  # fmt: skip
    """Say what the measures are that do not explain themselves."""
    heads = {measure.head for measure in shown}
    names = list(dict.fromkeys(r["estimand"] for r in records if r["estimand"]))
    lines = []
    if MEASURES["power"].head in heads:
        lines += null_lines(names, options.get("null") or 0.0, _truths(runs, names))
    if options.get("rope") and heads & {MEASURES[name].head for name in ROPE}:
        lines += rope_lines(names, options["rope"], options.get("interval", "equal"))
    if MEASURES["precision_gain"].head in heads and len(runs[0].settings.estimators) > 1:
        reference = reference_of(runs[0], options.get("reference"))
        short = Labels.of(runs[0], {}).short[reference]
        lines.append(f"The gain in precision is over {short}.")
    return lines


def _truths(runs: Sequence[Run], names: Sequence[str]) -> dict[str, float]:
    """Give the one truth of each estimand that has one."""
    found: dict[str, set[float]] = {}
    for run in runs:
        for name, group in run.results.groupby("quantity")["truth"]:
            found.setdefault(str(name), set()).update(group.unique().tolist())
    return {name: next(iter(found[name])) for name in names if len(found.get(name, ())) == 1}


def null_lines(names: Sequence[str], nulls: Nulls, truths: Mapping[str, float]) -> list[str]:
    """Say what rejecting a null value is: power, type I error, or neither alone.

    Parameters
    ----------
    names : sequence of str
        The estimands.
    nulls : float or mapping
        The null values.
    truths : mapping of str to float
        The truth of those that have but one.
    """
    parts = []
    for name in names:
        null = null_of(nulls, name)
        kind = "the average power over the truths that were drawn"
        if name in truths:
            kind = "the type I error" if truths[name] == null else "the power"
        parts.append(f"{name} (null value {null:g}): {kind}")
    told = "Rejects null: share of 95 % intervals that leave out the null value"
    return [f"{told}; of {'; of '.join(parts)}."]


def rope_lines(names: Sequence[str], ropes: Ropes, interval: str) -> list[str]:
    """Say which regions of practical equivalence were asked about, and what is counted."""
    regions = [(name, found_for(ropes, name)) for name in names]
    told = ", ".join(f"[{r[0]:g}, {r[1]:g}] of {name}" for name, r in regions if r)
    which = "shortest" if interval == "hdi" else "equal-tailed"
    return [
        f"ROPE: region of practical equivalence, {told}. Inside and outside: shares of {which} "
        "95 % intervals wholly within and wholly beyond it (Kruschke 2018, "
        "doi:10.1177/2515245918771304); the rest is undecided. Mass: mean share of the posterior "
        "within it."
    ]


def _failures(runs: Sequence[Run]) -> list[str]:
    """Say how many fits failed, and why."""
    lines = []
    for estimator, engine in runs[0].settings.pairs:
        fits = pd.concat([run.fits_of(estimator, engine) for run in runs])
        if told := listed(fits):
            short = Labels.of(runs[0], {}).short[estimator]
            lines.append(f"Failed fits of {short}, counted and left out: {'; '.join(told)}.")
    return lines
