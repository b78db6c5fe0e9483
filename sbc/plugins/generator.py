"""What a generator offers: regimes that choose the truth, and data given it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sbc.plugins.contained import contained
from sbc.plugins.data import Array, Data, Dataset, Truth, defaults_of, summary
from sbc.plugins.errors import UserError, renamed


@dataclass(frozen=True)
class Regime:
    """One way of choosing the truth: a function ``(rng, sizes, **parameters) -> truth``."""

    name: str
    draw: Callable[..., Truth]
    parameters: dict[str, Any]
    summary: str


@dataclass
class Generator:
    """A data-generating process: how the truth is chosen (regimes), and data given the truth.

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
    uniform_ranks : mapping of str to tuple of str
        Estimators whose ranks are expected to be uniform, by regime: those whose joint distribution
        the regime draws from.
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
    uniform_ranks: Mapping[str, tuple[str, ...]]
    regimes: dict[str, Regime] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    real: Callable[[], Data] | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def regime(self, function: Callable[..., Truth]) -> Callable[..., Truth]:
        """Register a way of choosing the truth; the first one registered is the default."""
        parameters = defaults_of(function, skip=1)
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
        with contained():
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
        sizes = {name: values[name] for name in self.sizes}
        with contained():
            truth = self.regimes[regime].draw(rng, **chosen)
            return Dataset(truth, self.simulate(rng, truth, **sizes))


def generator(
    *,
    dims: Mapping[str, str],
    indexes: Mapping[str, str] | None = None,
    features: Mapping[str, Callable[[Data], float | Array]] | None = None,
    uniform_ranks: Mapping[str, tuple[str, ...]] | None = None,
    real: Callable[[], Data] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    owed: Mapping[str, tuple[str, ...]] | None = None,
) -> Callable[[Callable[..., Data]], Generator]:
    """Turn ``simulate(rng, truth, *, sizes...)`` into a generator; arguments as in `Generator`.

    `owed` is the old name of `uniform_ranks`.
    """
    if owed is not None:
        renamed("@generator(owed=...)", "@generator(uniform_ranks=...)")
        uniform_ranks = owed

    def wrap(function: Callable[..., Data]) -> Generator:
        made = Generator(
            name=function.__name__,
            simulate=function,
            sizes=defaults_of(function, skip=2),
            dims=_checked(function.__name__, dims),
            indexes=indexes or {},
            features=dict(features or {}),
            uniform_ranks=uniform_ranks or {},
            real=real,
            bounds=bounds or {},
        )
        made.__doc__ = function.__doc__
        return made

    return wrap


def _checked(name: str, dims: Mapping[str, Any]) -> dict[str, str]:
    """Refuse dimensions that are not one name an array.

    Raises
    ------
    UserError
        Naming the array, and what to write.
    """
    for array, dim in dims.items():
        if not isinstance(dim, str):
            first = dim[0] if isinstance(dim, tuple | list) and dim else "rows"
            raise UserError(
                f"the generator {name} gives '{array}' the dimensions {dim!r}; name the one along "
                f"which datasets differ in length: dims={{'{array}': '{first}'}}"
            )
    return dict(dims)
