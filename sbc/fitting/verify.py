"""Whether the model whose data are swapped has the density of the model as its author wrote it.

sbc states a model once and swaps its data; it has its own sum for the ranked log likelihood. Each
of these shortcuts is compared, on two datasets, with what PyMC says of the model as it is written
for that dataset: log density, gradient and observed part, at the start, at the truth and at random
points.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.initial_point import make_initial_point_fn
from pymc.pytensorf import compile, gradient
from pytensor.graph.replace import graph_replace

import sbc
from sbc.engines import _again, _model
from sbc.engines._compared import close, pieces
from sbc.plugins import outcomes, template, undecorated
from sbc.plugins.compile_cache import compared
from sbc.plugins.data import LOG_LIKELIHOOD, Array, Data, Dataset
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.graph import holds_closures
from sbc.plugins.modes import CHEAP
from sbc.plugins.template import Template
from sbc.plugins.undecorated import Undecorated
from sbc.store.publish import publish_text

#: Two numbers of which the larger is x agree within this share of 1 + |x|.
TOLERANCE = 1e-6
#: Random points a dataset, around the start, a standard normal step away.
POINTS = 3

Evaluate = Callable[[Array], tuple[float, Array, float]]


def difference(estimator: Estimator, generator: Generator, datasets: Sequence[Dataset]) -> str:
    """Say where the model whose data are swapped and the model as written differ.

    Parameters
    ----------
    estimator : Estimator
        As a run has it.
    generator : Generator
        Whose design it is.
    datasets : sequence of Dataset
        Two, as different as they come.

    Returns
    -------
    str
        Empty if they agree within `TOLERANCE`.
    """
    selected = [estimator.select(one.data) for one in datasets]
    model = _model.build(estimator, generator, selected[0])
    known = _Known(model, estimator, datasets, selected)
    if known.found is not None:
        return known.found
    shared = _evaluating(model, _factors(model), {})
    unconstrain = _model.unconstrain(model) if model.free_RVs else None
    start = make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True)
    rng = np.random.default_rng(0)
    for number, (one, data) in enumerate(zip(datasets, selected, strict=True)):
        if estimator.anew:
            model = _model.build(estimator, generator, data)
            shared = _evaluating(model, _factors(model), {})
            unconstrain = _model.unconstrain(model) if model.free_RVs else None
        _model.set_data(model, data)
        points = _points(model, start(0), rng)
        if unconstrain is not None and _model.is_complete(model, one.truth):
            points["at the truth"] = unconstrain(one.truth, data)
        written = _as_written(estimator, generator, one.data)
        for place, point in points.items():
            if found := _compared(shared, written, point):
                return known.remember(f"{found} {place} of dataset {number}")
    return known.remember("")


def _points(model: pm.Model, start: dict[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Give the start, and random points around it where variables are continuous."""
    flat = [np.ravel(start[v.name]).astype(float) for v in model.value_vars]
    steps = [
        rng.normal(size=len(part)) * (v.dtype.startswith("float"))
        for part, v in zip(flat * POINTS, model.value_vars * POINTS, strict=True)
    ]
    size = len(flat)
    points = {"at the start": np.concatenate(flat)}
    for i in range(POINTS):
        step = np.concatenate(steps[i * size : (i + 1) * size])
        points[f"at random point {i}"] = points["at the start"] + step
    return points


def _factors(model: pm.Model) -> tuple[Any, Any]:
    """Give the log density that is sampled, and the ranked log likelihood, as sbc states them."""
    return model.logp(), model.replace_rvs_by_values([model[LOG_LIKELIHOOD]])[0]


def _as_written(estimator: Estimator, generator: Generator, data: Data) -> Evaluate:
    """Compile what PyMC says of the model as it is written for one dataset."""
    if not isinstance(estimator, Undecorated):
        model = _model.build(estimator, generator, estimator.select(data))
        return _evaluating(model, _observed(model), {})
    model, simulated = estimator.as_written(data)
    holders = {
        holder: _constant(simulated[rv.name], holder)
        for holder, rv in outcomes.find(model).items()
        if rv.name in simulated
    }
    model = _observing(model, simulated)
    return _evaluating(model, _observed(model), holders)


def _observed(model: pm.Model) -> tuple[Any, Any]:
    terms = model.logp(vars=model.observed_RVs, sum=False)
    return model.logp(), sum(_model.as_tensor(term).sum() for term in terms)


def _observing(model: pm.Model, simulated: Data) -> pm.Model:
    """Give the same model, the same variables in it, with other values observed."""
    other = object.__new__(pm.Model)
    other.__dict__.update(model.__dict__)
    other.rvs_to_values = dict(model.rvs_to_values)
    for rv in model.observed_RVs:
        if rv.name in simulated:
            other.rvs_to_values[rv] = _constant(simulated[rv.name], rv)
    other.values_to_rvs = {value: rv for rv, value in other.rvs_to_values.items()}
    return other


def _constant(value: Array, like: Any) -> Any:
    return like.type.filter_variable(pt.constant(np.asarray(value).astype(like.type.dtype)))


def _evaluating(model: pm.Model, outputs: tuple[Any, Any], values: dict[Any, Any]) -> Evaluate:
    """Compile log density, gradient and observed part as a function of one point."""
    density, observed = graph_replace(list(outputs), values, strict=False) if values else outputs
    continuous = model.continuous_value_vars
    slope = gradient(density, continuous) if continuous else pt.zeros(0)
    function = compile(
        model.value_vars, [density, slope, observed], mode=CHEAP, on_unused_input="ignore"
    )
    start = make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True)(0)
    shapes = [np.shape(start[v.name]) for v in model.value_vars]

    def evaluate(point: Array) -> tuple[float, Array, float]:
        parts = pieces(point, model.value_vars, shapes)
        with np.errstate(all="ignore"):
            total, slope, likelihood = function(*parts)
        return float(total), np.asarray(slope), float(likelihood)

    return evaluate


def _compared(shared: Evaluate, written: Evaluate, point: Array) -> str:
    """Say what differs at a point; what neither can evaluate does not."""
    ours, theirs = _tried(shared, point), _tried(written, point)
    if isinstance(ours, str) or isinstance(theirs, str):
        return "" if isinstance(ours, str) and isinstance(theirs, str) else "an error is raised"
    parts = ("the log density", "its gradient", "the log likelihood")
    for what, first, second in zip(parts, ours, theirs, strict=True):
        a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
        if np.shape(a) != np.shape(b):
            return f"{what} has another length"
        if not close(a, b, TOLERANCE):
            return f"{what} is {_told(a)} and not {_told(b)}"
    return ""


def _told(value: Any) -> str:
    return f"{float(value):.6g}" if np.ndim(value) == 0 else "another"


def _tried(evaluate: Evaluate, point: Array) -> tuple[float, Array, float] | str:
    try:
        return evaluate(point)
    except Exception as problem:
        return type(problem).__name__


class _Known:
    """Remembers on disk what a comparison found, by all that it depends on."""

    def __init__(
        self,
        model: pm.Model,
        estimator: Estimator,
        datasets: Sequence[Dataset],
        selected: Sequence[Data],
    ) -> None:
        # Python code within a model has no digest.
        self._file = None if holds_closures(model) else _file(model, estimator, datasets, selected)
        self.found: str | None = None
        if self._file is not None and self._file.is_file():
            kept = self._file.read_text(encoding="utf-8", errors="replace")
            self.found = kept[:-1] if kept.endswith("\n") else None  # it was not written whole

    def remember(self, found: str) -> str:
        """Keep what was found; a disk that cannot be written to costs another comparison."""
        if self._file is None:
            return found
        try:
            publish_text(self._file, found + "\n", newline="")
        except UserError:
            self._file = None
        return found


@cache
def _code() -> str:
    """Tell versions of the shortcuts, and of this comparison, apart."""
    modules = (_model, outcomes, template, _again, undecorated, sys.modules[__name__])
    texts = [Path(str(module.__file__)).read_bytes() for module in modules]
    return hashlib.blake2b(b"".join(texts), digest_size=16).hexdigest()


def _file(
    model: pm.Model, estimator: Estimator, datasets: Sequence[Dataset], selected: Sequence[Data]
) -> Path:
    words = [Template(model, lifted=False).key, estimator.name, str(estimator.anew), _code()]
    words.append(f"sbc {sbc.__version__}")
    words += [f"{name} {metadata.version(name)}" for name in ("pymc", "pytensor", "numpy")]
    if isinstance(estimator, Undecorated):
        for one in datasets:
            written, _ = estimator.as_written(one.data)
            words.append(Template(written, lifted=False).key)
    digest = hashlib.blake2b("\n".join(words).encode(), digest_size=16)
    for data in selected:
        for name in sorted(data):
            digest.update(f"{name}{data[name].dtype}{data[name].shape}".encode())
            digest.update(np.ascontiguousarray(data[name]).tobytes())
    return compared(digest.hexdigest())
