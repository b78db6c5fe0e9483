"""Mean-field ADVI: independent normals on the unconstrained scale."""

from __future__ import annotations

import pymc as pm

from sbc.engines._advi import Compiled, compile_step, longer
from sbc.plugins.data import Data
from sbc.plugins.engine import engine
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


@engine(backend="loky", retry_schedule=longer)
def advi(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """Mean-field variational inference by PyMC: independent normals, on the unconstrained scale.

    Raises
    ------
    UserError
        If a variable of the model is discrete.

    References
    ----------
    Kucukelbir, Tran, Ranganath, Gelman & Blei 2017, arXiv:1603.00788.
    """
    return compile_step(pm.ADVI, estimator, generator, data)
