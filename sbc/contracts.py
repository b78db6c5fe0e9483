"""The nouns that all rooms share: what generators give, estimators ask for and engines return.

A plug-in file uses two decorators from here, `generator` and `estimator`; everything else is read
by the harness.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray
Truth = dict[str, Any]
Data = dict[str, Array]
Quantity = Callable[[Truth, Data], float]

#: The name under which the log likelihood of the data is ranked, beside the estimands.
LOG_LIKELIHOOD = "log_likelihood"


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


@dataclass(frozen=True)
class Regime:
    """One way of choosing the truth: a function ``(rng, sizes, **parameters) -> truth``."""

    name: str
    draw: Callable[..., Truth]
    parameters: dict[str, Any]
    summary: str


@dataclass
class Generator:
    """A simulated world: how the truth is chosen (regimes), and data given the truth.

    Attributes
    ----------
    name : str
        File stem, function name and command-line name at once.
    simulate : callable
        ``simulate(rng, truth, **sizes) -> data``.
    sizes : dict
        The keyword arguments of ``simulate`` with their defaults, whatever the regime.
    dims : mapping of str to str
        The dimension along which each array runs: ``{"X": "rows", "Z": "groups"}``.
    indexes : mapping of str to str
        Integer arrays that number the elements of a dimension: ``{"group": "groups"}``.
    features : dict of str to callable
        Named summaries ``(data) -> float`` by which calibration can be broken down.
    owed : mapping of str to tuple of str
        Estimators to which uniform ranks are owed, by regime: those whose joint distribution the
        regime draws from.
    """

    name: str
    simulate: Callable[..., Data]
    sizes: dict[str, Any]
    dims: Mapping[str, str]
    indexes: Mapping[str, str]
    features: dict[str, Callable[[Data], float]]
    owed: Mapping[str, tuple[str, ...]]
    regimes: dict[str, Regime] = field(default_factory=dict)

    def regime(self, function: Callable[..., Truth]) -> Callable[..., Truth]:
        """Register a way of choosing the truth; the first one registered is the default."""
        parameters = _defaults(function, skip=1)
        self.regimes[function.__name__] = Regime(
            function.__name__, function, parameters, summary(function)
        )
        return function

    def parameters(self, regime: str) -> dict[str, Any]:
        """Everything that may be set in this regime, with its default."""
        return {**self.sizes, **self.regimes[regime].parameters}

    def draw(self, rng: np.random.Generator, regime: str, **settings: Any) -> Dataset:
        """Draw one truth and one dataset.

        Parameters
        ----------
        rng : numpy.random.Generator
            The only source of randomness.
        regime : str
            One of ``regimes``.
        **settings
            Any of ``parameters(regime)``.
        """
        values = {**self.parameters(regime), **settings}
        chosen = {name: values[name] for name in self.regimes[regime].parameters}
        truth = self.regimes[regime].draw(rng, **chosen)
        sizes = {name: values[name] for name in self.sizes}
        return Dataset(truth, self.simulate(rng, truth, **sizes))


@dataclass(frozen=True)
class Estimator:
    """A PyMC model, written as a function of the arrays that it needs.

    Attributes
    ----------
    name : str
        File stem, function name and command-line name at once.
    define : callable
        Called inside an open ``pm.Model`` with one ``pm.Data`` per argument.
    arguments : tuple of str
        The arrays that it names.
    estimands : tuple of str
        The parameters that are ranked.
    derived : mapping of str to callable
        Arguments that depend on data alone, computed once per dataset: ``name -> f(data)``.
    control : bool
        Whether it stands aside of ``--estimator all``: a control, or another form of one.
    quantities : dict of str to callable
        Further quantities to rank, ``name -> f(theta, data)``: see `quantity`.
    """

    name: str
    define: Callable[..., Any]
    arguments: tuple[str, ...]
    estimands: tuple[str, ...]
    derived: Mapping[str, Callable[[Data], Array]]
    summary: str = ""
    control: bool = False
    quantities: dict[str, Quantity] = field(default_factory=dict)

    def quantity(self, function: Quantity) -> Quantity:
        """Register a test quantity ``f(theta, data) -> float``, ranked beside the estimands.

        It is called with the truth and with each posterior draw, `theta` holding every free
        variable by name; one that depends on the data sees faults that parameters cannot show
        (Modrák et al. 2023, arXiv:2211.02383).
        """
        self.quantities[function.__name__] = function
        return function

    def select(self, data: Data) -> Data:
        """Pick the arrays that the estimator names, computing the derived ones."""
        return {
            name: self.derived[name](data) if name in self.derived else data[name]
            for name in self.arguments
        }


@dataclass(frozen=True)
class Budget:
    """What one fit may cost: draws and warm-up a chain, chains, and the step size's target."""

    draws: int
    tune: int
    chains: int
    target_accept: float


@dataclass(frozen=True)
class Draws:
    """What an engine delivers for one dataset.

    Attributes
    ----------
    values : dict of str to ndarray
        Draws after warm-up, shape (n_chains, n_draws) or (n_chains, n_draws, size) for a vector.
    divergences : int
        Divergent transitions after warm-up, over all chains.
    steps : int
        Gradient evaluations, warm-up included.
    seconds : float
        Wall-clock time of the sampling.
    """

    values: dict[str, Array]
    divergences: int
    steps: int
    seconds: float


def generator(
    *,
    dims: Mapping[str, str],
    indexes: Mapping[str, str] | None = None,
    features: Mapping[str, Callable[[Data], float]] | None = None,
    owed: Mapping[str, tuple[str, ...]] | None = None,
) -> Callable[[Callable[..., Data]], Generator]:
    """Turn ``simulate(rng, truth, *, sizes...)`` into a generator; arguments as in `Generator`."""

    def wrap(function: Callable[..., Data]) -> Generator:
        made = Generator(
            name=function.__name__,
            simulate=function,
            sizes=_defaults(function, skip=2),
            dims=dims,
            indexes=indexes or {},
            features=dict(features or {}),
            owed=owed or {},
        )
        made.__doc__ = function.__doc__
        return made

    return wrap


def estimator(
    *,
    estimands: tuple[str, ...],
    derived: Mapping[str, Callable[[Data], Array]] | None = None,
    control: bool = False,
) -> Callable[[Callable[..., Any]], Estimator]:
    """Turn a function that states a PyMC model into an estimator; arguments as in `Estimator`."""

    def wrap(function: Callable[..., Any]) -> Estimator:
        return Estimator(
            name=function.__name__,
            define=function,
            arguments=tuple(inspect.signature(function).parameters),
            estimands=estimands,
            derived=derived or {},
            summary=summary(function),
            control=control,
        )

    return wrap


def summary(thing: Any) -> str:
    """Return the first line of a docstring."""
    text = inspect.getdoc(thing) or ""
    return text.partition("\n")[0]


def _defaults(function: Callable[..., Any], skip: int) -> dict[str, Any]:
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    return {p.name: p.default for p in parameters}
