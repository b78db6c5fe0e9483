"""What several models share: summaries of the data, and parametrisations."""

import numpy as np
import pymc as pm
from pymc.logprob.transforms import Transform
from pytensor import tensor as pt

from sbc.plugins.data import Array, Data


def group_mean_of_X(data: Data) -> Array:
    """Average X in each group; 0 in a group without rows, which then says nothing."""
    n_groups = len(data["Z"])
    sums = np.bincount(data["group"], weights=data["X"], minlength=n_groups)
    return sums / np.maximum(group_size(data), 1)


def group_size(data: Data) -> Array:
    """Count the rows of each group."""
    return np.bincount(data["group"], minlength=len(data["Z"]))


def seen_in_tanks(data: Data) -> Array:
    """Give the log odds of survival by each tank's own tadpoles: see `_log_odds`."""
    return _log_odds(data["tank"], data["S"], data["D"], len(data["P"]))


def seen_in_stories(data: Data) -> Array:
    """Give the log odds of an answer of 3 or more by each story's own answers: see `_log_odds`."""
    return _log_odds(data["story"], data["R"] >= 3, np.ones(len(data["R"])), len(data["stories"]))


def seen_in_participants(data: Data) -> Array:
    """Give how far each participant's log odds of 3 or more lie from their mean: see `_log_odds`.

    From their mean and not from an estimated centre: that one can move, and stories with it,
    without all participants having to.
    """
    n = len(data["participants"])
    seen = _log_odds(data["participant"], data["R"] >= 3, np.ones(len(data["R"])), n)
    seen[0] -= seen[0].mean()
    return seen


def _log_odds(index: Array, successes: Array, trials: Array, n: int) -> Array:
    """Give log odds in the first row and the inverse of their variances in the second; (2, n).

    Half a trial is added to successes and failures (Haldane, Anscombe): no log odds are infinite.
    """
    yes = np.bincount(index, weights=successes, minlength=n) + 0.5
    no = np.bincount(index, weights=trials, minlength=n) + 1 - yes
    return np.stack([np.log(yes / no), 1 / (1 / yes + 1 / no)])


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


def given_data(seen, centre, sigma):
    """Approximate mean and sd of z_j given the data, where alpha_j = centre_j + sigma z_j.

    z_j ~ Normal(0, 1), and data say alpha_j ~ Normal(log odds_j, 1 / sqrt(information_j)).
    """
    log_odds, information = seen[0], seen[1]
    precision = 1 + information * sigma**2
    return information * sigma * (log_odds - centre) / precision, precision**-0.5


def cutpoints_around_zero(gap):
    """Stack the gaps between six cutpoints up and down from the third, which is 0."""
    return pt.concatenate([-pt.cumsum(gap[1::-1])[::-1], [0], pt.cumsum(gap[2:])])
