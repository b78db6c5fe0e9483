"""What a summary has rows of: scalars, elements of vectors, and vectors with theirs pooled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sbc.plugins.errors import UserError, unknown
from sbc.report.discrete import is_discrete
from sbc.report.strata import strata
from sbc.stats.fits import Fits
from sbc.stats.vectors import Elements
from sbc.store.frames import Run, as_elements, as_fits
from sbc.store.names import units

#: What a row may be about: an estimand by itself, one of a vector's elements, or all of them.
SCALAR, ELEMENT, VECTOR = "scalar", "element", "vector"


@dataclass(frozen=True)
class Subject:
    """What a row is about.

    Attributes
    ----------
    estimator, engine : str
        Whose fits.
    name : str
        Of the estimand; ``p[*]`` for a vector.
    kind : {"scalar", "element", "vector"}
        What it is.
    frames : dict of str to DataFrame
        The rows of the run's results: one frame, or one an element.
    members : array of shape (n, J), optional
        Which elements of which datasets a vector pools; by default all.
    whole : dict of str to DataFrame, optional
        The rows of all datasets, where `frames` has some of them.
    """

    estimator: str
    engine: str
    name: str
    kind: str
    frames: dict[str, pd.DataFrame]
    members: NDArray[np.bool_] | None = None
    whole: dict[str, pd.DataFrame] | None = None

    @cached_property
    def what(self) -> Fits | Elements:
        """The fits as arrays."""
        if self.kind != VECTOR:
            [(name, frame)] = self.frames.items()
            return as_fits(frame, None if self.whole is None else self.whole[name])
        elements = as_elements(self.frames, self.whole)
        return elements if self.members is None else replace(elements, members=self.members)

    @property
    def discrete(self) -> bool:
        """Whether its intervals cover more than they say: see `sbc.report.discrete`."""
        return is_discrete(self.frames.values())

    @property
    def used(self) -> list[pd.DataFrame]:
        """The rows of the results that count, one frame an element."""
        if self.members is None:
            return list(self.frames.values())
        return [x[mask] for x, mask in zip(self.frames.values(), self.members.T, strict=True)]

    def of(self, datasets: Any) -> Subject:
        """Keep some of the datasets."""
        kept = {name: frame[frame["dataset"].isin(datasets)] for name, frame in self.frames.items()}
        return replace(self, frames=kept, whole=self.whole or self.frames)


def subjects_of(run: Run) -> list[Subject]:
    """List what there is a row of, vectors before their elements, empty where no fit has worked."""
    found = dict(run.streams(estimands_only=True))
    subjects = []
    for estimator, engine in run.settings.pairs:
        mine = [key[2] for key in found if key[:2] == (estimator, engine)]
        empty = run.results.iloc[:0]
        for unit, names in units(mine or run.estimands(estimator) or [""]).items():
            frames = {name: found.get((estimator, engine, name), empty) for name in names}
            if len(names) > 1:
                subjects.append(Subject(estimator, engine, unit, VECTOR, frames))
            kind = ELEMENT if len(names) > 1 else SCALAR
            subjects += [
                Subject(estimator, engine, name, kind, {name: frame})
                for name, frame in frames.items()
            ]
    return subjects


def strata_of(
    run: Run, subject: Subject, fits: pd.DataFrame, by: str
) -> Iterator[tuple[str, Subject, pd.DataFrame]]:
    """Break a subject down by a feature, of datasets or, if it is an array, of elements.

    Several features with commas between them break it down by all of their combinations.
    """
    features = run.features(subject.estimator)
    names = [name.strip() for name in by.split(",")]
    for name in names:
        if name not in features:
            whose = "in these results" if run.provenance.imported else ""
            place = whose or f"in the data of {run.settings.generator}"
            if not len(features.columns):
                raise UserError(
                    f"there is no feature {place} to break the table down by: a generator declares "
                    "features of its data, numbers such as the size of the smallest group"
                )
            raise unknown("feature", name, features.columns, place)
    if len(names) > 1 or by in run.factors:
        for label, rows in crossed(run, fits["dataset"], features[names]):
            yield label, subject.of(fits["dataset"].iloc[rows]), fits.iloc[rows]
    elif not any(isinstance(value, list) for value in features[by]):
        values = features[by].reindex(fits["dataset"]).to_numpy(float)
        known = np.isfinite(values)  # of a dataset that could not be drawn there is none
        parts = [(label, known.nonzero()[0][mask]) for label, mask in strata(values[known])]
        parts += [] if known.all() else [("unknown", (~known).nonzero()[0])]
        for label, rows in parts:
            yield f"{by} {label}", subject.of(fits["dataset"].iloc[rows]), fits.iloc[rows]
    elif subject.kind == VECTOR:
        numbers = next(iter(subject.frames.values()))["dataset"]
        table = features[by].reindex(numbers)
        if all(len(row) == len(subject.frames) for row in table):
            values = np.array(table.tolist(), dtype=float).reshape(len(table), len(subject.frames))
            for label, mask in strata(values.ravel()):
                yield f"{by} {label}", replace(subject, members=mask.reshape(values.shape)), fits


def crossed(
    run: Run, numbers: pd.Series, features: pd.DataFrame
) -> list[tuple[str, NDArray[np.intp]]]:
    """Group datasets by every combination of features that there is.

    Parameters
    ----------
    run : Run
        Whose datasets these are.
    numbers : Series
        Of the datasets.
    features : DataFrame
        By the datasets' numbers.

    Returns
    -------
    list of (str, array of int)
        What the features are, and the places of the datasets in `numbers`.

    Raises
    ------
    UserError
        If a feature is an array.
    """
    mine = features.reindex(numbers).reset_index(drop=True)
    labels = {name: _labels(run, name, mine[name]) for name in mine}
    table = pd.DataFrame({name: column for name, (column, _) in labels.items()})
    found = []
    for levels in product(*(order for _, order in labels.values())):
        rows = np.flatnonzero((table == list(levels)).all(axis=1))
        if rows.size:
            told = ", ".join(f"{name} {level}" for name, level in zip(table, levels, strict=True))
            found.append((told, rows))
    return found


def _labels(run: Run, name: str, values: pd.Series) -> tuple[NDArray[np.object_], list[str]]:
    """Name each dataset's level of a feature, and the levels in their order."""
    if any(isinstance(value, list) for value in values):
        raise UserError(f"the feature '{name}' is an array: it breaks down by itself alone")
    column = np.full(len(values), "unknown", dtype=object)
    known = values.notna().to_numpy()
    if any(isinstance(value, str) for value in values):
        column[known] = values[known]
        order = sorted(set(column[known]))
    else:
        numbers = values[known].to_numpy(float)
        most = max(len(set(numbers)), 1) if name in run.factors else 4
        parts = strata(numbers, most)
        for label, mask in parts:
            column[known.nonzero()[0][mask]] = label
        order = [label for label, _ in parts]
    return column, [*order, *([] if known.all() else ["unknown"])]
