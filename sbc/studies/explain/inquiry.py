"""What is known of one estimator by one engine before anybody is suspected."""

from __future__ import annotations

import shlex

import numpy as np
import pandas as pd

from sbc.fitting.allowed import expects_uniform
from sbc.gates.failures import Failures, failures
from sbc.gates.forward import Forward, evidence
from sbc.gates.history import history
from sbc.plugins.engine import FUNCTION
from sbc.stats.sequential.outcome import ALPHA_FAIL
from sbc.store.frames import Run


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
        if self.bad:
            names = ", ".join(list(self.bad)[:4]) + (" and others" if len(self.bad) > 4 else "")
            n = self.results.dataset.nunique()
            found.append(f"the ranks of {names} are not uniform ({n} datasets)")
        if self.failures.too_many:
            share = self.failures.failed / self.failures.n
            found.append(f"{share:.0%} of {self.failures.n} fits failed")
        if self.forward is not None and self.forward.faults:
            found.append("the generator and the model do not state the same thing")
        return found

    def _bad_streams(self) -> dict[str, float]:
        """Find quantities whose ranks are surely not uniform, with their log e-values."""
        names = list(dict.fromkeys(self.results.quantity)) if self.uniform else []
        streams = {name: self.pit(name).dropna() for name in names}
        log_e = {n: float(evidence(u.to_numpy()).max()) for n, u in streams.items() if len(u)}
        # Estimators and engines share the error rate.
        several = sum(engine != FUNCTION for _, engine in self.run.settings.pairs)
        threshold = np.log(max(len(log_e), 1) * several / ALPHA_FAIL)
        bad = {name: value for name, value in log_e.items() if value >= threshold}
        return dict(sorted(bad.items(), key=lambda item: -item[1]))
