"""What is known of one estimator by one engine before anybody is suspected."""

from __future__ import annotations

import shlex

import numpy as np
import pandas as pd

from sbc.fitting.allowed import expects_uniform
from sbc.gates.failures import Failures, failures
from sbc.gates.forward import Forward, evidence
from sbc.gates.history import history
from sbc.gates.judgement import judgement
from sbc.gates.verdict_words import SIGNS
from sbc.plugins.engine import FUNCTION
from sbc.stats.sequential.outcome import ALPHA_FAIL
from sbc.store.frames import Run

_NAMED = 4


class Inquiry:
    """The fits of one estimator by one engine, and what is wrong with them.

    Attributes
    ----------
    run, estimator, engine : Run, str, str
        Whose fits these are.
    forward : Forward or None
        How generator and model compare; None if truth and data come from the model.
    uniform : bool
        Whether uniform ranks are expected.
    results : DataFrame
        One row a dataset and quantity.
    failures : Failures
        What became of the fits.
    verdicts : list of RankVerdict
        What tables and pages say of its ranks.
    bad : dict of str to float
        Quantities whose ranks are surely not uniform, with their log e-values, the largest first.
    """

    def __init__(self, run: Run, estimator: str, engine: str, forward: Forward | None) -> None:
        self.run, self.estimator, self.engine, self.forward = run, estimator, engine, forward
        self.uniform = expects_uniform(run.settings, estimator)
        mine = (run.results.estimator == estimator) & (run.results.engine == engine)
        self.results = run.results[mine]
        known = history(run.fits, run.results, estimator, engine)
        self.failures: Failures = failures(known, run.estimands(estimator), ALPHA_FAIL)
        self.verdicts = [
            one
            for one in judgement(run).ranks.values()
            if (one.estimator, one.engine) == (estimator, engine)
        ]
        self.bad = self._bad_streams()

    @property
    def folder(self) -> str:
        """The run's folder as a shell takes it."""
        return shlex.quote(str(self.run.folder))

    def pit(self, quantity: str) -> pd.Series:
        """Give a quantity's PITs by dataset."""
        frame = self.results[self.results.quantity == quantity]
        return frame.set_index("dataset")["pit"].sort_index()

    def faults(self) -> list[str]:
        """Say what is wrong; nothing if nothing is sure."""
        found = []
        n = self.results.dataset.nunique()
        if self.failing:
            verdict = SIGNS["fail"].words
            found.append(f"the ranks of {_listed(self.failing)} are {verdict} ({n} datasets)")
        else:
            finer = {one.quantity: one for one in self.verdicts if {*one.streams} & {*self.bad}}
            for outcome in dict.fromkeys(one.outcome for one in finer.values()):
                names = _listed([name for name, one in finer.items() if one.outcome == outcome])
                found.append(
                    f"the ranks of {names} are {SIGNS[outcome].words} by the gate's tolerance, but "
                    f"their shape is not uniform ({n} datasets)"
                )
        if self.failures.too_many:
            share = self.failures.failed / self.failures.n
            found.append(f"{share:.0%} of {self.failures.n} fits failed")
        if self.forward is not None and self.forward.faults:
            found.append("the generator and the model do not state the same thing")
        return found

    @property
    def failing(self) -> list[str]:
        """Name the quantities that every table and page calls miscalibrated, the worst first."""
        found = [one for one in self.verdicts if self.uniform and one.outcome == "fail"]
        found.sort(key=lambda one: -max(self.bad.get(name, 0.0) for name in one.streams))
        return [one.quantity for one in found]

    def _bad_streams(self) -> dict[str, float]:
        """Find quantities whose ranks are surely not uniform, with their log e-values."""
        names = list(dict.fromkeys(self.results.quantity)) if self.uniform else []
        streams = {name: self.pit(name).dropna() for name in names}
        log_e = {n: float(evidence(u.to_numpy()).max()) for n, u in streams.items() if len(u)}
        # Estimators and engines share the error rate.
        several = sum(engine != FUNCTION for _, engine in self.run.settings.pairs)
        threshold = np.log(max(len(log_e), 1) * several / ALPHA_FAIL)
        bad = {name: value for name, value in log_e.items() if value >= threshold}
        # What is called miscalibrated has a stream to look into, even if none is guilty by itself.
        for one in self.verdicts if self.uniform else ():
            mine = {name: log_e[name] for name in one.streams if name in log_e}
            if one.outcome == "fail" and mine and not mine.keys() & bad.keys():
                worst = max(mine, key=lambda name: mine[name])
                bad[worst] = mine[worst]
        return dict(sorted(bad.items(), key=lambda item: -item[1]))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
