"""What several models share: summaries of the data, and a parametrisation."""

import numpy as np
import pymc as pm
from pymc.logprob.transforms import Transform
from pytensor import tensor as pt

from sbc.contracts import Array, Data


def group_mean_of_X(data: Data) -> Array:
    """Average X in each group; 0 in a group without rows, which then says nothing."""
    n_groups = len(data["Z"])
    sums = np.bincount(data["group"], weights=data["X"], minlength=n_groups)
    return sums / np.maximum(group_size(data), 1)


def group_size(data: Data) -> Array:
    """Count the rows of each group."""
    return np.bincount(data["group"], minlength=len(data["Z"]))


def _parameters(inputs):
    """Pick the two parameters out of the inputs of a random variable, beside its generator."""
    return [x for x in inputs if getattr(x.type, "dtype", "") == "float64"][-2:]


class Affine(Transform):
    """Let the sampler move in eps, where value = shift + scale eps."""

    name = "affine"

    def forward(self, value, *inputs):
        """Take the value to eps."""
        shift, scale = _parameters(inputs)
        return (value - shift) / scale

    def backward(self, value, *inputs):
        """Take eps to the value."""
        shift, scale = _parameters(inputs)
        return shift + scale * value

    def log_jac_det(self, value, *inputs):
        """Give log |d value / d eps| of each element."""
        return pt.zeros_like(value) + pt.log(_parameters(inputs)[1])


def StandardNormal(name, *, sampled_around, dims):
    """State value_j ~ Normal(0, 1), sampled as value = mean + sd eps.

    ``sampled_around = (mean, sd)`` changes the sampler's coordinates, not the distribution: with
    mean and sd near those of the value's posterior, eps is close to independent of all else.
    """
    return pm.CustomDist(
        *(name, *sampled_around),
        logp=lambda value, mean, sd: pm.logp(pm.Normal.dist(0, 1), value),
        dist=lambda mean, sd, size: pm.Normal.dist(pt.zeros_like(mean), 1, size=size),
        transform=Affine(),
        dims=dims,
    )
