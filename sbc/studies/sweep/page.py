"""A sweep as one page of HTML that needs nothing beside itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sbc.gates.expectations import Bounds
from sbc.report.discrete import MARK, NOTE
from sbc.report.figures.pictures import Picture, styled, unhurried
from sbc.report.labels import plural
from sbc.report.numbers import with_error
from sbc.report.page import answer
from sbc.report.page.origin import origin
from sbc.report.page.page import field_figures, figure_of
from sbc.report.page.template import fill
from sbc.store.frames import Run
from sbc.store.rows import FAILED
from sbc.studies.sweep.answers import ALPHA
from sbc.studies.sweep.best import TIE, best
from sbc.studies.sweep.factors import BUDGET, TRUTH, Level, told
from sbc.studies.sweep.figures import title_of
from sbc.studies.sweep.notes import STOPPED, coverage_told
from sbc.studies.sweep.panels import has_lines, panels_of, where
from sbc.studies.sweep.pictures import Look, study_of
from sbc.studies.sweep.read import Sweep
from sbc.studies.sweep.surfaces import Surface, counted, estimands_of, metrics_of, surfaces
from sbc.studies.sweep.table import sentences_of

_HERE = Path(__file__).parent
_KINDS = {"pass": "good", "fail": "bad", "inconclusive": "open"}


def sweep_page(*sweeps: Sweep, bounds: Sequence[Bounds] = (), field: Sequence[str] = ()) -> str:
    """Write the page of one sweep or several, one below the other.

    Parameters
    ----------
    *sweeps : Sweep
        Finished or not.
    bounds : sequence of Bounds
        What to hold them against; by default what each one's plan says.
    field : sequence of str
        Figures to add, some of `sbc.report.field.KINDS`.
    """
    anchors = [f"s{i}" for i in range(len(sweeps))] if len(sweeps) > 1 else [""]
    with unhurried():
        shown = [_shown(*one, bounds, field) for one in zip(sweeps, anchors, strict=True)]
    return fill(
        _HERE / "sweep.html.j2",
        sweeps=shown,
        more=Markup((_HERE / "sweep.css").read_text(encoding="utf-8")),
    )


def _shown(
    sweep: Sweep, anchor: str, bounds: Sequence[Bounds], field: Sequence[str]
) -> dict[str, Any]:
    """Give what the page says of one sweep."""
    look = Look.of(sweep, bounds)
    with styled():
        parts = [_part(look, name, f"{anchor}e{i}") for i, name in enumerate(estimands_of(sweep))]
        effort = _effort(look, anchor)
    return {
        "anchor": anchor,
        "title": sweep.folder.name or str(sweep.folder),
        "process": f"{sweep.settings.generator} · {_truths(sweep)}",
        "varied": [_varied(name, values) for name, values in sweep.plan.grid.vary.items()],
        "regime": [words for run in sweep.of_each_truth for words in answer.regime_words(run)],
        "state": _state(sweep),
        "fits": plural(len(sweep.fits), "fit"),
        "cells": plural(len(sweep.runs), "cell"),
        "parts": parts,
        "effort": effort,
        "maps": len(sweep.plan.grid.vary) > 1,
        "lines": has_lines(sweep.plan.grid),
        "multiples": len(sweep.plan.grid.vary) > 2,
        "everyone": [look.who(surface) for surface in counted(sweep, failed=False)],
        "asked": [str(bound) for bound in look.bounds],
        "own": bool(bounds or sweep.plan.bounds),
        "precision": [f"{name} to {value:g}" for name, value in sweep.plan.precision.items()],
        "limits": _limits(sweep),
        "coverage": coverage_told(sweep, look.bounds),
        "stopped": STOPPED,
        "alpha": f"{100 * ALPHA:g} %",
        "tie": f"{TIE:g}",
        "field": field_figures(study_of(sweep), field, f"{anchor}x") if field else [],
        "origin": _origin(sweep),
    }


def _truths(sweep: Sweep) -> str:
    return ", ".join(run.settings.describe_truth() for run in sweep.of_each_truth)


def _varied(name: str, levels: Sequence[Level]) -> str:
    return f"{name}: {', '.join(map(told, levels))}"


def _state(sweep: Sweep) -> str:
    there, planned = len(sweep.fits), sweep.plan.fits(sweep.settings)
    if not there:
        return "This sweep holds no fits yet."
    if part := sweep.runs[0].shard.describe():
        return f"This is {part} of a sweep. It does not hold the datasets of the others."
    return (
        f"This sweep is not finished. It holds {there:,} of {planned:,} fits."
        if there < planned
        else ""
    )


def _limits(sweep: Sweep) -> str:
    plan = sweep.plan
    budget = "" if plan.budget is None else f", {plan.budget:,} fits in all"
    return f"at most {plan.max_datasets:,} datasets in a cell{budget}"


def _part(look: Look, estimand: str, anchor: str) -> dict[str, Any]:
    """Give what the page says of one estimand."""
    sweep = look.sweep
    rows, measured = [], {}
    for metric in metrics_of(sweep, look.bounds):
        found = surfaces(sweep, estimand, metric, look.bounds, look.given)
        measured[metric] = found
        bound = next((str(one) for one in look.bounds if one.metric == metric), "")
        rows.append(
            {
                "title": title_of(metric),
                "bound": bound,
                "panels": _panels(look.drawn(found), f"{anchor}{metric}"),
            }
        )
    marked = {
        (cell, subject.estimator, subject.engine)
        for cell, subject in sweep.subjects
        if subject.name == estimand and subject.discrete
    }
    return {
        "anchor": anchor,
        "estimand": estimand,
        "sentences": [
            {**look.who(mine), "text": text.partition(": ")[2], "bound": str(mine.bound)}
            for mine, text in sentences_of(sweep, look.given)
            if mine.estimand == estimand
        ],
        "metrics": rows,
        "best": _best(look, estimand),
        "numbers": _numbers(look, measured, marked),
        "discrete": NOTE if marked else "",
    }


def _panels(drawn: list[tuple[dict[str, Any] | None, Picture]], name: str) -> list[dict[str, Any]]:
    return [
        {"who": who} | figure_of(picture, f"{name}f{i}") for i, (who, picture) in enumerate(drawn)
    ]


def _best(look: Look, estimand: str) -> dict[str, Any]:
    """Arrange who has the smallest errors as maps are: the first factor to the right."""
    sweep = look.sweep
    cells = [
        {
            "tied": [look.who(subject) for subject in found.tied],
            "rmse": with_error(*found.ranked[0][1]) if found.ranked else "–",
        }
        for found in (best(sweep, run.cell, estimand) for run in sweep.runs)
    ]
    parts = panels_of(sweep.plan.grid)
    columns = [where({parts[0].x_name: x}) for x in parts[0].xs]
    nothing: dict[str, Any] = {"tied": [], "rmse": ""}
    rows = [
        {
            "label": ", ".join(filter(None, [part.y_name and where({part.y_name: y}), part.title])),
            "cells": [
                (column, cells[number] if number >= 0 else nothing)
                for column, number in zip(columns, part.cells[:, j], strict=True)
            ],
        }
        for part in parts
        for j, y in reversed(list(enumerate(part.ys)))
    ]
    return {"columns": columns, "rows": rows}


def _numbers(
    look: Look, found: dict[str, list[Surface]], marked: set[tuple[int, str, str]]
) -> dict[str, Any]:
    """List every number with its error, cell by cell, coverages of discrete estimands marked."""
    sweep, metrics = look.sweep, list(found)
    rows = []
    for i, cell in enumerate(sweep.cells):
        for j, first in enumerate(found[metrics[0]]):
            numbers = []
            for metric in metrics:
                surface = found[metric][j]
                covers = metric.startswith("coverage_")
                factor = 100 if covers or metric == "contraction" else 1  # as the heads say
                text = with_error(factor * surface.value[i], factor * surface.error[i])
                if covers and (i, surface.estimator, surface.engine) in marked:
                    text += MARK
                kind = _KINDS[surface.outcomes[i]] if surface.outcomes else ""
                numbers.append((title_of(metric), text, kind))
            levels = [(name, told(level)) for name, level in cell.items()]
            rows.append({**look.who(first), "where": levels, "numbers": numbers})
    return {"columns": [*sweep.plan.grid.vary], "metrics": [title_of(m) for m in metrics],
            "rows": rows}  # fmt: skip


def _effort(look: Look, anchor: str) -> list[dict[str, Any]]:
    """Show how many datasets went where and, if there are any, where fits failed."""
    sweep = look.sweep
    shown = [counted(sweep, failed=False)]
    failed = counted(sweep, failed=True)
    if any((surface.value > 0).any() for surface in failed):
        shown.append(failed)
    return [
        {
            "title": title_of(found[0].metric),
            "bound": "",
            "panels": _panels(look.drawn(found), f"{anchor}{found[0].metric}"),
        }
        for found in shown
    ]


def _origin(sweep: Sweep) -> list[tuple[str, str]]:
    """List what it takes to make the sweep again."""
    fits = sweep.fits
    whole = Run(sweep.folder, sweep.provenance, sweep.settings, fits, sweep.runs[0].results)
    rows = [(name, _as_varied(sweep, name, value)) for name, value in origin(whole)]
    rows = [row for row in rows if row[0] != "datasets"]
    failed = int(fits["status"].isin(FAILED).sum())
    return [*rows[:4], ("fits", f"{len(fits):,}, of which {failed:,} failed"), *rows[4:]]


def _as_varied(sweep: Sweep, name: str, value: str) -> str:
    """Say of what the cells share where it varies."""
    grid = sweep.plan.grid
    if name == "truth" and TRUTH in grid.kinds.values():
        return ", ".join(told(level) for n in grid.vary if grid.kinds.get(n) == TRUTH
                         for level in grid.vary[n])  # fmt: skip
    of_budget = [n for n, kind in grid.kinds.items() if kind == BUDGET]
    if name == "budget of a fit" and of_budget:
        return f"{value}, but for {', '.join(of_budget)}, which varies by cell"
    return value
