"""Trees of ArviZ, as files of netCDF: ranks of simuk and others, or draws with their truths."""

from __future__ import annotations

from typing import Any

import numpy as np

from sbc.plugins.errors import UserError
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
    for group, regime in _RANKS.items():
        if group in found.children:
            return _ranks(found[group].to_dataset(), regime, f"{where}, {group}", method, asked)
    if {"posterior", "truth"} <= set(found.children):
        posterior, truth = (found[name].to_dataset() for name in ("posterior", "truth"))
        return _draws(posterior, truth, where, method)
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


def _draws(posterior: Any, truth: Any, where: str, method: str) -> Found:
    dims = [name for name in _DATASETS if name in posterior.dims]
    if not dims:
        raise UserError(f"{where}: the group posterior has no dimension {_DATASETS[0]}")
    lost = set(posterior.data_vars) - set(truth.data_vars)
    if lost:
        raise UserError(f"{where}: the group truth has no '{min(map(str, lost))}'")
    first, draws, truths, places = dims[0], {}, {}, {}
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
    return posteriors(Posteriors(draws, truths, where, places), method)


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
