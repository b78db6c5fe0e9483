"""Log likelihood and log prior at a truth, as every engine's compiled model gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm

from sbc.engines import _model
from sbc.plugins.data import LOG_LIKELIHOOD, LOG_PRIOR, Data, Truth


class AtTruth:
    """Gives both by the one function of the class that it stands before."""

    def log_likelihood(self, truth: Truth, data: Data) -> float:
        """Evaluate the log likelihood at the truth; NaN where it does not name every variable."""
        return self._at(truth, data, LOG_LIKELIHOOD)

    def log_prior(self, truth: Truth, data: Data) -> float:
        """Evaluate the log prior at the truth; NaN where it does not name every variable."""
        return self._at(truth, data, LOG_PRIOR)

    def _at(self, truth: Truth, data: Data, name: str) -> float:
        raise NotImplementedError


@dataclass(frozen=True)
class ModelAtTruth(AtTruth):
    """Gives both by functions of the model's graph, each compiled when it is first asked for."""

    model: pm.Model
    densities: dict[str, Any] = field(default_factory=dict, kw_only=True)

    def _at(self, truth: Truth, data: Data, name: str) -> float:
        if not _model.is_complete(self.model, truth):
            return np.nan
        if name not in self.densities:
            self.densities[name] = _model.density_at(self.model, name)
        return float(self.densities[name](truth, data))


__all__ = ["AtTruth", "ModelAtTruth"]
