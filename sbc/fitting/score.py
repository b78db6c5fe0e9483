"""Whether a model's draws belong to its density: two identities that no fit is needed for.

For truth and data drawn from a joint density p, on the sampler's unconstrained scale x, the mean of
d log p / dx is 0 and that of x d log p / dx is −1 for every element (Stein 1972; integrate by
parts). A density whose code is another one than that of its draws violates one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pymc as pm
from pymc.pytensorf import compile, gradient
from scipy.stats import t as student

from sbc.engines import _model
from sbc.fitting.setup import Setup
from sbc.plugins.data import Array, structure_of
from sbc.plugins.modes import CHEAP
from sbc.stats.uniformity import holm

#: Datasets below which the identities are not tested.
LEAST = 50


@dataclass(frozen=True)
class Score:
    """One identity of one variable, averaged over datasets.

    Attributes
    ----------
    variable : str
        Of the model; the identity is summed over its elements.
    identity : str
        ``score`` (the mean gradient) or ``scale`` (that of x times the gradient, plus one).
    mean, mcse : float
        On the unconstrained scale; 0 is expected.
    p : float
        Two-sided, adjusted by Holm's rule for all variables and both identities.
    n : int
        Datasets.
    """

    variable: str
    identity: str
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
    rows: dict[tuple[str, str], list[float]] = {}
    evaluators: dict[str, _Gradient] = {}
    for dataset in range(datasets):
        try:
            drawn = setup.draw(dataset)
        except Exception:
            continue
        data = setup.estimator.select(drawn.data)
        key = structure_of(data)
        if key not in evaluators:
            model = _model.build(setup.estimator, setup.generator, data)
            complete = _model.is_complete(model, drawn.truth)
            if _model.discrete(model) or setup.estimator.anew or not complete:
                return []
            evaluators[key] = _Gradient(model)
        for name, (x, g) in evaluators[key](drawn.truth, data).items():
            rows.setdefault((name, "score"), []).append(float(g.sum()))
            rows.setdefault((name, "scale"), []).append(float((x * g + 1).sum()))
    return _tested(rows)


def _tested(rows: dict[tuple[str, str], list[float]]) -> list[Score]:
    found = []
    for (name, identity), values in rows.items():
        array = np.array(values)
        array = array[np.isfinite(array)]
        n = len(array)
        if n < LEAST:
            continue
        mcse = float(array.std(ddof=1) / np.sqrt(n))
        ratio = abs(array.mean()) / mcse if mcse > 0 else 0.0
        p = float(2 * student.sf(ratio, n - 1))
        found.append(Score(name, identity, float(array.mean()), mcse, p, n))
    if not found:
        return []
    adjusted = holm([one.p for one in found])
    return [replace(one, p=float(p)) for one, p in zip(found, adjusted, strict=True)]


class _Gradient:
    """Evaluates the gradient of a model's log density at a truth, by free variable."""

    def __init__(self, model: pm.Model) -> None:
        self._model = model
        self._unconstrain = _model.unconstrain(model)
        slope = gradient(model.logp(), model.value_vars)
        self._function = compile(model.value_vars, slope, mode=CHEAP, on_unused_input="ignore")
        points = model.initial_point()
        self._shapes = [np.shape(points[v.name]) for v in model.value_vars]

    def __call__(
        self, truth: dict[str, object], data: dict[str, Array]
    ) -> dict[str, tuple[Array, Array]]:
        _model.set_data(self._model, data)
        point = self._unconstrain(truth, data)
        sizes = [int(np.prod(shape, dtype=int)) for shape in self._shapes]
        ends = np.cumsum(sizes)
        with np.errstate(all="ignore"):
            parts = [
                part.reshape(shape)
                for part, shape in zip(np.split(point, ends[:-1]), self._shapes, strict=True)
            ]
            slope = np.asarray(self._function(*parts))
        names = [rv.name for rv in self._model.free_RVs]
        return {
            name: (x, g)
            for name, x, g in zip(
                names, np.split(point, ends[:-1]), np.split(slope, ends[:-1]), strict=True
            )
        }
