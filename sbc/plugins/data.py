"""Truths, data and the names in them: what all plug-ins speak of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

Array = np.ndarray
Truth = dict[str, Any]
Data = dict[str, Array]
Quantity = Callable[[Truth, Data], float]
#: ``(data, rng, draws) -> theta``, every array of shape (draws, ...).
Posterior = Callable[[Data, np.random.Generator, int], dict[str, Array]]
#: What is added to the name of an observed variable for that of its replicate.
_AGAIN = " (again)"
#: What is added to the name of an array that a simulated outcome takes the place of.
_GIVEN = " (given)"
#: The name under which the log likelihood of the data is ranked, beside the estimands.
LOG_LIKELIHOOD = "log_likelihood"
#: That of the log prior: the free variables' log densities on their own scale, and Potentials.
LOG_PRIOR = "log_prior"
#: What is ranked of every model wherever uniform ranks are expected; each is a method of engines.
DENSITIES = (LOG_LIKELIHOOD, LOG_PRIOR)


def likelihood_of(observed: str) -> str:
    """Name the log likelihood of one observed variable, which is ranked where there are several."""
    return f"{LOG_LIKELIHOOD} of {observed}"


def is_density(name: str) -> bool:
    """Say whether a quantity is one of sbc's own: a log likelihood or the log prior."""
    return name in DENSITIES or name.startswith(likelihood_of(""))


def users_own(name: str) -> str:
    """Name a variable of the user's model that is called as one of sbc's own."""
    return f"{name} (of the model)"


def again(observed: str) -> str:
    """Name the replicate of an observed variable, which a dataset may hold beside real data."""
    return observed + _AGAIN


def given(array: str) -> str:
    """Name the array of the design in whose place a dataset holds a simulated outcome."""
    return array + _GIVEN


def replicates(data: Data) -> Data:
    """Pick the replicates out of a dataset."""
    return {name: values for name, values in data.items() if name.endswith(_AGAIN)}


def as_replicated(data: Data) -> Data:
    """Put replicates in the place of the data that they are replicates of."""
    copies = {name.removesuffix(_AGAIN): values for name, values in replicates(data).items()}
    return data | {name: values for name, values in copies.items() if name in data}


@dataclass(frozen=True)
class Dataset:
    """One simulated dataset and the parameters that made it.

    Attributes
    ----------
    truth : dict of str to float or ndarray
        Every parameter that was drawn or fixed, by the name that models give it.
    data : dict of str to ndarray
        The arrays that estimators name in their signatures; unobserved ones (U) may be among them,
        for an estimator that is meant to see them.
    """

    truth: Truth
    data: Data


class OwnData(dict[str, Array]):
    """The arrays of a model that an ordinary function states, taken out of its graph.

    Attributes
    ----------
    key : str
        Equal for models that differ in these arrays alone, so that one compiled model serves all.
    state : callable
        ``(data_name) -> pm.Model``: the model with shared variables for the arrays.
    observed : dict of str to str
        Which of the arrays hold an observed variable's data, and its name.
    """

    def __init__(
        self,
        arrays: Data,
        key: str,
        state: Callable[..., Any],
        observed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(arrays)
        self.key, self.state, self.observed = key, state, observed


def structure_of(data: Data) -> str:
    """Name the graph that data taken out of a model belong to; empty for all other data."""
    return data.key if isinstance(data, OwnData) else ""


def summary(thing: Any) -> str:
    """Return the first line of a docstring."""
    text = inspect.getdoc(thing) or ""
    return text.partition("\n")[0]


def defaults_of(function: Callable[..., Any], skip: int) -> dict[str, Any]:
    """List a function's arguments with their defaults, but for the first few."""
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    return {p.name: p.default for p in parameters}
