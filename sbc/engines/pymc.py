"""NUTS by ``pm.sample``, as users run it: the reference, in processes."""

from __future__ import annotations

from sbc.contracts import Data, Estimator, Generator, engine
from sbc.engines._pm_sample import Compiled, build


@engine(backend="loky")
def pymc(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """NUTS by pm.sample, as users run it: compiled anew for each fit, in processes."""
    return build(estimator, generator, data, "pymc")
