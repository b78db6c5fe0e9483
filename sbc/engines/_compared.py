"""Whether a density that was made fast is the density that PyMC states, before it is sampled."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.pytensorf import compile
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
from pytensor.printing import debugprint

from sbc.plugins.compile_cache import compared, remember
from sbc.plugins.data import Array
from sbc.plugins.modes import CHEAP

#: Two numbers of which the larger is x agree within this share of 1 + |x|.
TOLERANCE = 1e-7
#: Random points, a standard normal step from the start.
POINTS = 3


def agrees(
    model: pm.Model,
    functions: Sequence[Callable[[Array], Any]],
    names: Sequence[str],
    start: Array,
    terms: Sequence[Any] = (),
) -> bool:
    """Say whether compiled functions give what PyMC's own graph gives, evaluated by NumPy.

    Parameters
    ----------
    model : pymc.Model
        With data.
    functions : sequence of callable
        Of a point: the log density with its gradient; and all quantities, in one array or more.
    names : sequence of str
        The quantities, in their order.
    start : ndarray
        A point at which the density is finite.
    terms : sequence of TensorVariable
        What the functions read from arrays of its own, computed from the data.

    Notes
    -----
    What was found is remembered on disk, by the machine code that was compared and these terms.
    """
    file = _file(functions, terms)
    if file is not None and file.is_file():
        return True
    reference = _reference(model, names)
    rng = np.random.default_rng(0)
    points = [start, *(start + rng.normal(size=start.size) for _ in range(POINTS))]
    for point in points:
        with np.errstate(all="ignore"):
            value, gradient = functions[0](point)
            quantities = np.concatenate([np.ravel(part) for part in functions[1](point)])
            wanted = reference(point)
        found = (value, gradient, quantities)
        if not all(map(close, map(np.ravel, found), map(np.ravel, wanted))):
            return False
    if file is not None:
        remember(file)
    return True


def tell(name: str) -> None:
    """Say on the screen that a density which was made fast is not used."""
    print(
        f"sbc: {name}: its density made fast is not PyMC's own, which is sampled instead",
        file=sys.stderr,
    )


def close(found: Any, wanted: Any, tolerance: float = TOLERANCE) -> bool:
    """Say whether numbers agree within a share of 1 and the largest of them; NaN equals NaN."""
    a, b = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    scale = 1 + np.max(np.abs(np.nan_to_num(b, posinf=0, neginf=0)), initial=0)
    return a.shape == b.shape and np.allclose(
        a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True
    )


def pieces(
    point: Array, variables: Sequence[Any], shapes: Sequence[tuple[int, ...]]
) -> list[Array]:
    """Cut a flat point into the values of these variables."""
    if not shapes:
        return []
    ends = np.cumsum([int(np.prod(shape, dtype=int)) for shape in shapes])
    cut = zip(np.split(point, ends[:-1]), shapes, variables, strict=True)
    return [part.reshape(shape).astype(v.dtype) for part, shape, v in cut]


def _reference(model: pm.Model, names: Sequence[str]) -> Callable[[Array], list[Array]]:
    values = [model.rvs_to_values[v] for v in model.free_RVs]
    logp = model.logp()
    by_name = {v.name: v for v in (*model.unobserved_value_vars, *values)}
    flat = [pt.as_tensor(by_name[n], allow_xtensor_conversion=True).ravel() for n in names]
    slopes = [pt.as_tensor(g, allow_xtensor_conversion=True).ravel() for g in pt.grad(logp, values)]
    outputs = [logp, pt.concatenate(slopes), pt.concatenate(flat)]
    function = compile(values, outputs, mode=CHEAP, on_unused_input="ignore")
    point = model.initial_point()
    shapes = [np.shape(point[v.name]) for v in values]
    return lambda x: function(*pieces(x, values, shapes))


def _file(functions: Sequence[Any], terms: Sequence[Any]) -> Path | None:
    keys = [CACHED_SRC_FUNCTIONS.get(function.vm.jit_fn.py_func) for function in functions]
    if any(key is None for key in keys):
        return None
    words = [*map(str, keys), *(debugprint(term, file="str") for term in terms)]
    words += [metadata.version(name) for name in ("pymc", "pytensor", "numba")]
    code = "\n".join(words).encode() + Path(__file__).read_bytes()
    return compared(f"fast-{hashlib.sha256(code).hexdigest()}")
