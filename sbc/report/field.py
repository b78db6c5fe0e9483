"""The figures that papers on simulation studies print, of a run or of the cells of a study."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from sbc.plugins.errors import unknown
from sbc.report.cells import cells_of
from sbc.report.figures.colours import assign
from sbc.report.figures.field_datasets import Series, bland_altman, recovery, zip_plot
from sbc.report.figures.field_measures import (
    MARKERS,
    Method,
    Shown,
    Values,
    bias_against_rmse,
    intervals,
    nested_loop,
)
from sbc.report.figures.pictures import Picture, styled
from sbc.report.gains import common
from sbc.report.labels import Labels
from sbc.report.table import table
from sbc.report.targets import ELEMENT, SCALAR, Subject, subjects_of
from sbc.stats.fits import Fits
from sbc.store.frames import Run

KINDS = ("forest", "lollipop", "zip", "bland-altman", "bias-rmse", "recovery", "nested-loop")
#: What forest, lollipop and nested-loop plots are of, by the column of the table.
MEASURES = {
    "bias": Shown("bias", "Bias", 0.0),
    "rmse": Shown("rmse", "RMSE", None),
    "coverage_95": Shown("coverage", "Coverage of 95 % intervals", 0.95),
}
#: Panels that a figure of single datasets has at most.
MOST = 24


@dataclass(frozen=True)
class Study:
    """Runs to be shown together, each with the levels of the factors that make it a cell."""

    runs: Sequence[Run]
    levels: Sequence[Mapping[str, str]]

    @classmethod
    def of(cls, run: Run) -> Study:
        """Take a run apart into the cells of its study, if its results were made elsewhere."""
        runs = cells_of(run)
        return cls(runs, [_levels(one, run.factors) for one in runs])

    @property
    def cells(self) -> list[str]:
        """The cells' labels, empty for a run that is no study."""
        return [", ".join(f"{k} = {v}" for k, v in level.items()) for level in self.levels]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows of all cells, with their numbers."""
        frames = [table(run, by="").assign(cell=i) for i, run in enumerate(self.runs)]
        return pd.concat(frames, ignore_index=True).query(f"kind != '{ELEMENT}'")

    @cached_property
    def methods(self) -> dict[tuple[str, str], Method]:
        """Each estimator and engine as figures show it."""
        settings = self.runs[0].settings
        labels = Labels.of(self.runs[0], assign(settings.estimators))
        engines = list(settings.fitters)
        return {
            (estimator, engine): Method(
                labels.label(estimator, engine),
                labels.colour(estimator),
                MARKERS[engines.index(engine) % len(MARKERS)],
            )
            for estimator, engine in settings.pairs
        }

    def values(self, column: str, estimand: str) -> Values:
        """Give a measure of an estimand with its error, by cell and method."""
        mine = self.table[self.table["estimand"] == estimand]
        names = ["cell", "estimator", "engine", column, f"{column}_mcse"]
        return {
            (int(cell), self.methods[estimator, engine]): (float(value), float(error))
            for cell, estimator, engine, value, error in mine[names].itertuples(index=False)
        }


def _levels(run: Run, names: Sequence[str]) -> dict[str, str]:
    """Read the levels of a cell out of its label, ``n 50, shape flat``."""
    pattern = ", ".join(rf"{re.escape(name)} (.*)" for name in names)
    found = re.fullmatch(pattern, run.label, flags=re.DOTALL)
    return dict(zip(names, found.groups(), strict=True)) if found else {}


def check_kinds(kinds: Sequence[str]) -> list[str]:
    """Give the figures that are named, all for ``all``.

    Raises
    ------
    UserError
        If there is no such figure.
    """
    named = [name.strip() for name in kinds]
    if named == ["all"]:
        return list(KINDS)
    for name in named:
        if name not in KINDS:
            raise unknown("figure", name, [*KINDS, "all"])
    return named


def field_pictures(study: Study, kinds: Sequence[str]) -> Iterator[tuple[str, Picture]]:
    """Draw figures, estimand by estimand, those that the study has something for.

    Parameters
    ----------
    study : Study
        What is shown.
    kinds : sequence of str
        Some of `KINDS`.

    Yields
    ------
    (str, Picture)
        A name fit for a file, and the figure.
    """
    for estimand in dict.fromkeys(study.table["estimand"]):
        for kind in kinds:
            with styled():
                drawn = list(_drawn(study, kind, estimand))
            for picture in drawn:
                yield f"{picture.name}-{estimand}", picture


def _drawn(study: Study, kind: str, estimand: str) -> Iterator[Picture]:
    if kind in ("forest", "lollipop", "nested-loop"):
        for column, measure in MEASURES.items():
            values = study.values(column, estimand)
            if kind == "nested-loop":
                picture = nested_loop(measure, study.levels, values, estimand)
            else:
                stems = kind == "lollipop"
                picture = intervals(measure, study.cells, values, stems, estimand)
            if picture is not None:
                yield picture
    elif kind == "bias-rmse":
        bias = study.values("bias", estimand)
        if any(np.isfinite(value) for value, _ in bias.values()):
            yield bias_against_rmse(study.cells, bias, study.values("rmse", estimand), estimand)
    else:
        yield from _of_datasets(study, kind, estimand)


def _of_datasets(study: Study, kind: str, estimand: str) -> Iterator[Picture]:
    subjects = [
        (cell, subject, run)
        for cell, run in zip(study.cells, study.runs, strict=True)
        for subject in subjects_of(run)
        if (subject.name, subject.kind) == (estimand, SCALAR) and len(subject.used[0]) > 1
    ]
    if kind == "bland-altman":
        pairs = list(_pairs(study, subjects))
        if pairs:
            yield _cut(bland_altman(pairs[:MOST], estimand), len(pairs))
        return
    series = [_series(study, cell, subject) for cell, subject, _ in subjects]
    draw, usable = (zip_plot, _has_intervals) if kind == "zip" else (recovery, _varies)
    if known := [one for one in series if usable(one.fits)]:
        yield _cut(draw(known[:MOST], estimand), len(known))


def _cut(picture: Picture, panels: int) -> Picture:
    """Say so where a figure has not all panels that there could be."""
    more = f" The first {MOST} of {panels} panels." if panels > MOST else ""
    return replace(picture, caption=picture.caption + more)


def _varies(fits: Fits) -> bool:
    return bool(np.ptp(fits.truth) > 0 and _has_means(fits))


def _series(study: Study, cell: str, subject: Subject) -> Series:
    fits = subject.what
    assert isinstance(fits, Fits)  # a scalar's
    return Series(cell, study.methods[subject.estimator, subject.engine], fits)


def _pairs(
    study: Study, subjects: Sequence[tuple[str, Subject, Run]]
) -> Iterator[tuple[Series, Series]]:
    """Pair every method with the first of its cell, on the datasets where both worked."""
    for cell in dict.fromkeys(cell for cell, _, _ in subjects):
        mine = [(subject, run) for name, subject, run in subjects if name == cell]
        (reference, run), *others = mine
        for subject, _ in [] if run.settings.regime.own else others:
            both = common(subject, reference)
            pair = tuple(_series(study, cell, one.of(both)) for one in (subject, reference))
            if len(both) > 1 and all(_has_means(one.fits) for one in pair):
                yield pair[0], pair[1]


def _has_means(fits: Fits) -> bool:
    return not np.isnan(fits.mean).any()


def _has_intervals(fits: Fits) -> bool:
    ends = [fits.quantiles[p] for p in (0.025, 0.975)]
    return not np.isnan([*ends, fits.mean, fits.sd]).any()
