"""Whether a model's draws belong to its density: identities that no fit is needed for.

Let x be a variable on the sampler's unconstrained scale, drawn from its conditional density p given
the variables before it. Then the mean of d log p / dx is 0 and that of x d log p / dx is −1 (Stein
1972: integrate by parts). Let l be the log likelihood of data drawn given x. Then the means of
dl / dx and of (dl / dx)² + d²l / dx² are 0 (Bartlett 1953). A density whose code is another one
than that of its draws violates one of them, and each belongs to one variable.

References
----------
Stein (1972), Proc. Sixth Berkeley Symp. 2:583. Bartlett (1953), doi:10.1093/biomet/40.1-2.12.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.pytensorf import compile
from scipy.stats import t as student

from sbc.engines import _model
from sbc.engines._compared import pieces
from sbc.fitting.setup import Setup
from sbc.plugins.data import Array, Data, Truth, structure_of
from sbc.plugins.errors import UserError
from sbc.plugins.modes import CHEAP
from sbc.stats.uniformity import holm

#: Datasets below which the identities are not tested.
LEAST = 50
#: Elements of the parameters for which the second identity of a likelihood is looked at.
ELEMENTS = 12
#: Half the step of a numeric second derivative, on the unconstrained scale.
STEP = 1e-4

#: Identity to what has the mean 0, in words.
IDENTITIES = {
    "score": "the mean gradient of its log prior density",
    "scale": "the mean of x times the gradient of its log prior density, plus one,",
    "likelihood": "the mean gradient of its log likelihood",
    "information": "the mean of its log likelihood's squared gradient plus second derivative",
}


@dataclass(frozen=True)
class Score:
    """One identity of one variable, averaged over datasets.

    Attributes
    ----------
    variable : str
        Whose density it is: a parameter's prior, or an observed variable's likelihood.
    identity : str
        One of `IDENTITIES`.
    by : str
        The parameter in which a likelihood was differentiated; empty for priors.
    mean, mcse : float
        On the unconstrained scale; 0 is expected.
    p : float
        Two-sided, adjusted by Holm's rule for all that was tested.
    n : int
        Datasets.
    """

    variable: str
    identity: str
    by: str
    mean: float
    mcse: float
    p: float
    n: int


def scores(setup: Setup, datasets: int) -> list[Score]:
    """Test the identities on the datasets of a run.

    Parameters
    ----------
    setup : Setup
        An estimator whose joint distribution truth and data are drawn from.
    datasets : int
        The numbers 0 to `datasets` - 1 are looked at.

    Returns
    -------
    list of Score
        None for a model with discrete variables, one that is compiled anew for each dataset, or a
        truth that does not name all of its variables.
    """
    rows: dict[tuple[str, str, str], list[float]] = {}
    evaluators: dict[str, _Gradients] = {}
    for dataset in range(datasets):
        try:
            drawn = setup.draw(dataset)
        except UserError:
            raise
        except Exception:  # its fit is a failed row, with the reason
            continue
        data = setup.estimator.select(drawn.data)
        key = structure_of(data)
        if key not in evaluators:
            model = _model.build(setup.estimator, setup.generator, data)
            complete = _model.is_complete(model, drawn.truth)
            if _model.discrete(model) or setup.estimator.anew or not complete:
                return []
            evaluators[key] = _Gradients(model)
        for what, value in evaluators[key].identities(drawn.truth, data):
            rows.setdefault(what, []).append(value)
    return _tested(rows)


def _tested(rows: dict[tuple[str, str, str], list[float]]) -> list[Score]:
    found = []
    for what, values in rows.items():
        array = np.array(values)
        array = array[np.isfinite(array)]
        n = len(array)
        if n < LEAST:
            continue
        mcse = float(array.std(ddof=1) / np.sqrt(n))
        ratio = abs(array.mean()) / mcse if mcse > 0 else 0.0
        p = float(2 * student.sf(ratio, n - 1))
        found.append(Score(*what, float(array.mean()), mcse, p, n))
    if not found:
        return []
    adjusted = holm([one.p for one in found])
    return [replace(one, p=float(p)) for one, p in zip(found, adjusted, strict=True)]


def _gradient(of: Any, by: list[Any]) -> Any:
    """Differentiate by several variables, flat; by what a density does not read it is 0."""
    slopes = pt.grad(_model.as_tensor(of), by, disconnected_inputs="ignore")
    return pt.concatenate([slope.ravel() for slope in slopes])


class _Gradients:
    """Evaluates the gradients of each prior and each likelihood of a model at a truth."""

    def __init__(self, model: pm.Model) -> None:
        self._model = model
        self._unconstrain = _model.unconstrain(model)
        self._free = [rv.name for rv in model.free_RVs]
        self._observed = [rv.name for rv in model.observed_RVs]
        values = model.value_vars
        # A Potential weighs priors: their draws do not belong to their own density alone.
        own = [] if model.potentials else model.free_RVs
        priors = [_gradient(model.logp(rv), [model.rvs_to_values[rv]]) for rv in own]
        likelihoods = [_gradient(model.logp(rv), values) for rv in model.observed_RVs]
        self._priors = compile(values, priors, mode=CHEAP, on_unused_input="ignore")
        stacked = pt.stack(likelihoods) if likelihoods else pt.zeros((0, 1))
        self._likelihoods = compile(values, stacked, mode=CHEAP, on_unused_input="ignore")
        start = model.initial_point()
        self._shapes = [np.shape(start[v.name]) for v in values]
        self._ends = np.cumsum([int(np.prod(shape, dtype=int)) for shape in self._shapes])

    def identities(self, truth: Truth, data: Data) -> Iterator[tuple[tuple[str, str, str], float]]:
        """Give, of one dataset, what has the mean 0 over many."""
        _model.set_data(self._model, data)
        point = self._unconstrain(truth, data)
        with np.errstate(all="ignore"):
            slopes = self._priors(*self._parts(point))
            for name, x, g in zip(self._free, self._split(point), slopes, strict=False):
                yield (name, "score", ""), float(g.sum())
                yield (name, "scale", ""), float((x * g + 1).sum())
            likelihood = self._likelihoods(*self._parts(point))
            second = self._second(point)
            for name, g, h in zip(self._observed, likelihood, second, strict=True):
                parts = zip(self._free, self._split(g), self._split(h), strict=True)
                for by, slope, curve in parts:
                    known = np.isfinite(curve)
                    if slope.any():
                        yield (name, "likelihood", by), float(slope.sum())
                    if known.any() and slope.any():
                        yield (name, "information", by), float((slope**2 + curve)[known].sum())

    def _second(self, point: Array) -> Array:
        """Differentiate each likelihood's gradient in the first elements, by its own element."""
        found = np.full((len(self._observed), len(point)), np.nan)
        chosen = [i for part in np.split(np.arange(len(point)), self._ends[:-1]) for i in part[:2]]
        for i in chosen[:ELEMENTS]:
            step = np.zeros(len(point))
            step[i] = STEP
            above = self._likelihoods(*self._parts(point + step))
            below = self._likelihoods(*self._parts(point - step))
            found[:, i] = (above[:, i] - below[:, i]) / (2 * STEP)
        return found

    def _split(self, flat: Array) -> list[Array]:
        return np.split(flat, self._ends[:-1])

    def _parts(self, point: Array) -> list[Array]:
        return pieces(point, self._model.value_vars, self._shapes)
