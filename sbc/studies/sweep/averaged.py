"""The averages over cells of a sweep, for reading and to publish."""

from __future__ import annotations

from collections.abc import Sequence

from sbc.report.chosen import chosen_of, wants_choice
from sbc.report.discrete import MARK, NOTE
from sbc.report.narrow import laid_out
from sbc.report.numbers import with_error
from sbc.report.table import LEVELS
from sbc.report.targets import ELEMENT
from sbc.studies.sweep.collapse import AVERAGED, collapsed, for_programs
from sbc.studies.sweep.columns import columns_of
from sbc.studies.sweep.factors import told
from sbc.studies.sweep.notes import coverage_told
from sbc.studies.sweep.read import Sweep

_SHOWN = {"bias": "bias", "RMSE": "rmse", "empirical SE": "emp_se", "model SE": "model_se"}


def render_collapsed(
    sweep: Sweep,
    by: Sequence[str],
    kind: str = "text",
    levels: tuple[float, ...] = LEVELS,
    measures: Sequence[str] | None = None,
    errors: str = "",
    width: int | None = None,
) -> str:
    """Write the averages, in the formats of `sbc.report.table.render`.

    Parameters
    ----------
    sweep, by, levels
        As for `sbc.studies.sweep.collapse.collapsed`.
    kind, measures, errors, width
        As for `sbc.report.table.render`.

    Raises
    ------
    UserError
        For a name that is no factor, or a measure that is not averaged.
    """
    frame = collapsed(sweep, by, levels)
    if kind in ("csv", "json"):
        return for_programs(frame, kind)
    columns = columns_of(sweep)
    if wants_choice(kind, measures, errors, {}):
        factors = {name: columns[name] for name in by}
        return chosen_of(
            *(sweep.runs, frame, kind, factors, measures, errors or "full", {}),
            notes=[AVERAGED],
            width=width,
        )
    told_levels = levels if levels != LEVELS else (0.95,)
    coverages = {f"coverage {100 * x:g} %": f"coverage_{100 * x:g}" for x in told_levels}
    shown = [row for row in frame.to_dict(orient="records") if row["kind"] != ELEMENT]
    engines = {row["engine"] for row in shown} != {"nutpie"}
    rows = [
        {
            **{name: told(row[columns[name]]) for name in by},
            "estimator": row["estimator"],
            **({"engine": row["engine"]} if engines else {}),
            "estimand": row["estimand"],
            **{said: with_error(row[x], row[f"{x}_mcse"]) for said, x in _SHOWN.items()},
            **{
                said: with_error(row[x], row[f"{x}_mcse"]) + (MARK if row["discrete"] else "")
                for said, x in coverages.items()
            },
            "cells": str(row["n_cells"]),
            "datasets": str(row["n_datasets"]),
            "failed": str(row["n_failed"]),
        }
        for row in shown
    ]
    below = [
        f"{AVERAGED} a (b) = estimate and error of its last digits; "
        f"{coverage_told(sweep, (), levels)}."
    ]
    below += [NOTE] if any(frame["discrete"]) else []
    return laid_out(rows, kind, below, width=width, names=by)
