"""A study whose results were made elsewhere, cell by cell of what it was crossed by."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from sbc.report.targets import crossed
from sbc.store.frames import Run

#: Cells that a page has a part of each; a larger study is shown as a whole.
SHOWN = 24


def cells_of(run: Run) -> list[Run]:
    """Split a run by all combinations of its factors, each with datasets 0, 1, …; else give it."""
    if not run.factors or run.fits.empty:
        return [run]
    numbers = run.fits["dataset"].drop_duplicates().sort_values()
    parts = crossed(run, numbers, run.features()[run.factors])
    if not 1 < len(parts) <= SHOWN:
        return [run]
    return [_part(run, label, numbers.iloc[rows]) for label, rows in parts]


def _part(run: Run, label: str, numbers: pd.Series) -> Run:
    place = dict(zip(numbers, range(len(numbers)), strict=True))

    def kept(frame: pd.DataFrame) -> pd.DataFrame:
        mine = frame[frame["dataset"].isin(place)]
        return mine.assign(dataset=mine["dataset"].map(place))

    settings = replace(run.settings, datasets=len(numbers))
    return replace(
        run, settings=settings, fits=kept(run.fits), results=kept(run.results), label=label
    )
