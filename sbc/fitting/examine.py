"""What a user's own model is like: what can be ranked of it, and how it can be fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pymc as pm
from numpy.typing import NDArray
from pymc.initial_point import make_initial_point_fn
from pymc.pytensorf import compile

from sbc.engines import _model
from sbc.fitting.joint import as_written
from sbc.fitting.suitable import refuse
from sbc.fitting.verify import difference
from sbc.plugins import outcomes
from sbc.plugins.arguments import conditional
from sbc.plugins.data import Array, Data, Dataset
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.graph import value_of
from sbc.plugins.modes import CHEAP
from sbc.plugins.undecorated import Undecorated
from sbc.store.names import element

if TYPE_CHECKING:
    from sbc.fitting.setup import Setup

#: So many points tell an element that is constant by definition from one that varies.
_POINTS = 20


def examined(setup: Setup, made: Estimator) -> Estimator:
    """Find out what a model is like, and refuse it if it cannot supply truth or data.

    Parameters
    ----------
    setup : Setup
        Where it is to be fitted.
    made : Estimator
        Its estimator, the estimands named.

    Returns
    -------
    Estimator
        With names for elements, those that are constant, and lines that a reader should see.

    Raises
    ------
    UserError
        If the model itself is to supply truth and data, and cannot.
    """
    settings, generator, designs = setup.settings, setup.generator, setup.designs
    written = as_written(made, generator, designs[0])
    lines = list(made.lines)
    if settings.regime.own:
        refuse(made.name, written, settings.regime.prior_sbc, not settings.simulator)
        lines += [conditional(name) for name in _conditional(written)]
    made = _named(made, generator, designs, written)
    law_lines: list[str] = []
    if settings.regime.prior_sbc:
        law_lines = setup.joint(made, designs[0]).law.lines
    lines += [*_told_constant(made.constant), *law_lines]
    made = replace(made, lines=tuple(dict.fromkeys(lines)))
    return _verified(setup, made)


def _conditional(model: pm.Model) -> list[str]:
    """Name the outcomes whose likelihood reads outcomes that stay, by identity or by a lag of one.

    Numbers that look like lagged outcomes decide nothing: they are told.
    """
    found = outcomes.conditional(model)
    for rv in model.observed_RVs:
        value = value_of(model.rvs_to_values[rv])
        if value is None or value.ndim != 1 or len(value) < 3 or rv.name in found:
            continue
        arrays = [value_of(v) for v in outcomes.read_by(rv.owner.inputs)]
        if any(a is not None and _is_lag(a, value) for a in arrays):
            found.append(rv.name)
    return found


def _is_lag(array: Array, outcome: Array) -> bool:
    varies = np.ptp(outcome) > 0
    return array.shape == outcome.shape and bool(varies and (array[1:] == outcome[:-1]).all())


def _named(
    made: Estimator, generator: Generator, designs: Sequence[Data], written: pm.Model
) -> Estimator:
    """Name the elements of what is ranked, and find those that are constant by definition."""
    models = [_model.build(made, generator, made.select(data)) for data in designs]
    names: dict[str, tuple[str, ...]] = {}
    for name in made.estimands:
        shapes = [_model.shape_of(model[name]) for model in models]
        if shapes[0] and shapes[0] == shapes[1]:
            names[name] = _places(written, name, shapes[0])
    made = replace(made, elements=names)
    constant = _constant(made, models[0])
    gone = {name for name in made.estimands if name in constant}
    kept = tuple(name for name in made.estimands if name not in gone)
    if not kept:
        raise UserError(f"'{made.name}' has nothing to rank: {', '.join(constant)} never varies")
    return replace(made, constant=tuple(constant), estimands=kept)


def _places(model: pm.Model, name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    """Say what stands in the brackets of each element: coordinates, or numbers."""
    dims = model.named_vars_to_dims.get(name) or (None,) * len(shape)
    labels = [
        _labels(model.coords.get(dim) if dim else None, length)
        for dim, length in zip(dims, shape, strict=True)
    ]
    return tuple(
        ", ".join(axis[i] for axis, i in zip(labels, place, strict=True))
        for place in np.ndindex(shape)
    )


def _labels(coordinates: Any, length: int) -> list[str]:
    numbers = [str(i) for i in range(length)]
    if coordinates is None or len(coordinates) != length:
        return numbers
    words = [" ".join(str(c).split()).translate(_PLAIN) for c in coordinates]
    return words if len(set(words)) == length and "*" not in words else numbers


#: Brackets and commas part an element's name.
_PLAIN = str.maketrans({"[": "(", "]": ")", ",": ";"})


def _constant(made: Estimator, model: pm.Model) -> dict[str, float]:
    """Find the elements of estimands that are the same number whatever the parameters are."""
    quantities = model.replace_rvs_by_values([model[name] for name in made.estimands])
    flat = [_model.as_tensor(q).ravel() for q in quantities]
    function = compile(model.value_vars, flat, mode=CHEAP, on_unused_input="ignore")
    start = make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True)(0)
    rng = np.random.default_rng(0)
    seen = []
    for _ in range(_POINTS):
        point = [_moved(start[v.name], v.dtype, rng) for v in model.value_vars]
        try:
            with np.errstate(all="ignore"):
                seen.append(function(*point))
        except (ArithmeticError, IndexError, ValueError, np.linalg.LinAlgError):
            continue  # a discrete variable that says where something stands
    if len(seen) < _POINTS / 2:
        return {}
    found = {}
    for name, values in zip(made.estimands, zip(*seen, strict=True), strict=True):
        together = np.stack(values)
        still = np.isfinite(together).all(axis=0) & _still(together)
        places = made.elements.get(name)
        for i in np.flatnonzero(still):
            full = element(name, places[i]) if places else name
            found[full] = float(together[0, i])
    return found


def _still(values: Array) -> NDArray[np.bool_]:
    """Say which columns hold one number but for rounding, as L Lᵀ has on its diagonal."""
    spread, size = np.ptp(values, axis=0), np.abs(values).max(axis=0)
    return spread <= np.maximum(1e-9 * size, 1e-13 * size.max(initial=0))


def _moved(start: Array, dtype: str, rng: np.random.Generator) -> Array:
    shape = np.shape(start)
    if dtype.startswith("float"):
        return np.asarray(start + 2 * rng.normal(size=shape), dtype=dtype)
    return np.asarray(start + rng.integers(-1, 3, size=shape)).astype(dtype)


def _told_constant(constant: Sequence[str]) -> list[str]:
    if not constant:
        return []
    shown = ", ".join(constant[:6]) + (f" and {len(constant) - 6} more" if constant[6:] else "")
    verb = "is" if len(constant) == 1 else "are"
    return [f"{shown} {verb} constant by definition and not ranked"]


def _verified(setup: Setup, made: Estimator) -> Estimator:
    """Compare the model whose data are swapped with the model as written; compile anew if need be.

    Raises
    ------
    UserError
        If not even a model of its own for each dataset has the density that is written.
    """
    generator = setup.generator
    drawn = [_dataset(setup, made, design, i) for i, design in enumerate(setup.designs)]
    found = difference(made, generator, drawn)
    if not found:
        return made
    anew = replace(made, anew=True)
    if isinstance(anew, Undecorated):
        anew = replace(anew, _kept={})
    if again := difference(anew, generator, drawn):
        raise UserError(
            f"'{made.name}' cannot be fitted: sbc's compiled model is not the model that is "
            f"written ({again}); please report this with the model"
        )
    line = f"compiled again for each dataset, because with swapped data {found}"
    return replace(anew, lines=(*anew.lines, line))


def _dataset(setup: Setup, made: Estimator, design: Data, i: int) -> Dataset:
    settings, rng = setup.settings, np.random.default_rng(i)
    if settings.regime.prior_sbc:
        return setup.joint(made, design).draw(rng, design, i)
    generator = setup.generator
    if settings.truth in generator.regimes:
        return generator.draw(rng, settings.truth, **settings.parameters)
    return Dataset({}, design)
