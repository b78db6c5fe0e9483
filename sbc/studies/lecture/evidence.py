"""What the lecture's runs have to say: rows of its scenarios, ready for a number to be taken."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from sbc.fitting.setup import draw_dataset
from sbc.plugins.data import Data
from sbc.stats.fits import Fits
from sbc.store.frames import Run, as_fits, load_run
from sbc.store.rows import FAILED
from sbc.studies.lecture.exact_tanks import scored
from sbc.studies.lecture.scenarios import Scenario

#: Prior sd of beta_XY and beta_ZY in every estimator of the confound.
PRIOR_SD = 1.0
SCORES = "loo.csv"
#: By PSIS as the lecture has it, then with alpha integrated out: see `sbc.studies.lecture.loo`.
COLUMNS = ("dataset", "estimator", "psis_elpd", "psis_p", "psis_bad", "elpd", "p", "bad")


class Evidence:
    """One scenario's run, read and never sampled.

    Parameters
    ----------
    scenario : Scenario
        Which.
    folder : Path
        Of its run.
    others : dict of str to Evidence, optional
        Of the lecture's other scenarios, as far as they have been read; they share it.
    """

    def __init__(
        self, scenario: Scenario, folder: Path, others: dict[str, Evidence] | None = None
    ) -> None:
        self.scenario = scenario
        self.run: Run = load_run(folder)
        self._others: dict[str, Evidence] = {} if others is None else others
        self._others[scenario.name] = self

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Leave-one-out scores: one row a dataset and estimator, as far as they were taken."""
        file = self.run.folder / SCORES
        found = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=list(COLUMNS))
        found = found.rename(columns={"k": "dataset"})  # as files of sbc 0.1 have it
        return found.sort_values(["dataset", "estimator"], ignore_index=True)

    @property
    def datasets(self) -> int:
        """How many there are."""
        return self.run.settings.datasets

    def failed(self, estimator: str) -> int:
        """Count the fits that are in no number."""
        fits = self.run.fits
        return int(((fits.estimator == estimator) & fits.status.isin(FAILED)).sum())

    def worked(self, *estimators: str) -> bool:
        """Say whether there are numbers of estimators, by default of all: two fits of each."""
        names = estimators or self.scenario.estimators
        return all(self.datasets - self.failed(name) > 1 for name in names)

    def rows(self, estimator: str, quantity: str) -> pd.DataFrame:
        """Give the fits of one quantity that worked, by their dataset."""
        results = self.run.results
        mine = (results.estimator == estimator) & (results.quantity == quantity)
        return results[mine].set_index("dataset", drop=False).sort_index()

    def fits(self, estimator: str, quantity: str) -> Fits:
        """Give them as metrics take them."""
        return replace(
            as_fits(self.rows(estimator, quantity)), prior_var=PRIOR_SD**2, prior_truths=None
        )

    def pair(self, a: str, b: str, quantity: str) -> tuple[Fits, Fits]:
        """Give two estimators on the datasets where both worked."""
        one, other = (self.rows(name, quantity) for name in (a, b))
        common = one.index.intersection(other.index)
        first, second = (as_fits(frame.loc[common]) for frame in (one, other))
        return first, second

    def means(self, estimator: str, vector: str, column: str = "mean") -> pd.DataFrame:
        """Give the posterior means of a vector: one row a dataset, one column an element.

        Or another column of the results: ``truth``, ``q025``.
        """
        results = self.run.results
        mine = results[(results.estimator == estimator)
                       & results.quantity.str.startswith(f"{vector}[")]  # fmt: skip
        element = mine.quantity.str.extract(r"\[(\d+)\]", expand=False).astype(int)
        return mine.assign(element=element).pivot(index="dataset", columns="element", values=column)

    def errors(self, estimator: str, vector: str) -> pd.DataFrame:
        """Give by how much a vector's posterior means miss the truth, arranged as `means` are."""
        return self.means(estimator, vector) - self.means(estimator, vector, "truth")

    def seconds(self, estimator: str) -> pd.Series:
        """Give the seconds that fits took, by their dataset."""
        fits = self.run.fits
        return fits[fits.estimator == estimator].set_index("dataset").seconds

    @cached_property
    def exact(self) -> pd.DataFrame:
        """What tanks say by sums over a grid, one row a dataset: see `exact_tanks`.

        ``elpd`` and ``p`` of each given sigma, as ``elpd 0.5``, and of the multilevel model, as
        ``elpd``; the sigma that scores best, and the ends of sigma's interval.
        """
        return pd.DataFrame([scored(self.data(k)) for k in range(self.datasets)])

    def beside(self, scenario: Scenario) -> Evidence:
        """Give the evidence of another scenario of the same lecture."""
        if scenario.name not in self._others:
            folder = self.run.folder.parent / scenario.name
            Evidence(scenario, folder, self._others)
        return self._others[scenario.name]

    def data(self, k: int) -> Data:
        """Draw a dataset of the scenario again; no model is needed for that."""
        return draw_dataset(self.run.settings, k, "").data

    def features(self) -> pd.DataFrame:
        """Give what is known of every dataset."""
        return self.run.features()
