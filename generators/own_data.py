"""No data of its own: for models that bring their own data."""

from numpy.random import Generator

from sbc.plugins.data import Data, Truth
from sbc.plugins.generator import generator


@generator(dims={})
def own_data(rng: Generator, truth: Truth) -> Data:
    """Own data: no process but the estimator's, whose model and data are the design.

    It has no truth of its own, so that `--truth self` is all there is: parameters are drawn from
    the model's prior and the observed variables anew, as long as those that the model holds.
    """
    return {}
