"""What an engine offers: draws from the posterior of one dataset after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass
from typing import Literal, Protocol

import numpy as np

from sbc.plugins.data import Array, Data, Truth
from sbc.plugins.errors import renamed
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.plugins.setting import setting

#: What stands in the place of an engine's name where the estimator is a function, which gives
#: estimates or draws itself.
FUNCTION = "function"


@dataclass(frozen=True)
class Budget:
    """The budget of one fit: draws and warm-up steps of a chain, chains, and target acceptance.

    Attributes
    ----------
    draws : int
        Draws of each chain after warm-up, at least 20.
    tune : int
        Warm-up steps of each chain, at least 1.
    chains : int
        At least 1.
    target_accept : float
        The acceptance probability that the step size is adapted to, in (0, 1).
    """

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
    """The draws from the posterior of one dataset, with the sampler's diagnostics.

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
        Whether the draws are independent of each other, so that R-hat and ESS have no meaning.
    failure : str
        One line on why the algorithm has not converged by its own diagnostics; empty if it has.
        Such a fit is tried again and then counted as failed.
    pareto_k : float
        Pareto k̂ of the importance ratios p(theta, y) / q(theta) of an approximation q. Above 0.7
        the approximation is poor. NaN if there is none.
    elbo_drift : float
        By how many nats the evidence lower bound still rose towards the end; NaN if there is none.
    """

    values: dict[str, Array]
    divergences: int = 0
    steps: int = 0
    seconds: float = 0.0
    independent: bool = False
    failure: str = ""
    pareto_k: float = np.nan
    elbo_drift: float = np.nan
    trouble: InitVar[str | None] = None

    def __post_init__(self, trouble: str | None) -> None:
        """Take the old name of `failure`."""
        if trouble is not None:
            renamed("Draws(trouble=...)", "Draws(failure=...)")
            object.__setattr__(self, "failure", trouble)


class Compiled(Protocol):
    """One estimator, compiled by an engine, to be fitted to many datasets."""

    def accepts(self, data: Data) -> bool:
        """Say whether data of these lengths can be swapped in without compiling again."""

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Draw from the posterior of one dataset. Any exception becomes a failed fit."""

    def log_likelihood(self, truth: Truth, data: Data) -> float:
        """Evaluate the log likelihood at the truth; NaN if the truth is incomplete."""


@dataclass
class Engine:
    """An inference algorithm.

    Attributes
    ----------
    name : str
        The name of the file, of the function, and on the command line.
    compile : callable
        ``(estimator, generator, data) -> Compiled``: the slow part, done once for all datasets.
    backend : {"threading", "loky"}
        How fits share the cores. ``"threading"`` is for engines whose `Compiled.fit` may run in
        several threads at once and releases the interpreter's lock; ``"loky"`` uses processes.
    retry_schedule : callable or None
        ``(budget) -> budgets`` of successive attempts. None stands for the schedule of Markov
        chains: smaller steps and longer warm-up, then more draws.
    """

    name: str
    compile: Callable[[Estimator, Generator, Data], Compiled]
    backend: Literal["threading", "loky"]
    retry_schedule: Callable[[Budget], list[Budget]] | None = None


def engine(
    *,
    backend: Literal["threading", "loky"],
    needs: tuple[str, ...] = (),
    retry_schedule: Callable[[Budget], list[Budget]] | None = None,
    ladder: Callable[[Budget], list[Budget]] | None = None,
) -> Callable[[Callable[[Estimator, Generator, Data], Compiled]], Engine]:
    """Turn a function ``compile(estimator, generator, data) -> Compiled`` into an engine.

    Parameters
    ----------
    backend : {"threading", "loky"}
        ``"threading"`` if `Compiled.fit` may run in several threads at once and releases the
        interpreter's lock; otherwise ``"loky"``, processes.
    needs : tuple of str
        Packages that an installation of sbc may lack. They are read from the file's text, so that
        a missing package is reported before anything is imported.
    retry_schedule : callable, optional
        ``(budget) -> budgets`` of successive attempts; by default that of Markov chains.
    ladder
        The old name of `retry_schedule`.

    Returns
    -------
    callable
        A decorator that makes an `sbc.plugins.engine.Engine`.
    """
    if ladder is not None:
        renamed("@engine(ladder=...)", "@engine(retry_schedule=...)")
        retry_schedule = ladder

    def wrap(function: Callable[[Estimator, Generator, Data], Compiled]) -> Engine:
        return Engine(function.__name__, function, backend, retry_schedule)

    return wrap
