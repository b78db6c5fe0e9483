"""A generator that is a plain function ``(rng, *, sizes...) -> (truth, data)``, undecorated."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sbc.plugins import blame
from sbc.plugins.contained import contained
from sbc.plugins.data import Data, Dataset, summary
from sbc.plugins.errors import UserError
from sbc.plugins.generator import Generator, Regime

#: The regime of such a function: truths that are the prior's of the models that it tests.
PRIOR = "prior"
#: That of one whose truth is always the same.
FIXED = "fixed"
#: The ranks of every model are expected to be uniform; of functions, those that are named.
EVERYONE = "*"
#: The dimension of its longest arrays.
_ROWS = "rows"
#: Draws of which two have to work.
_TRIED = 20

Draw = Callable[..., Any]


class PlainGenerator(Generator):
    """One whose function draws truth and data at once."""

    def draw(self, rng: np.random.Generator, regime: str, **settings: Any) -> Dataset:
        """Draw one truth and one dataset; see `Generator.draw`."""
        truth, data = _drawn(self.name, self.simulate, rng, {**self.sizes, **settings})
        return Dataset(truth, data)


def plain(function: Draw) -> PlainGenerator:
    """Make a generator of a function that nobody decorated.

    Parameters
    ----------
    function : callable
        ``(rng, *, n=50, ...) -> (truth, data)``, two dicts. Random truths are taken for draws
        from the prior of the models that it tests, and uniform ranks are then expected.

    Raises
    ------
    UserError
        If it cannot be called so, or returns something else.
    """
    name = getattr(function, "__name__", "generator")
    try:
        first, *others = inspect.signature(function).parameters.values()
    except ValueError:
        raise UserError(f"the generator {name} must take rng: def {name}(rng, *, n=50)") from None
    if missing := [p.name for p in others if p.default is p.empty and p.kind is not p.VAR_KEYWORD]:
        raise UserError(
            f"the generator {name} is called with {first.name} alone, and '{missing[0]}' has no "
            "default; one that draws data for a given truth is decorated: @sbc.generator"
        )
    sizes = {p.name: p.default for p in others if p.default is not p.empty}
    (truth, data), (other, _) = _two_drawn(name, function, sizes)
    longest = max((a.shape[0] for a in data.values() if a.ndim), default=0)
    fixed = all(np.array_equal(truth[n], other.get(n, np.nan)) for n in truth)
    regime = FIXED if fixed else PRIOR
    made = PlainGenerator(
        name=name,
        simulate=function,
        sizes=sizes,
        dims={n: _ROWS for n, a in data.items() if a.ndim and a.shape[0] == longest},
        indexes={},
        features={},
        uniform_ranks={} if fixed else {PRIOR: (EVERYONE,)},
    )
    made.__doc__ = function.__doc__
    made.regimes[regime] = Regime(regime, function, {}, summary(function))
    return made


def _two_drawn(
    name: str, function: Draw, sizes: Mapping[str, Any]
) -> list[tuple[dict[str, Any], Data]]:
    """Draw two datasets to see what a generator gives; one that fails now and then is no mistake.

    Raises
    ------
    UserError
        If it raises nearly always, naming what and where.
    """
    found: list[tuple[dict[str, Any], Data]] = []
    trouble: Exception | None = None
    for seed in range(_TRIED):
        try:
            found.append(_drawn(name, function, np.random.default_rng(seed), sizes))
        except UserError:
            raise
        except Exception as problem:
            trouble = problem
        if len(found) == 2:
            return found
    assert trouble is not None  # there were fewer than two that worked
    raise UserError(
        f"the generator {name} raises {type(trouble).__name__} in nearly all of {_TRIED} draws: "
        f"{trouble} ({blame.place(trouble)})"
    ) from trouble


def _drawn(
    name: str, function: Draw, rng: np.random.Generator, sizes: Mapping[str, Any]
) -> tuple[dict[str, Any], Data]:
    with contained():
        found = function(rng, **sizes)
    if not (isinstance(found, tuple) and len(found) == 2):
        raise UserError(f"the generator {name} must return (truth, data), two dicts")
    if not all(isinstance(part, Mapping) for part in found):
        kinds = " and ".join(type(part).__name__ for part in found)
        raise UserError(f"the generator {name} must return (truth, data), two dicts, not {kinds}")
    truth, data = found
    for parameter, value in truth.items():
        if np.asarray(value).dtype.kind not in "biuf":
            raise UserError(
                f"the generator {name} gives '{parameter}' the truth {value!r}; truths are "
                "numbers or arrays of numbers"
            )
    return dict(truth), {str(n): _array(a) for n, a in data.items()}


def _array(values: Any) -> Any:
    """Give an array; what is masked is missing, as PyMC has it, and would else lose its mask."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        return np.ma.filled(values.astype(float), np.nan)
    return np.asarray(values)
