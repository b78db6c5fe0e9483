"""What a study took, in sentences: datasets and why so many, failures, seeds and versions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from sbc.report.cells import cells_of
from sbc.report.targets import ELEMENT, subjects_of
from sbc.stats.vectors import measure
from sbc.store.frames import Run
from sbc.store.reasons import listed as reasons
from sbc.store.rows import DIVERGENT, FAILED, LOW_ESS, POOR
from sbc.store.status import did

#: Statuses of fits that are used and still told.
_USED = (LOW_ESS, DIVERGENT, POOR)


def how_many(runs: Sequence[Run], why: Sequence[str] = ()) -> list[str]:
    """Say how many datasets there are, why, and how large errors are with them.

    Parameters
    ----------
    runs : sequence of Run
        One, or one a cell.
    why : sequence of str
        What decided on the number where the runs do not say.
    """
    settings, runs = runs[0].settings, [cell for run in runs for cell in cells_of(run)]
    counts = [int(run.fits["dataset"].nunique()) for run in runs]
    imported = bool(runs[0].provenance.imported)
    what = "combinations" if imported else "cells"
    cells = f" in each of {len(runs)} {what}" if len(runs) > 1 else ""
    told = f"{counts[0]:,}" if len(set(counts)) == 1 else f"{min(counts):,} to {max(counts):,}"
    verb = "has results for" if imported else "simulated"
    noun = "dataset" if told == "1" else "datasets"
    lines = [f"The study {verb} {told} {noun}{cells}."]
    if len(runs) == 1 and not imported and counts[0] < runs[0].shard.count(settings.datasets):
        lines.append(f"It is not complete: {settings.datasets:,} datasets were planned.")
    if part := runs[0].shard.describe():
        lines.append(f"This is {part}.")
    decided = [*runs[0].provenance.stopped, *why]
    lines += decided
    if not decided:
        lines.append("Why there are so many is not recorded.")
    errors = [text for text in (_largest(runs, name) for name in ("bias", "coverage")) if text]
    if errors:
        lines.append(f"With them, the largest Monte Carlo standard error {', '.join(errors)}.")
    return lines


def _largest(runs: Sequence[Run], metric: str) -> str:
    """Say how large the error of a metric is where it is largest; nothing if none is known."""
    options = {"level": 0.95, "kind": "known"} if metric == "coverage" else {}
    found = []
    for run in runs:
        for subject in subjects_of(run):
            if subject.kind != ELEMENT:
                error = measure(metric, subject.what, **options).mcse
                found += [(error, run.label, subject)] if math.isfinite(error) else []
    if not found:
        return ""
    error, where, subject = max(found, key=lambda pair: pair[0])
    of = "of the coverage of 95 % intervals" if metric == "coverage" else "of the bias"
    who = subject.estimator.rpartition(":")[2] or subject.estimator
    place = ", ".join(part for part in (subject.name, who, where) if part)
    return f"{of} was {error:.2g} ({place})"


def failures(runs: Sequence[Run]) -> list[str]:
    """Say how many fits failed, how and what was made of that."""
    fits = pd.concat([run.fits for run in runs])
    if fits.empty:
        return ["There are no fits."]
    failed = fits[fits["status"].isin(FAILED)]
    retried = int((fits["attempt"] > 0).sum())
    lines = [f"{len(failed):,} of {len(fits):,} fits failed."]
    for estimator in runs[0].settings.estimators:
        mine = failed[failed["estimator"] == estimator]
        if len(mine):
            kinds = [
                f"{count} {did(str(status))}"
                for status, count in mine["status"].value_counts().items()
            ]
            whole = int((fits["estimator"] == estimator).sum())
            who = estimator.rpartition(":")[2] or estimator
            lines.append(f"Of {who}, {len(mine)} of {whole:,}: {', '.join(kinds)}.")
            lines += [f"Commonest reason: {text}." for text in reasons(mine, most=1)]
    if len(failed):
        lines.append(
            "Failed fits are counted and left out of the measures of their method; no dataset was "
            "replaced. Differences between methods are taken on the datasets where both worked."
        )
    if retried:
        lines.append(
            f"{_fits(retried, 'was', 'were')} repeated, on the same data, with a larger budget."
        )
    for status in _USED:
        if count := int((fits["status"] == status).sum()):
            told = _fits(count, f"{did(status)}; it was", f"{did(status)}; they were")
            lines.append(f"{told} used.")
    return lines


def _fits(count: int, one: str, several: str) -> str:
    return f"1 fit {one}" if count == 1 else f"{count:,} fits {several}"


def versions(runs: Sequence[Run]) -> list[str]:
    """Say which seed and which versions of packages make the study again."""
    known, settings = runs[0].provenance, runs[0].settings
    packages = ", ".join(f"{n} {v}" for n, v in known.packages.items() if v)
    lines = [] if known.imported else [f"The seed of all random numbers was {settings.seed}."]
    verb = "imported" if known.imported else "made"
    if known.get("sbc"):
        commit = f", commit {known['commit']}" if known.get("commit") else ""
        python = f" on Python {known['python']}" if known.get("python") else ""
        lines.append(f"The run was {verb} by sbc {known['sbc']}{commit}{python}.")
    if packages and not known.imported:
        lines.append(f"Versions of packages: {packages}.")
    if known.resumed:
        lines.append("It was gone on with under other versions of packages than it began with.")
    return lines or ["Neither seed nor versions are recorded."]
