"""The summary of a run: one row an estimator, engine and estimand, each number with its error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbc.plugins.errors import UserError, option
from sbc.report.adjusted import adjust, others
from sbc.report.chosen import PUBLISHED, chosen, wants_choice
from sbc.report.discrete import NOTE
from sbc.report.gains import reference_of
from sbc.report.hypotheses import Nulls, Ropes, check_named, check_ropes
from sbc.report.marks import marked, painted
from sbc.report.narrow import laid_out
from sbc.report.numbers import p_value, plain_number, plain_records, with_error
from sbc.report.readable import diagnostics_of, readable_rows
from sbc.report.table_notes import (
    APPROXIMATION,
    LEVELS,
    notes,
    regime_line,
    verdicts,
)
from sbc.report.table_rows import Asked, row_of
from sbc.report.targets import ELEMENT, VECTOR, strata_of, subjects_of
from sbc.store.frames import Run
from sbc.store.status import meanings

FORMATS = ("text", "markdown", "csv", "json", *PUBLISHED)


def table(
    run: Run,
    by: str | None = None,
    levels: tuple[float, ...] = LEVELS,
    interval: str = "equal",
    null: Nulls | None = None,
    reference: str | None = None,
    rope: Ropes | None = None,
) -> pd.DataFrame:
    """Summarise a run.

    Parameters
    ----------
    run : Run
        With any number of fits, none included.
    by : str, optional
        A feature of the generator's data: one row a stratum of it, for what holds on average only;
        several with commas between them: one row a combination. A feature that is an array breaks
        down the vectors of its length, element by element, and nothing else. Results made elsewhere
        are broken down by the factors of their study, unless this is ``""``.
    levels : tuple of float
        Whose coverage to report, in (0, 1).
    interval : {"equal", "hdi"}
        Equal-tailed intervals between posterior quantiles (by the PIT where a level's quantiles
        were not kept), or the shortest intervals of all draws, of which those at `LEVELS` were
        kept; NaN in runs of versions that kept none, and of results imported without draws.
    null : float or mapping of str to float
        What ``power_95`` is about: the share of intervals that leave it out, the power of that test
        or, where it is the truth, its type I error. One for all estimands, or one for each that is
        named; 0 for others.
    reference : str, optional
        The estimator that ``precision_gain_percent`` is about; by default the run's first.
    rope : mapping of str to (float, float)
        Regions of practical equivalence: adds the columns of
        `sbc.report.hypotheses.rope_columns`.

    Returns
    -------
    DataFrame
        One row an (estimator, engine, estimand), and one for each vector, ``p[*]`` for the elements
        ``p[0]``, ``p[1]``, …: their metrics pooled (`sbc.stats.vectors`), with errors that come
        from the variation between datasets. The column ``kind`` tells ``scalar``, ``element`` and
        ``vector`` apart, and ``discrete`` says of which intervals cover more than their level by
        construction. ``*_mcse`` are Monte Carlo standard errors, ``coverage_*_low`` and
        ``_high`` the ends of 95 % Wilson intervals; what is not defined, such as an error from a
        single dataset, is NaN. ``rank_p_adjusted`` is ``rank_p`` by Holm's rule over the rows that
        are no elements and what else is ranked, as in the report; elements' among themselves. It
        is NaN at one fixed truth, where uniform ranks are not expected.

    Raises
    ------
    UserError
        If there is no such feature, estimator or estimand, or no vector of the feature's length; or
        no shortest intervals of a level are kept by any version.
    """
    check_levels(levels)
    check_ropes(rope or {})
    if interval == "hdi" and (other := [level for level in levels if level not in LEVELS]):
        there = ", ".join(f"{level:g}" for level in LEVELS)
        raise UserError(f"shortest intervals are kept at {there}, not at {other[0]:g}")
    by = ",".join(run.factors) if by is None else by
    asked = Asked(levels, interval, null or 0.0, reference_of(run, reference), rope or {})
    subjects = subjects_of(run)
    check_named("null", asked.null, subjects)
    check_named("rope", asked.rope, subjects)
    with np.errstate(all="ignore"):  # what overflows is not defined either
        rows = []
        for subject in subjects:
            fits = run.fits[
                (run.fits.estimator == subject.estimator) & (run.fits.engine == subject.engine)
            ]
            if not by:
                rows.append(row_of(run, subject, fits, asked, subjects))
            for label, part, chosen in strata_of(run, subject, fits, by) if by else []:
                rows.append({"stratum": label} | row_of(run, part, chosen, asked, subjects))
    if by and not rows:
        raise UserError(f"no estimand has an element for each value of the feature '{by}'")
    if not run.settings.regime.single_truth:  # where nobody expects uniform ranks, nobody tests
        adjust(rows, [] if by else others(run))
    return pd.DataFrame(rows)


def check_levels(levels: Sequence[float]) -> None:
    """Refuse levels of coverage that are none.

    Raises
    ------
    UserError
        Naming the first.
    """
    for level in levels:
        if not 0 < level < 1:
            raise UserError(f"{option('levels')} lie between 0 and 1, not at {level:g}")


def render(
    run: Run,
    kind: str = "text",
    elements: bool = False,
    measures: Sequence[str] | None = None,
    errors: str = "",
    width: int | None = None,
    colours: bool = False,
    **options: Any,
) -> str:
    """Write the table in one of the `FORMATS`.

    Parameters
    ----------
    run : Run
        What to summarise.
    kind : str
        ``csv`` and ``json`` are for programs, with every column in full precision and NaN as null
        or nothing. The others are rounded to what their errors carry: ``text`` and ``markdown``
        for reading, and what `sbc.report.markup` writes to publish.
    elements : bool
        Whether texts for reading show the elements of vectors too, and not their pools alone.
    measures : sequence of str, optional
        Which measures texts for reading show, as `sbc.report.measures` names them.
    errors : {"", "full", "compact"}
        How errors are written where measures are chosen or a table is published; full if not said.
    width : int, optional
        Characters that a line of plain text may have; by default as many as it likes.
    colours : bool
        Whether a text marks what stands out, as terminals take it.
    **options
        Of `table`.

    Raises
    ------
    UserError
        As `table`, and if there is no such measure.
    """
    frame = table(run, **options)
    if kind == "json":
        return json.dumps(plain_records(frame), indent=2, allow_nan=False)
    if kind == "csv":
        return frame.to_csv(index=False).rstrip("\n")
    if wants_choice(kind, measures, errors, options):
        return chosen(run, frame, kind, elements, measures, errors or "full", options, width)
    rows = [r for r in frame.to_dict(orient="records") if elements or r["kind"] != ELEMENT]
    readable = readable_rows(run, rows, hdi=options.get("interval") == "hdi")
    if colours:
        readable = [painted(c, marked(r)) for c, r in zip(readable, rows, strict=True)]
    pools = any(row["kind"] == VECTOR for row in rows)
    whole = "stratum" not in frame
    below = verdicts(run) if whole else []
    below += notes(run, pools, elements, **options)
    below += [APPROXIMATION] if diagnostics_of(rows) else []
    below += [NOTE] if any(row["discrete"] for row in rows) else []
    below += meanings(run.fits["status"]) if kind == "text" else []
    return laid_out(readable, kind, below, above=[f"{regime_line(run)}."], width=width)


__all__ = [
    "FORMATS",
    "LEVELS",
    "p_value",
    "plain_number",
    "plain_records",
    "regime_line",
    "render",
    "table",
    "with_error",
]
