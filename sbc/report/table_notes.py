"""What is said below a table: its notation, and how the fits went."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sbc.gates.judgement import judgement
from sbc.gates.verdict_words import verdict_lines
from sbc.gates.words import LABELS
from sbc.gates.words import found as told
from sbc.plugins.errors import option
from sbc.report.gains import reference_of
from sbc.store.frames import Run
from sbc.store.reasons import listed_once
from sbc.store.rows import LEVELS

#: Said where an approximation was fitted.
APPROXIMATION = (
    "k̂ = median Pareto k̂ of an approximation's importance ratios: above 0.7 it is far from the "
    "posterior. ELBO drift = median rise of its bound in the last quarter, in nats. Its draws are "
    "independent: there is no R-hat and no ESS."
)


def regime_line(run: Run) -> str:
    """Say in words what the truth was drawn from and of whom uniform ranks are expected."""
    if run.expected_uniform:
        expected = f"uniform ranks are expected of {', '.join(run.expected_uniform)}"
    elif run.provenance.imported:
        expected = "uniform ranks are expected of no method"
    else:
        expected = (
            "uniform ranks are expected of no estimator; they show how well each does on data from "
            "this generator"
        )
    part = f"{found}; " if (found := run.shard.describe()) else ""
    return f"{part}{run.settings.describe_process()}: {expected}"


#: What stands for a coverage of shortest intervals where there are none.
NOT_KEPT = "not kept"
#: The same, of results that came without draws.
NEEDS_DRAWS = "needs draws"


def _needs_draws(run: Run, results: pd.DataFrame) -> bool:
    """Say whether any of a run's results came without draws: estimates, or ranks made elsewhere."""
    imported = bool(run.provenance.imported)
    return bool((results["hdi95_low"].isna() & (results["pit"].isna() | imported)).any())


def _not_kept(run: Run) -> bool:
    """Say whether a version made the run that kept no shortest intervals of the draws it had."""
    ranked = run.results["pit"].notna()
    return not run.provenance.imported and bool((run.results["hdi95_low"].isna() & ranked).any())


def missing(run: Run, row: dict[str, Any]) -> str:
    """Say what stands in a row of a table for a coverage of shortest intervals.

    Parameters
    ----------
    run : Run
        Whose table it is.
    row : dict
        With its estimator and engine.
    """
    mine = (run.results.estimator == row["estimator"]) & (run.results.engine == row["engine"])
    results = run.results[mine]
    if _needs_draws(run, results):
        return NEEDS_DRAWS
    return NOT_KEPT if results["hdi95_low"].isna().any() else "–"


def _shortest_line(run: Run) -> str:
    """Say what the coverage of shortest intervals is, or why it cannot be had."""
    if _not_kept(run):
        return (
            "coverage of shortest intervals cannot be had: fits of this run were made by a version "
            "of sbc that did not keep them, and only fitting anew gives them"
        )
    share = "coverage = share of shortest intervals of all draws that hold the truth"
    if not _needs_draws(run, run.results):
        return (
            f"{share} (half a point less than their level from 1,000 draws of an exact posterior)"
        )
    if run.provenance.imported:
        return f"{share}: it cannot be had of results that were imported without draws"
    return f"{share}: it cannot be had of estimates without draws"


def coverage_line(
    run: Run, levels: tuple[float, ...] = LEVELS, interval: str = "equal", **_: object
) -> str:
    """Say by which kind of interval coverage is counted."""
    if interval == "hdi":
        return _shortest_line(run)
    kept = "coverage = share of intervals between posterior quantiles that hold the truth"
    if run.settings.functions:
        kept = (
            "coverage = share of intervals that hold the truth, between posterior quantiles or an "
            "estimate's own"
        )
    if run.provenance.imported:
        kept = (
            "coverage = share of intervals that hold the truth, by the PIT if only ranks are known"
        )
    others = [f"{100 * level:g} %" for level in levels if level not in LEVELS]
    return f"{kept} (by the PIT: {', '.join(others)})" if others else kept


_RANK_P = "; rank p = test of uniform ranks, adjusted for the number of quantities (Holm)"


def _study_lines(run: Run, reference: str | None = None, **_: object) -> list[str]:
    """Say what power and the gain in precision are about."""
    known = run.settings.regime.single_truth and run.results[["q025", "q975"]].notna().all(
        axis=None
    )
    lines = ["power = share of 95 % intervals that leave out 0."] if known else []
    if len(run.settings.estimators) > 1 and run.results["mean"].notna().any():
        lines.append(f"The gain in precision is over {reference_of(run, reference)}.")
    return lines


def verdicts(run: Run) -> list[str]:
    """Write the verdicts on the ranks of each estimator, and what the gate says."""
    found = judgement(run)
    lines = verdict_lines(found, run.settings)
    if found.gate is not None:
        lines.append(f"gate: {LABELS[found.gate.outcome]}, {told(found.gate)}")
    return lines


def notes(run: Run, pools: bool, elements: bool, **options: Any) -> list[str]:
    """List the lines; arguments as of `sbc.report.table.render`, `pools` for those of vectors."""
    lines = [
        "a (b) = estimate and Monte Carlo standard error of its last digits; [ ] = 95 % interval; "
        f"{coverage_line(run, **options)}"
        f"{_RANK_P if run.results['pit'].notna().any() or run.results.empty else ''}."
    ]
    if run.provenance.imported:
        lines += _study_lines(run, **options)
    if pools:
        lines.append(
            "[*] = mean over the elements of a vector, its error from the variation between "
            "datasets" + ("." if elements else f"; {option('elements')} shows each.")
        )
    mine = {
        run.settings.who(estimator, engine): run.fits_of(estimator, engine)
        for estimator, engine in run.settings.pairs
    }
    reasons = listed_once(mine)
    for who, fits in mine.items():
        parts = [f"{n} {status}" for status, n in fits.status.value_counts().items()]
        if (count := int((fits.attempt > 0).sum())) > 0:
            parts.append(f"{count} retried")
        lines.append(f"fits of {who}: {', '.join(parts) or 'none yet'}")
        lines += [f"  {reason}" for reason in reasons[who]]
    return lines + run.lines
