"""Estimators that state no model: functions of data that give estimates or draws themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sbc.plugins.arguments import source_of
from sbc.plugins.contained import contained
from sbc.plugins.data import Data
from sbc.plugins.engine import FUNCTION, Budget, Compiled, Draws, Engine
from sbc.plugins.errors import UserError
from sbc.plugins.estimates import Estimates
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.repeatable import repeatable
from sbc.plugins.returned import read

#: What sbc hands to a function besides data, if it asks: a random stream of its own, and what a fit
#: may cost. An array of the data by such a name comes first.
HANDED = ("rng", "budget")


@dataclass(frozen=True)
class FunctionEstimator(Estimator):
    """A function of data that gives estimates or draws.

    Attributes
    ----------
    arrays : mapping of str to str
        Argument to the dataset's array, or to ``len DIM``, the length of a dimension.
    dims : mapping of str to str
        The generator's: array to dimension.
    handed : tuple of str
        Which of `HANDED` it asks for. One that asks for the budget is tried again as Markov chains
        are; any other is judged once.
    ndims : mapping of str to int
        Estimand to the number of its own dimensions: 0 of a number.
    """

    arrays: Mapping[str, str] = field(default_factory=dict)
    dims: Mapping[str, str] = field(default_factory=dict)
    handed: tuple[str, ...] = ()
    ndims: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, made: Estimator, generator: Generator, data: Data) -> FunctionEstimator:
        """Find what the arguments of a function are in a generator's data.

        Parameters
        ----------
        made : Estimator
            As it is loaded: decorated, or `sbc.plugins.undecorated.Undecorated`.
        generator, data
            Who gives the arrays, and a dataset of it.

        Raises
        ------
        UserError
            If there is no such array.
        """
        optional = [n for n in getattr(made, "optional", ()) if n in data or n in HANDED]
        asked = dict.fromkeys((*made.arguments, *optional, *_without_default(made)))
        handed = tuple(n for n in asked if n in HANDED and n not in data)
        arrays = {
            name: name if name in made.derived else source_of(made.name, name, generator, data)
            for name in asked
            if name not in handed
        }
        return cls(
            name=made.name,
            define=made.define,
            arguments=tuple(s for s in arrays.values() if not s.startswith("len ")),
            estimands=made.estimands,
            derived=made.derived,
            summary=made.summary,
            control=made.control,
            options={n: v for n, v in made.options.items() if n not in handed},
            arrays=arrays,
            dims=generator.dims,
            handed=handed,
        )

    def select(self, data: Data) -> Data:
        """Pick what the function asks for, by its arguments' names."""
        lengths = {dim: len(data[name]) for name, dim in self.dims.items() if name in data}
        return {
            name: self.derived[name](data)
            if name in self.derived
            else np.asarray(lengths[source[4:]])
            if source.startswith("len ")
            else np.array(data[source])  # a function may write into what it is given
            for name, source in self.arrays.items()
        }

    def asked(self, selected: Data, budget: Budget, seed: int) -> dict[str, Any]:
        """Give all arguments of a call.

        Parameters
        ----------
        selected : dict of str to ndarray
            From `select`.
        budget : Budget
            Of this attempt.
        seed : int
            Of its random stream.
        """
        more = {"rng": np.random.default_rng(seed), "budget": budget}
        arguments: dict[str, Any] = {
            name: int(array) if self.arrays[name].startswith("len ") else array
            for name, array in selected.items()
        }
        return arguments | {name: more[name] for name in self.handed}

    def call(self, selected: Data, budget: Budget, seed: int) -> Any:
        """Call the function for one dataset, as `asked`; whatever it raises is raised.

        Random numbers that it draws from elsewhere than `rng` depend on the seed as well.
        """
        with contained(), repeatable(seed):
            return self.define(**self.asked(selected, budget, seed))


def _without_default(made: Estimator) -> list[str]:
    """Name keyword-only arguments of a decorated function that are handed to it."""
    return [
        n for n, v in made.options.items() if n in HANDED and v in (None, inspect.Parameter.empty)
    ]


@dataclass(frozen=True)
class Called:
    """A function in the place of a compiled model: any data will do."""

    estimator: FunctionEstimator

    def accepts(self, data: Data) -> bool:
        """Take data of any lengths."""
        return True

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws | Estimates:
        """Call the function and read what it gives."""
        return read(self.estimator.call(data, budget, seed), self.estimator.ndims)


def _ready(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    if not isinstance(estimator, FunctionEstimator):
        raise UserError(f"'{estimator.name}' states a model; name an engine that samples it")
    return Called(estimator)  # type: ignore[return-value]


#: A process has one call at a time: what users write may keep things between calls.
ENGINE = Engine(FUNCTION, _ready, "loky")


def budgets_of(
    estimator: Estimator, schedule: Callable[[Budget], list[Budget]]
) -> Callable[[Budget], list[Budget]]:
    """Give the budgets of successive attempts: one, unless a function asks for its budget."""
    if isinstance(estimator, FunctionEstimator) and "budget" not in estimator.handed:
        return lambda budget: [budget]
    return schedule
