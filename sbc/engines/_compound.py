"""PyMC's compound steps for models with discrete variables: compiled once, run until they mix.

Discrete variables mix slowly where each of NUTS's draws goes with one Metropolis step, and such
steps are cheap: several go with each draw, and chains are prolonged until the effective sample
size is that of a fit that counts.
"""

from __future__ import annotations

import copy
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymc.initial_point import make_initial_point_fn
from pymc.pytensorf import compile
from pymc.sampling.mcmc import assign_step_methods, instantiate_steppers

from sbc.engines import _model
from sbc.engines._at_truth import ModelAtTruth
from sbc.plugins.data import Array, Data
from sbc.plugins.engine import Budget, Draws
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.stats.diagnostics import diagnose

#: What every quantity that moves has to reach: a little above what a good fit needs.
ENOUGH_ESS, CLOSE_RHAT = 420.0, 1.01
#: Chains are prolonged until they are so many times as long as the budget says.
LONGEST = 8
#: Discrete steps a draw, shared out among the discrete numbers of the model.
REPEATS = 4
#: Chains are prolonged by this share of what the budget says, at a time.
PIECE = 0.25
_STARTS = 20


@dataclass(frozen=True)
class Compiled(ModelAtTruth):
    """Step methods that read the data which the model holds; not for two threads at once."""

    quantities: tuple[str, ...]
    frozen: dict[str, int]
    steps: list[Any]
    expand: Any
    initial: Any
    log_density: Any

    def accepts(self, data: Data) -> bool:
        """Say whether data of these lengths can be swapped in."""
        return all(len(data[name]) == length for name, length in self.frozen.items())

    def fit(self, data: Data, budget: Budget, seed: int) -> Draws:
        """Sample the posterior of one dataset, in chains as long as it takes.

        Raises
        ------
        RuntimeError
            If no start with a finite log density is found.
        """
        began = time.perf_counter()
        self._set(data)
        streams = [
            np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(budget.chains)
        ]
        chains = [_Chain(self, rng, budget) for rng in streams]
        length = budget.draws
        while True:
            for chain in chains:
                chain.run(length)
            length = max(1, int(PIECE * budget.draws))
            values = self._values(chains)
            if len(chains[0].points) >= LONGEST * budget.draws or _mixed(values):
                break
        return Draws(
            values,
            divergences=sum(chain.divergences for chain in chains),
            steps=sum(chain.steps for chain in chains),
            seconds=time.perf_counter() - began,
        )

    def _set(self, data: Data) -> None:
        _model.set_data(self.model, data)

    def _values(self, chains: list[_Chain]) -> dict[str, Array]:
        found = {}
        for i, name in enumerate(self.quantities):
            stacked = np.stack([np.stack([row[i] for row in chain.points]) for chain in chains])
            flat = stacked.reshape(*stacked.shape[:2], -1)
            found[name] = flat[..., 0] if flat.shape[2] == 1 else flat
        return found


class _Chain:
    """One chain, which can be gone on with: it takes the steps' state away when it is left."""

    def __init__(self, compiled: Compiled, rng: np.random.Generator, budget: Budget) -> None:
        self._compiled = compiled
        self.points: list[list[Array]] = []
        self.divergences = self.steps = 0
        self._point = _start(compiled, rng)
        for step in compiled.steps:
            step.setup_chain(rng.spawn(1)[0], budget.tune, budget.draws)
            if hasattr(step, "step_adapt"):
                step.target_accept = budget.target_accept
                step.step_adapt._target = budget.target_accept
            if hasattr(step, "reset_tuning"):
                step.reset_tuning()
            step.tune = True
        for _ in range(budget.tune):
            self._draw()
        for step in compiled.steps:
            step.stop_tuning()
        self.divergences = 0
        self._keep()

    def run(self, draws: int) -> None:
        """Go on for so many draws."""
        for step, state in zip(self._compiled.steps, self._states, strict=True):
            step.sampling_state = copy.deepcopy(state)
        names = [v.name for v in self._compiled.model.value_vars]
        for _ in range(draws):
            self._draw()
            self.points.append(self._compiled.expand(*(self._point[n] for n in names)))
        self._keep()

    def _draw(self) -> None:
        for step, repeats in _repeats(self._compiled.steps):
            for _ in range(repeats):
                self._point, stats = step.step(self._point)
            for stat in stats:
                self.divergences += bool(stat.get("diverging", False))
                self.steps += int(stat.get("n_steps", 1))

    def _keep(self) -> None:
        self._states = [copy.deepcopy(step.sampling_state) for step in self._compiled.steps]


def _repeats(steps: list[Any]) -> list[tuple[Any, int]]:
    discrete = [step for step in steps if _is_discrete(step)]
    each = max(1, REPEATS // max(1, len(discrete)))
    return [(step, each if step in discrete else 1) for step in steps]


def _is_discrete(step: Any) -> bool:
    return not all(v.dtype.startswith("float") for v in step.vars)


def _start(compiled: Compiled, rng: np.random.Generator) -> dict[str, Array]:
    """Start near the model's own start, continuous variables moved a little, as PyMC does."""
    for _ in range(_STARTS):
        point = compiled.initial(int(rng.integers(2**30)))
        for v in compiled.model.value_vars:
            if v.dtype.startswith("float"):
                point[v.name] = point[v.name] + rng.uniform(-1, 1, size=np.shape(point[v.name]))
        if np.isfinite(compiled.log_density(*(point[v.name] for v in compiled.model.value_vars))):
            return point
    raise RuntimeError("no start with a finite log density was found")


def _mixed(values: dict[str, Array]) -> bool:
    """Say whether everything that moves has been sampled well enough."""
    for drawn in values.values():
        columns = np.moveaxis(drawn.reshape(*drawn.shape[:2], -1).astype(float), 2, 0)
        columns = columns[np.ptp(columns, axis=(1, 2)) > 0]
        if not len(columns):
            continue
        found = diagnose(columns)
        ess = np.minimum(found.ess_bulk, found.ess_tail)
        if not ((ess >= ENOUGH_ESS).all() and (found.rhat <= CLOSE_RHAT).all()):  # NaN neither
            return False
    return True


def build(estimator: Estimator, generator: Generator, data: Data) -> Compiled:
    """Assign step methods as ``pm.sample`` does, and compile them once."""
    model = _model.build(estimator, generator, data)
    quantities = _model.wanted(estimator, model)
    outputs = model.replace_rvs_by_values([model[name] for name in quantities])
    with model, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that PyMC holds for experimental
        _, chosen = assign_step_methods(model)
        made = instantiate_steppers(model, [], chosen)
    steps = [part for step in (made if isinstance(made, list) else [made]) for part in _parts(step)]
    return Compiled(
        model=model,
        quantities=quantities,
        frozen=_model.frozen_lengths(model, generator, data),
        steps=steps,
        expand=compile(
            model.value_vars, [_model.as_tensor(q) for q in outputs], on_unused_input="ignore"
        ),
        initial=make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True),
        log_density=compile(model.value_vars, model.logp(), on_unused_input="ignore"),
    )


def _parts(step: Any) -> list[Any]:
    return list(getattr(step, "methods", [step]))
