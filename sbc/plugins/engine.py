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
    failure : str
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
    retry_schedule : callable or None
        ``(budget) -> budgets`` of successive attempts; None for those of a Markov chain.
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
    """Turn ``compile(estimator, generator, data) -> Compiled`` into an engine.

    Parameters
    ----------
    backend, retry_schedule
        As in `Engine`.
    needs : tuple of str
        Packages beyond those of every install. They are read from the file's text, so that a
        missing one is told before anything is imported.
    ladder
        The old name of `retry_schedule`.
    """
    if ladder is not None:
        renamed("@engine(ladder=...)", "@engine(retry_schedule=...)")
        retry_schedule = ladder

    def wrap(function: Callable[[Estimator, Generator, Data], Compiled]) -> Engine:
        return Engine(function.__name__, function, backend, retry_schedule)

    return wrap
