"""Trees of ArviZ, as files of netCDF: ranks of simuk and others, or draws with their truths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sbc.plugins.errors import UserError, option
from sbc.studies.importing.asked import Asked
from sbc.studies.importing.draws import Posteriors, posteriors
from sbc.studies.importing.pieces import Found
from sbc.studies.importing.ranks import rank_arrays

#: Groups of ranks, as ArviZ's SBC plots take them, and the regime that they are of.
_RANKS = {"prior_sbc": "prior", "posterior_sbc": "posterior"}
#: What a dimension of datasets is called in a group of draws.
_DATASETS = ("dataset", "sim_id", "sim", "simulation", "rep")


def tree(found: Any, where: str, method: str, asked: Asked) -> Found:
    """Take what a tree holds.

    Parameters
    ----------
    found : xarray.DataTree
        With the group ``prior_sbc`` or ``posterior_sbc``, ranks with dimensions (chain, draw, …),
        of which chain and draw count the datasets; or with the groups ``posterior``, dimensions
        (dataset, chain, draw, …), and ``truth``, dimensions (dataset, …).
    where, method, asked
        As for `sbc.studies.importing.ranks.rank_arrays`.

    Raises
    ------
    UserError
        If it holds neither, or not as it should.
    """
    ranked = {group: regime for group, regime in _RANKS.items() if group in found.children}
    if len(ranked) > 1:
        ranked = {group: regime for group, regime in ranked.items() if regime == asked.truth}
        if not ranked:
            raise UserError(
                f"{where} has the groups {' and '.join(_RANKS)}: say which with "
                f"{option('truth', 'prior')} or {option('truth', 'posterior')}"
            )
    for group, regime in ranked.items():
        return _ranks(found[group].to_dataset(), regime, f"{where}, {group}", method, asked)
    if {"posterior", "truth"} <= set(found.children):
        posterior, truth = (found[name].to_dataset() for name in ("posterior", "truth"))
        taken = _draws(posterior, truth, where, method, asked)
        rest = ", ".join(name for name in found.children if name not in ("posterior", "truth"))
        notes = (*taken.notes, *([f"Groups that were not used: {rest}."] if rest else []))
        return replace(taken, notes=notes)
    there = ", ".join(found.children) or "none"
    raise UserError(
        f"{where} holds neither ranks (group prior_sbc or posterior_sbc) nor draws with truths "
        f"(groups posterior and truth); its groups: {there}"
    )


def _ranks(group: Any, regime: str, where: str, method: str, asked: Asked) -> Found:
    arrays, places = {}, {}
    for name, values in group.data_vars.items():
        if tuple(values.dims[:2]) != ("chain", "draw"):
            raise UserError(f"{where}: '{name}' has no dimensions chain and draw")
        arrays[str(name)] = values.to_numpy().reshape(-1, *values.shape[2:])
        places[str(name)] = _places(values, values.dims[2:])
    if not arrays:
        raise UserError(f"{where} is empty")
    found = rank_arrays(arrays, where, method, asked, places)
    return Found(found.pieces, (), regime, found.notes)


def _draws(posterior: Any, truth: Any, where: str, method: str, asked: Asked) -> Found:
    dims = [name for name in _DATASETS if name in posterior.dims]
    if not dims:
        raise UserError(f"{where}: the group posterior has no dimension {_DATASETS[0]}")
    lost = set(posterior.data_vars) - set(truth.data_vars)
    if lost:
        raise UserError(f"{where}: the group truth has no '{min(map(str, lost))}'")
    first, draws, truths, places = dims[0], {}, {}, {}
    truth = _in_order(truth, posterior, first, where)
    for name, values in posterior.data_vars.items():
        lead = [first, *(d for d in ("chain", "draw") if d in values.dims)]
        rest = [d for d in values.dims if d not in lead]
        if first not in values.dims or "draw" not in lead or first not in truth[name].dims:
            raise UserError(
                f"{where}: '{name}' needs dimensions {first} and draw, and its truth too"
            )
        draws[str(name)] = values.transpose(*lead, *rest).to_numpy()
        truths[str(name)] = truth[name].transpose(first, *rest, missing_dims="ignore").to_numpy()
        places[str(name)] = tuple(_places(values, rest))
    ids = posterior[first].to_numpy().tolist() if first in posterior.coords else []
    return posteriors(Posteriors(draws, truths, where, places), method, asked, ids)


def _in_order(truth: Any, posterior: Any, first: str, where: str) -> Any:
    """Give the truths in the order of the draws, where both name their datasets.

    Raises
    ------
    UserError
        If a name is there twice, or a dataset with draws has no truth.
    """
    if first not in truth.coords or first not in posterior.coords:
        return truth
    theirs, wanted = (group[first].to_index() for group in (truth, posterior))
    if theirs.has_duplicates or wanted.has_duplicates:
        raise UserError(f"{where}: two datasets have the same name along {first}")
    if lost := [name for name in wanted if name not in theirs]:
        raise UserError(f"{where}: the group truth has no dataset {lost[0]}")
    return truth.sel({first: wanted})


def _places(values: Any, dims: Any) -> list[str]:
    """Name a vector's elements by their coordinates, or by their numbers."""
    if not dims:
        return []
    axes = [
        [str(label) for label in values[dim].to_numpy()]
        if dim in values.coords
        else list(map(str, range(values.sizes[dim])))
        for dim in dims
    ]
    return [
        ", ".join(axis[i] for axis, i in zip(axes, place, strict=True))
        for place in np.ndindex(*map(len, axes))
    ]
