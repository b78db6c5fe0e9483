"""What a study took, in sentences: datasets and why so many, failures, seeds and versions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from sbc.gates.record import read_record
from sbc.report.cells import cells_of
from sbc.report.targets import ELEMENT, subjects_of
from sbc.stats.vectors import measure
from sbc.store.frames import Run
from sbc.store.reasons import listed as reasons
from sbc.store.rows import DIVERGENT, FAILED, LOW_ESS, POOR
from sbc.store.status import did

#: Statuses of fits that are used and still told.
_USED = (LOW_ESS, DIVERGENT, POOR)


def how_many(
    runs: Sequence[Run],
    why: Sequence[str] = (),
    fits: pd.DataFrame | None = None,
    planned: int | None = None,
) -> list[str]:
    """Say how many datasets there are, why, and how large errors are with them.

    Parameters
    ----------
    runs : sequence of Run
        One, or one a cell.
    why : sequence of str
        What decided on the number where the runs do not say.
    fits, planned
        As for `sbc.report.ademp.paragraphs`.
    """
    settings = runs[0].settings
    gate = read_record(runs[0].folder) if len(runs) == 1 else None
    gated = gate is not None and gate.fitted
    if planned is None:
        planned = runs[0].shard.count(settings.datasets) * len(settings.pairs)
    there = sum(len(run.fits) for run in runs) if fits is None else len(fits)
    runs = [cell for run in runs for cell in cells_of(run)]
    counts = [int(run.fits["dataset"].nunique()) for run in runs]
    imported = bool(runs[0].provenance.imported)
    what = "combinations" if imported else "cells"
    cells = f" in each of {len(runs)} {what}" if len(runs) > 1 else ""
    told = f"{counts[0]:,}" if len(set(counts)) == 1 else f"{min(counts):,} to {max(counts):,}"
    verb = "has results for" if imported else "simulated"
    noun = "dataset" if told == "1" else "datasets"
    lines = [f"The study {verb} {told} {noun}{cells}."]
    if not imported and not gated and there < planned:  # a gate leaves out what is decided
        lines.append(f"It is not complete: {there:,} of {planned:,} planned fits were made.")
    if part := runs[0].shard.describe():
        lines.append(f"This is {part}.")
    decided = [*runs[0].provenance.stopped, *why]
    if gate is not None and gated:
        decided.append(
            "Datasets were added until each check of a gate was decided, up to "
            f"{gate.config.limit:,}."
        )
    lines += decided
    if not decided:
        lines.append("The reason for this number is not recorded.")
    errors = [text for text in (_largest(runs, name) for name in ("bias", "coverage")) if text]
    if errors:
        lines.append(
            f"With them, the largest Monte Carlo standard error {' and that '.join(errors)}."
        )
    return lines


def _largest(runs: Sequence[Run], metric: str) -> str:
    """Say how large the error of a metric is where it is largest; nothing if none is known."""
    options = {"level": 0.95, "kind": "known"} if metric == "coverage" else {}
    found = []
    for run in runs:
        for subject in subjects_of(run):
            if subject.kind != ELEMENT:
                error = measure(metric, subject.what, **options).mcse
                found += [(error, run.label, subject)] if 0 < error < math.inf else []
    if not found:
        return ""
    error, where, subject = max(found, key=lambda pair: pair[0])
    of = "of the coverage of 95 % intervals" if metric == "coverage" else "of the bias"
    who = subject.estimator.rpartition(":")[2] or subject.estimator
    place = ", ".join(part for part in (subject.name, who, where) if part)
    return f"{of} was {error:.2g} ({place})"


def failures(runs: Sequence[Run], fits: pd.DataFrame | None = None) -> list[str]:
    """Say how many fits failed, how and what was made of that; arguments as of `how_many`."""
    fits = pd.concat([run.fits for run in runs]) if fits is None else fits
    if fits.empty:
        return ["There are no fits."]
    failed = fits[fits["status"].isin(FAILED)]
    imported, several = bool(runs[0].provenance.imported), len(runs[0].settings.pairs) > 1
    if failed.empty:
        only = "The only fit worked." if len(fits) == 1 else f"All {len(fits):,} fits worked."
        lines = [only]
    else:
        lines = [f"{len(failed):,} of {len(fits):,} fits failed."]
    for estimator in runs[0].settings.estimators:
        mine = failed[failed["estimator"] == estimator]
        if len(mine):
            lines.append(_of_one(estimator, mine, int((fits["estimator"] == estimator).sum())))
    if len(failed):
        kept = "" if imported else "; no dataset was replaced"
        lines.append(f"Failed fits are counted and left out of the measures of their method{kept}.")
        if several and not runs[0].settings.regime.own:
            lines.append("Differences between methods are taken on the datasets where both worked.")
    if retried := int((fits["attempt"] > 0).sum()):
        lines.append(
            f"{_fits(retried, 'was', 'were')} repeated, on the same data, with a larger budget."
        )
    for status in _USED:
        if count := int((fits["status"] == status).sum()):
            told = _fits(count, f"{did(status)}; it was", f"{did(status)}; they were")
            lines.append(f"{told} used.")
    return lines


def _of_one(estimator: str, failed: pd.DataFrame, whole: int) -> str:
    """Say how and why an estimator's fits failed."""
    who = estimator.rpartition(":")[2] or estimator
    kinds = failed["status"].value_counts()
    names = [did(str(status)) for status in kinds.index]
    told = names[0]
    if len(kinds) > 1:
        told = ", ".join(f"{n:,} {name}" for n, name in zip(kinds, names, strict=True))
    count = f"{len(failed):,} of {whole:,}"
    (reason,) = reasons(failed, most=1)[:1]
    return f"Of {who}, {count} failed ({told}); commonest reason: {reason}."


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
        lines.append("It was continued under other versions of packages than it was begun with.")
    return lines or ["Neither seed nor versions are recorded."]
