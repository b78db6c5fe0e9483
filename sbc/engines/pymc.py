"""NUTS by ``pm.sample``, as users run it: the reference, in processes."""

from __future__ import annotations

from sbc.engines import _compound, _model
from sbc.engines._pm_sample import build
from sbc.plugins.data import Data
from sbc.plugins.engine import Compiled, engine
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


@engine(backend="loky")
def pymc(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """NUTS by pm.sample, as users run it: compiled anew for each fit, in processes.

    A model with discrete variables is sampled by the same compound steps, compiled once and run
    until the effective sample size is reached.
    """
    if _model.discrete(_model.build(estimator, generator, data)):
        return _compound.build(estimator, generator, data)
    return build(estimator, generator, data, "pymc")
