"""Models from which no truth or no data can be drawn: refused before any fit, with a way out.

With an own generator a model is fitted as it is written, whatever it holds.
"""

from __future__ import annotations

from typing import Any

import pymc as pm
from pymc.distributions.custom import CustomDistRV
from pymc.distributions.simulator import SimulatorRV
from pymc.pytensorf import compile
from pymc.variational.minibatch_rv import MinibatchRandomVariable
from pytensor.graph.traversal import ancestors
from pytensor.tensor.random.op import RandomVariable
from pytensor.tensor.random.type import RandomType

from sbc.plugins import outcomes
from sbc.plugins.errors import UserError, option
from sbc.plugins.modes import CHEAP

_OWN = f"bring an own {option('generator')}, which draws truth and data"
_IMPROPER = ("FlatRV", "HalfFlatRV")


def refuse(name: str, model: pm.Model, from_prior: bool, own_data: bool = True) -> None:
    """Refuse a model that cannot supply its own truth and data.

    Parameters
    ----------
    name : str
        The estimator's.
    model : pymc.Model
        As its author states it.
    from_prior : bool
        Whether truths are drawn from its prior, and not from a posterior.
    own_data : bool
        Whether it is to supply the data too, and no simulator does.

    Raises
    ------
    UserError
        Naming the variable, the reason and the way out.
    """
    for rv in model.observed_RVs:
        _refuse_observed(name, model, rv, own_data)
    for term, outcome in outcomes.potentials(model):
        raise UserError(
            f"the Potential '{term}' of '{name}' depends on the outcome '{outcome}': such a "
            f"likelihood can be evaluated but not drawn from; state it by observed=..., or {_OWN}"
        )
    for rv, outcome in outcomes.priors(model):
        raise UserError(
            f"the prior of '{rv}' of '{name}' depends on the outcome '{outcome}': a truth drawn "
            "from it would follow data that are not drawn yet; write the numbers into the prior, "
            f"or {_OWN}"
        )
    for rv in model.free_RVs:
        kind = type(rv.owner.op).__name__
        if kind == "DiracDeltaRV" and rv.dtype.startswith("float"):
            raise UserError(
                f"'{rv.name}' of '{name}' is a pm.DiracDelta, which no gradient can "
                "sample: it has one value; write that number, or pm.Deterministic"
            )
        if from_prior and kind in _IMPROPER:
            raise UserError(
                f"the prior of '{rv.name}' of '{name}' is pm.{kind.removesuffix('RV')}, from which "
                "no truth can be drawn; give it a proper prior, take "
                f"{option('truth', 'posterior')}, or {_OWN}"
            )


def _refuse_observed(name: str, model: pm.Model, rv: Any, own_data: bool) -> None:
    value = model.rvs_to_values[rv]
    if any(isinstance(v.type, RandomType) for v in ancestors([value])):
        raise UserError(
            f"'{rv.name}' of '{name}' observes a pm.Minibatch, other rows at each step: its "
            "density is random; observe all rows"
        )
    if isinstance(rv.owner.op, MinibatchRandomVariable):
        raise UserError(
            f"'{rv.name}' of '{name}' has a total_size: its density stands for rows that are not "
            "there and cannot be simulated; leave total_size out"
        )
    if isinstance(rv.owner.op, SimulatorRV):
        raise UserError(
            f"'{rv.name}' of '{name}' is a pm.Simulator: its likelihood is random and approximate, "
            "so that sbc's engines cannot fit it; state a likelihood, or bring your own sampler's "
            "draws"
        )
    if own_data and undrawable([rv]):
        raise UserError(
            f"'{rv.name}' of '{name}' is a {_kind(rv)} that cannot be drawn from: give it "
            f"random=... or dist=..., simulate it with {option('simulator')}, or {_OWN}"
        )


def _kind(rv: Any) -> str:
    return "pm.CustomDist" if isinstance(rv.owner.op, CustomDistRV) else type(rv.owner.op).__name__


def is_improper(rv: Any) -> bool:
    """Say whether a variable has a density that integrates to nothing finite."""
    return type(rv.owner.op).__name__ in _IMPROPER


def undrawable(rvs: list[Any]) -> list[Any]:
    """List the variables of a kind that PyMC cannot draw."""
    suspects = [rv for rv in rvs if _suspect(rv)]
    return [rv for rv in suspects if not _draws(rv, suspects)]


def _suspect(rv: Any) -> bool:
    """Say whether a variable's draws are made by code that may be missing: not PyTensor's own."""
    op = rv.owner.op
    return isinstance(op, RandomVariable) and not type(op).__module__.startswith("pytensor.")


def _draws(rv: Any, suspects: list[Any]) -> bool:
    if any(other is not rv and other in suspects for other in ancestors([rv])):
        suspects = [other for other in suspects if other is not rv]
        if any(not _draws(o, []) for o in ancestors([rv]) if o in suspects):
            return True  # that one is at fault
    try:
        compile([], rv, mode=CHEAP)()
    except NotImplementedError:
        return False
    except Exception:
        return True
    return True
