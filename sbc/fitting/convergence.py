"""Whether a fit has converged, by the diagnostics that its algorithm has; what is tried next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from sbc.plugins.data import LOG_PRIOR, is_density
from sbc.plugins.engine import Budget, Draws
from sbc.store.names import vector_of
from sbc.store.rows import DIVERGENT, LOW_ESS, NONCONVERGED, OK, POOR, Result
from sbc.store.status import (
    FEW_DIVERGENCES,
    OK_ESS,
    OK_RHAT,
    POOR_K,
    USED_ESS,
    USED_RHAT,
)


def accept_constant_discrete(results: tuple[Result, ...], draws: Draws) -> tuple[Result, ...]:
    """Take chains that all stay at one value of a discrete number as agreeing: R-hat is 0 / 0.

    A continuous one that does not move is a sampler that is stuck, and no result.
    """
    discrete = {name for name, v in draws.values.items() if v.dtype.kind in "biu"}
    ours = {name for name in draws.values if is_density(name)}
    others = draws.values.keys() - ours
    if others <= discrete and all(
        (np.ptp(draws.values[n], axis=(0, 1)) == 0).all() for n in others
    ):
        discrete |= ours  # functions of nothing but these
    size = float(np.prod(next(iter(draws.values.values())).shape[:2]))
    return tuple(
        replace(r, rhat=1.0, ess_bulk=size, ess_tail=size)
        if vector_of(r.quantity) in discrete and r.sd < 1e-12 * (1 + abs(r.mean))
        else r
        for r in results
    )


def without_constant(
    draws: Draws, truth: dict[str, Any], quantities: Iterable[str] = ()
) -> dict[str, Any]:
    """Leave out of what is ranked the log prior, and quantities, that are the same everywhere.

    With discrete variables they may be the same in all draws of one dataset, and are kept.
    """
    if any(v.dtype.kind in "biu" for v in draws.values.values()):
        return truth
    still = {
        name
        for name in (LOG_PRIOR, *quantities)
        if (values := draws.values.get(name)) is not None
        and np.ptp(values) <= 1e-10 * (1 + abs(float(values.flat[0])))
    }
    return {name: value for name, value in truth.items() if name not in still}


def flag_constant_draws(draws: Draws, results: tuple[Result, ...]) -> Draws:
    """Have independent draws that are all the same, of no discrete variable, count as a failure."""
    still = [r.quantity for r in results if r.sd == 0 and not r.mean.is_integer()]
    if draws.independent and still and not draws.failure:
        return replace(draws, failure=f"all draws of {', '.join(still)} are the same")
    return draws


def retry_schedule(budget: Budget) -> list[Budget]:
    """List the budgets of successive attempts: smaller steps, longer warm-up, then more draws."""
    accept = budget.target_accept
    return [
        budget,
        replace(budget, target_accept=max(accept, 0.95), tune=2 * budget.tune),
        replace(
            budget, target_accept=max(accept, 0.99), tune=4 * budget.tune, draws=2 * budget.draws
        ),
    ]


def status(results: tuple[Result, ...], draws: Draws, budget: Budget) -> str:
    """Judge a fit by the diagnostics that its algorithm has."""
    if draws.failure:
        return NONCONVERGED
    if draws.independent:
        return POOR if draws.pareto_k > POOR_K else OK
    chains, length = next(iter(draws.values.values())).shape[:2]
    return judge(results, draws.divergences, replace(budget, chains=chains, draws=length))


def judge(results: tuple[Result, ...], divergences: int, budget: Budget) -> str:
    """Give the status that a fit's worst quantity and its divergences deserve.

    Converged means R-hat ≤ 1.05 and bulk and tail ESS ≥ 160 throughout; with R-hat > 1.01 or an
    ESS < 400 the fit is kept as ``low_ess``. Divergences alone never drop a fit: more than 0.5 %
    of the draws flag it.
    """
    # NumPy's, which give NaN wherever it stands among the numbers.
    worst_rhat = float(np.max([r.rhat for r in results]))
    least_ess = float(np.min([(r.ess_bulk, r.ess_tail) for r in results]))
    if not (worst_rhat <= USED_RHAT and least_ess >= USED_ESS):  # NaN fails too
        return NONCONVERGED
    if divergences > FEW_DIVERGENCES * budget.chains * budget.draws:
        return DIVERGENT
    return OK if worst_rhat <= OK_RHAT and least_ess >= OK_ESS else LOW_ESS
