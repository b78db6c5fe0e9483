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

    A generator without a regime supplies only a design (covariates and sizes), for truths and
    outcomes that are drawn from the estimator's own joint distribution.

    Attributes
    ----------
    name : str
        The name of the file, of the function, and on the command line.
    simulate : callable
        ``simulate(rng, truth, **sizes) -> data``.
    sizes : dict
        The keyword arguments of ``simulate`` with their defaults; the same in every regime.
    dims : mapping of str to str
        The dimension along which each array runs: ``{"X": "rows", "Z": "groups"}``.
    indexes : mapping of str to str
        Integer arrays whose values are positions along a dimension: ``{"group": "groups"}``.
    features : dict of str to callable
        Named summaries ``(data) -> float`` by which results can be broken down. A feature that
        returns an array along a dimension breaks down the elements of vectors of that length.
    uniform_ranks : mapping of str to tuple of str
        For each regime, the estimators whose ranks are expected to be uniform, because the regime
        draws from their joint distribution.
    lines : tuple of str
        Remarks for the reader of a table or report on the data.
    real : callable or None
        Returns the real data of the study that is imitated, if the file holds them.
    bounds : mapping of str to (float, float)
        The smallest and the largest value of a parameter of any regime. A parameter that is not
        named may be any finite number.
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
        """Register a way of choosing the truth. The first one that is registered is the default."""
        parameters = defaults_of(function, skip=1)
        self.regimes[function.__name__] = Regime(
            function.__name__, function, parameters, summary(function)
        )
        return function

    def parameters(self, regime: str) -> dict[str, Any]:
        """Give all parameters that can be set in this regime, with their defaults."""
        return {**self.sizes, **self.regimes[regime].parameters}

    def design(self, rng: np.random.Generator, **settings: Any) -> Data:
        """Draw data as in the first regime, or without a truth if there is no regime."""
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
            Values of any of ``parameters(regime)``.

        Returns
        -------
        Dataset
            The truth and the data, two dictionaries by name.
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
    """Turn a function ``simulate(rng, truth, *, sizes...) -> data`` into a generator.

    Parameters
    ----------
    dims : mapping of str to str
        The dimension along which each array runs: ``{"X": "rows", "Z": "groups"}``.
    indexes : mapping of str to str, optional
        Integer arrays whose values are positions along a dimension: ``{"group": "groups"}``.
    features : mapping of str to callable, optional
        Named summaries ``(data) -> float`` by which results can be broken down. A feature that
        returns an array along a dimension breaks down the elements of vectors of that length.
    uniform_ranks : mapping of str to tuple of str, optional
        For each regime, the estimators whose ranks are expected to be uniform, because the regime
        draws from their joint distribution.
    real : callable, optional
        Returns the real data of the study that is imitated.
    bounds : mapping of str to (float, float), optional
        The smallest and the largest value of a parameter.
    owed
        The old name of `uniform_ranks`.

    Returns
    -------
    callable
        A decorator that makes an `sbc.plugins.generator.Generator`.

    Raises
    ------
    UserError
        If `dims` gives an array several dimensions.
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
