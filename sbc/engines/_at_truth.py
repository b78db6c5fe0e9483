"""Log likelihoods and log prior at a truth, as every engine's compiled model gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm

from sbc.engines import _model
from sbc.plugins.data import LOG_LIKELIHOOD, Data, Truth, is_density


class AtTruth:
    """Gives all of them by the one function of the class that it stands before."""

    def log_likelihood(self, truth: Truth, data: Data) -> float:
        """Evaluate the log likelihood at the truth; NaN where it does not name every variable."""
        return self.densities(truth, data)[LOG_LIKELIHOOD]

    def densities(self, truth: Truth, data: Data) -> dict[str, float]:
        """Evaluate all that is ranked; NaN where the truth does not name every variable."""
        raise NotImplementedError


@dataclass(frozen=True)
class ModelAtTruth(AtTruth):
    """Gives them by functions of the model's graph, each compiled when it is first asked for."""

    model: pm.Model
    functions: dict[str, Any] = field(default_factory=dict, kw_only=True)

    def densities(self, truth: Truth, data: Data) -> dict[str, float]:
        """Evaluate all that is ranked; NaN where the truth does not name every variable."""
        names = [name for name in self.model.named_vars if is_density(name)]
        if not _model.is_complete(self.model, truth):
            return dict.fromkeys(names, np.nan)
        for name in names:
            if name not in self.functions:
                self.functions[name] = _model.density_at(self.model, name)
        return {name: float(self.functions[name](truth, data)) for name in names}


__all__ = ["AtTruth", "ModelAtTruth"]
