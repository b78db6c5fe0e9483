"""NUTS by NumPyro through PyMC's own bridge, as users run it on JAX."""

from __future__ import annotations

from sbc.engines._pm_sample import Compiled, build
from sbc.plugins.contracts import Data, Estimator, Generator, engine


@engine(backend="loky", needs=("numpyro",))
def numpyro(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """NUTS by NumPyro: pm.sample(nuts_sampler="numpyro"), compiled anew for each fit."""
    from sbc.engines import _jax

    _jax.teach()
    # One computation for all chains: there is one device.
    return build(estimator, generator, data, "numpyro", chain_method="vectorized")
