"""What an estimator offers: a PyMC model, or estimates, as a function of arrays."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from sbc.plugins.data import (
    Array,
    Data,
    OwnData,
    Posterior,
    Quantity,
    Truth,
    replicates,
    structure_of,
    summary,
)


@dataclass(frozen=True)
class Estimator:
    """A PyMC model, or a function that gives estimates or draws; its arguments are data arrays.

    Attributes
    ----------
    name : str
        The name of the file, of the function, and on the command line.
    define : callable
        The function. It is called inside an open ``pm.Model``, with one ``pm.Data`` for each
        argument.
    arguments : tuple of str
        The names of the data arrays that it takes.
    estimands : tuple of str
        The parameters that are ranked.
    derived : mapping of str to callable
        Arguments that depend on the data alone, ``name -> f(data)``; computed once for each
        dataset.
    control : bool
        Whether ``--estimator all`` leaves it out, because it is a control or another form of a
        model.
    quantities : dict of str to callable
        Further quantities to rank, ``name -> f(theta, data)``: see `quantity`.
    closed_form : dict of str to callable
        What is known exactly of a conjugate model: see `posterior` and `log_likelihood`.
    options : mapping of str to bool, int, float or str
        The function's keyword-only arguments with their defaults. ``name@sigma=0.5`` is the same
        estimator with another value: see `bound`.
    elements : mapping of str to tuple of str
        For each variable, the names of its elements within brackets, in order.
    constant : tuple of str
        Elements that have the same value whatever the parameters are. They are not ranked.
    anew : bool
        Whether the model is compiled for each dataset, because a shared one would have another
        density.
    lines : tuple of str
        Remarks for the reader of a table or report on how this model is tested.
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
        """Give the estimator with these values of its options, under a new name."""
        held = {**self.options, **values}
        define = partial(self.define, **values) if values else self.define
        return replace(self, name=name, define=define, options=held)

    def posterior(self, function: Posterior) -> Posterior:
        """Register a function that draws from the exact posterior, for the engine ``exact``.

        It has the form ``f(data, rng, draws) -> theta`` and returns independent draws, as a
        conjugate model allows; PyMC is not involved. `data` holds the arrays that the estimator
        names. `theta` holds at least every estimand, as arrays of shape (draws, ...).
        """
        self.closed_form["posterior"] = function
        return function

    def log_likelihood(self, function: Callable[[Truth, Data], Array]) -> Callable[..., Array]:
        """Register the log likelihood of all data, for the engine ``exact``.

        It has the form ``f(theta, data) -> array``. `theta` holds arrays of shape (draws, ...);
        the result has one number for each draw, shape (draws,). Without this function, ``exact``
        ranks no log likelihood.
        """
        self.closed_form["log_likelihood"] = function
        return function

    def quantity(self, function: Quantity) -> Quantity:
        """Register a test quantity ``f(theta, data) -> float`` that is ranked with the estimands.

        It is called with the truth and with each posterior draw; `theta` holds every free variable
        by name. A quantity that depends on the data shows faults that parameters alone cannot show
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


def estimator(
    *,
    estimands: tuple[str, ...],
    derived: Mapping[str, Callable[[Data], Array]] | None = None,
    control: bool = False,
    needs: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Estimator]:
    """Turn a function that states a PyMC model, or gives estimates or draws, into an estimator.

    The function's positional arguments are data arrays, and its keyword-only arguments are
    options.

    Parameters
    ----------
    estimands : tuple of str
        The parameters that are ranked.
    derived : mapping of str to callable, optional
        Arguments that depend on the data alone, ``name -> f(data)``; computed once for each
        dataset.
    control : bool
        Whether ``--estimator all`` leaves it out.
    needs : tuple of str
        Packages that an installation of sbc may lack. For sbc's own estimators they are read from
        the file's text, so that a missing package is reported before anything is imported.

    Returns
    -------
    callable
        A decorator that makes an `sbc.plugins.estimator.Estimator`.
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
