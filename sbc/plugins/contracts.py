"""The nouns that all rooms share: what generators give, estimators ask for and engines return.

A plug-in file uses one of three decorators from here, `generator`, `estimator` and `engine`;
everything else is read by the harness.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np

from sbc.plugins.setting import setting

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

    One without a regime gives a design alone, for estimators' own joint distributions.

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
        Named summaries ``(data) -> float`` by which calibration can be broken down; one that gives
        an array along a dimension breaks down the elements of vectors of that length.
    owed : mapping of str to tuple of str
        Estimators to which uniform ranks are owed, by regime: those whose joint distribution the
        regime draws from.
    lines : tuple of str
        What a reader should know of its data.
    real : callable or None
        Gives the data of the study that it imitates, where they are part of its file.
    bounds : mapping of str to (float, float)
        The least and the largest value that a parameter may have, of any regime; every other may be
        any finite number.
    """

    name: str
    simulate: Callable[..., Data]
    sizes: dict[str, Any]
    dims: Mapping[str, str]
    indexes: Mapping[str, str]
    features: dict[str, Callable[[Data], float | Array]]
    owed: Mapping[str, tuple[str, ...]]
    regimes: dict[str, Regime] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    real: Callable[[], Data] | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

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

    def design(self, rng: np.random.Generator, **settings: Any) -> Data:
        """Draw data as in the first regime, or, of a generator that has none, without a truth."""
        if self.regimes:
            return self.draw(rng, next(iter(self.regimes)), **settings).data
        return self.simulate(rng, {}, **{**self.sizes, **settings})

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
    closed_form : dict of str to callable
        What is known exactly of a conjugate model: see `posterior` and `log_likelihood`.
    options : mapping of str to bool, int, float or str
        The function's keyword-only arguments with their defaults. ``name@sigma=0.5`` is the same
        estimator with another value, `define` then holding it: see `bound`.
    elements : mapping of str to tuple of str
        Variable to what its elements are called within brackets, in order: by coordinates.
    constant : tuple of str
        Elements that are the same number whatever the parameters are; they are not ranked.
    anew : bool
        Whether each dataset's model is compiled anew, because a shared one has another density.
    lines : tuple of str
        What a reader should know of how this model is put to the test.
    """

    name: str
    define: Callable[..., Any]
    arguments: tuple[str, ...]
    estimands: tuple[str, ...]
    derived: Mapping[str, Callable[[Data], Array]]
    summary: str = ""
    control: bool = False
    quantities: dict[str, Quantity] = field(default_factory=dict)
    closed_form: dict[str, Callable[..., Any]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constant: tuple[str, ...] = ()
    anew: bool = False
    lines: tuple[str, ...] = ()

    def bound(self, name: str, values: Mapping[str, Any]) -> Estimator:
        """Give the estimator with these values of its options, under another name."""
        held = {**self.options, **values}
        define = partial(self.define, **values) if values else self.define
        return replace(self, name=name, define=define, options=held)

    def posterior(self, function: Posterior) -> Posterior:
        """Register independent draws from the posterior, ``f(data, rng, draws) -> theta``.

        A conjugate model has them in closed form; the engine ``exact`` takes them, and no PyMC is
        involved. `data` are the arrays that the estimator names, `theta` holds at least every
        estimand, as arrays of shape (draws, ...).
        """
        self.closed_form["posterior"] = function
        return function

    def log_likelihood(self, function: Callable[[Truth, Data], Array]) -> Callable[..., Array]:
        """Register the log likelihood of all data, ``f(theta, data)``, for the engine ``exact``.

        `theta` holds arrays of shape (draws, ...), and so one number a draw comes back, shape
        (draws,). Without it ``exact`` ranks no log likelihood.
        """
        self.closed_form["log_likelihood"] = function
        return function

    def quantity(self, function: Quantity) -> Quantity:
        """Register a test quantity ``f(theta, data) -> float``, ranked beside the estimands.

        It is called with the truth and with each posterior draw, `theta` holding every free
        variable by name; one that depends on the data sees faults that parameters cannot show
        (Modrák et al. 2023, arXiv:2211.02383).
        """
        self.quantities[function.__name__] = function
        return function

    def array_of(self, observed: str) -> str:
        """Name the array of a dataset that an observed variable is about."""
        return observed

    def structure(self, selected: Data) -> str:
        """Name the compiled model that selected data go with: most often one for all."""
        if not self.anew or isinstance(selected, OwnData):
            return structure_of(selected)
        digest = hashlib.blake2b(digest_size=16)
        for name in sorted(selected):
            array = np.ascontiguousarray(selected[name])
            digest.update(f"{name}{array.dtype}{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    def select(self, data: Data) -> Data:
        """Pick the arrays that the estimator names, computing the derived ones."""
        asked = {
            name: self.derived[name](data) if name in self.derived else data[name]
            for name in self.arguments
        }
        return asked | replicates(data)


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


@dataclass(frozen=True)
class Budget:
    """What one fit may cost: draws and warm-up a chain, chains, and the step size's target."""

    draws: int = setting(500, "draws a chain", low=20)
    tune: int = setting(200, "warm-up steps a chain", low=1)
    chains: int = setting(2, "chains a fit", low=1)
    target_accept: float = setting(
        *(0.8, "of the step size"),
        metavar="P",
        low=0,
        high=1,
        inside=True,
        bounds="lie between 0 and 1",
    )


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
    independent : bool
        Whether the draws are independent of one another, so that R-hat and ESS say nothing.
    trouble : str
        Why the algorithm has not converged, in one line, by its own diagnostics; empty if it has.
        The fit is tried again, then counted as failed.
    pareto_k : float
        Of the importance ratios p(theta, y) / q(theta) of an approximation q: above 0.7 the two
        differ much. NaN where there is no q.
    elbo_drift : float
        By how many nats the evidence lower bound still rose towards the end; NaN if there is none.
    """

    values: dict[str, Array]
    divergences: int = 0
    steps: int = 0
    seconds: float = 0.0
    independent: bool = False
    trouble: str = ""
    pareto_k: float = np.nan
    elbo_drift: float = np.nan


class Compiled(Protocol):
    """One estimator, made ready by an engine for many datasets of the same shapes."""

    def accepts(self, data: Data) -> bool:
        """Say whether data of these lengths can be swapped in."""

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Draw from the posterior of one dataset; whatever is raised becomes a failed fit."""

    def log_likelihood(self, truth: Truth, data: Data) -> float:
        """Evaluate the log likelihood at the truth; NaN where that does not name all it needs."""


@dataclass
class Engine:
    """An inference algorithm.

    Attributes
    ----------
    name : str
        File stem, function name and command-line name at once.
    compile : callable
        ``(estimator, generator, data) -> Compiled``: what is slow and the same for all datasets.
    backend : {"threading", "loky"}
        How fits share the cores: "threading" if `Compiled.fit` may run in several threads at once
        and lets go of the interpreter's lock, else processes.
    ladder : callable or None
        ``(budget) -> budgets`` of successive attempts; None for those of a Markov chain.
    """

    name: str
    compile: Callable[[Estimator, Generator, Data], Compiled]
    backend: Literal["threading", "loky"]
    ladder: Callable[[Budget], list[Budget]] | None = None


def generator(
    *,
    dims: Mapping[str, str],
    indexes: Mapping[str, str] | None = None,
    features: Mapping[str, Callable[[Data], float | Array]] | None = None,
    owed: Mapping[str, tuple[str, ...]] | None = None,
    real: Callable[[], Data] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
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
            real=real,
            bounds=bounds or {},
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
    """Turn a function that states a PyMC model into an estimator; arguments as in `Estimator`.

    Its positional arguments are arrays, its keyword-only ones options.
    """

    def wrap(function: Callable[..., Any]) -> Estimator:
        parameters = inspect.signature(function).parameters.values()
        return Estimator(
            name=function.__name__,
            define=function,
            arguments=tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY),
            options={p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY},
            estimands=estimands,
            derived=derived or {},
            summary=summary(function),
            control=control,
        )

    return wrap


def engine(
    *,
    backend: Literal["threading", "loky"],
    needs: tuple[str, ...] = (),
    ladder: Callable[[Budget], list[Budget]] | None = None,
) -> Callable[[Callable[[Estimator, Generator, Data], Compiled]], Engine]:
    """Turn ``compile(estimator, generator, data) -> Compiled`` into an engine.

    Parameters
    ----------
    backend, ladder
        As in `Engine`.
    needs : tuple of str
        Packages beyond those of every install. They are read from the file's text, so that a
        missing one is told before anything is imported.
    """

    def wrap(function: Callable[[Estimator, Generator, Data], Compiled]) -> Engine:
        return Engine(function.__name__, function, backend, ladder)

    return wrap


def summary(thing: Any) -> str:
    """Return the first line of a docstring."""
    text = inspect.getdoc(thing) or ""
    return text.partition("\n")[0]


def _defaults(function: Callable[..., Any], skip: int) -> dict[str, Any]:
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    return {p.name: p.default for p in parameters}
