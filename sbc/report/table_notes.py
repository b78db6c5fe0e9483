"""What is said below a table: its notation, and how the fits went."""

from __future__ import annotations

from typing import Any

from sbc.plugins.errors import option
from sbc.store.frames import Run
from sbc.store.names import fitted_by
from sbc.store.reasons import listed

#: Levels of coverage whose quantiles are kept.
LEVELS = (0.5, 0.8, 0.9, 0.95)
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
            "uniform ranks are expected of no estimator; they show how each fits this generator"
        )
    part = f"{found}; " if (found := run.shard.describe()) else ""
    return f"{part}{run.settings.describe_process()}: {expected}"


def _coverage_line(
    imported: bool,
    functions: bool,
    levels: tuple[float, ...] = LEVELS,
    interval: str = "equal",
    **_: object,
) -> str:
    """Say by which kind of interval coverage is counted."""
    if interval == "hdi":
        return (
            "coverage = share of shortest intervals of the kept draws that hold the truth, "
            "which from so few draws fall short of their level by 2 to 5 points"
        )
    kept = "coverage = share of intervals between posterior quantiles that hold the truth"
    if functions:
        kept = (
            "coverage = share of intervals that hold the truth, between posterior quantiles or an "
            "estimate's own"
        )
    if imported:
        kept = (
            "coverage = share of intervals that hold the truth, by the PIT if only ranks are known"
        )
    others = [f"{100 * level:g} %" for level in levels if level not in LEVELS]
    return f"{kept} (by the PIT: {', '.join(others)})" if others else kept


_RANK_P = "; rank p = test of uniform ranks, adjusted for the number of quantities (Holm)"


def _study_lines(
    run: Run, null: float = 0.0, reference: str | None = None, **_: object
) -> list[str]:
    """Say what power and the gain in precision are about."""
    known = run.settings.regime.single_truth and run.results[["q025", "q975"]].notna().all(
        axis=None
    )
    lines = [f"power = share of 95 % intervals that leave out {null:g}."] if known else []
    if len(run.settings.estimators) > 1 and run.results["mean"].notna().any():
        lines.append(f"The gain in precision is over {reference or run.settings.estimators[0]}.")
    return lines


def notes(run: Run, pools: bool, elements: bool, **options: Any) -> list[str]:
    """List the lines; arguments as of `sbc.report.table.render`, `pools` for those of vectors."""
    lines = [
        "a (b) = estimate and Monte Carlo standard error of its last digits; [ ] = 95 % interval; "
        f"{_coverage_line(bool(run.provenance.imported), bool(run.settings.functions), **options)}"
        f"{_RANK_P if run.results['pit'].notna().any() or run.results.empty else ''}."
    ]
    if run.provenance.imported:
        lines += _study_lines(run, **options)
    if pools:
        lines.append(
            "[*] = mean over the elements of a vector, its error from the variation between "
            "datasets" + ("." if elements else f"; {option('elements')} shows each.")
        )
    for estimator, engine in run.settings.pairs:
        mine = run.fits_of(estimator, engine)
        parts = [f"{n} {status}" for status, n in mine.status.value_counts().items()]
        if (count := int((mine.attempt > 0).sum())) > 0:
            parts.append(f"{count} needed a retry")
        who = fitted_by(estimator, engine if len(run.settings.fitters) > 1 else "")
        lines.append(f"fits of {who}: {', '.join(parts) or 'none yet'}")
        lines += [f"  {told}" for told in listed(mine)]
    return lines + run.lines
