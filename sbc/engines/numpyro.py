"""NUTS by NumPyro through PyMC's own bridge, as users run it on JAX."""

from __future__ import annotations

from sbc.engines._pm_sample import Compiled, build
from sbc.plugins.data import Data
from sbc.plugins.engine import engine
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator


@engine(backend="loky", needs=("numpyro",))
def numpyro(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """NUTS by NumPyro: pm.sample(nuts_sampler="numpyro"), compiled anew for each fit."""
    from sbc.engines import _jax

    _jax.teach()
    # One computation for all chains: there is one device.
    return build(estimator, generator, data, "numpyro", chain_method="vectorized")
