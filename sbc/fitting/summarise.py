"""From the draws of one fit to its rows: moments, quantiles, diagnostics, and the truth's rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from sbc.plugins.data import Array
from sbc.plugins.engine import Draws
from sbc.stats.crps import crps_from_draws
from sbc.stats.diagnostics import Diagnostics, diagnose
from sbc.stats.intervals import hdi
from sbc.stats.ordered import Ordered
from sbc.stats.ranks import rank, thinning
from sbc.store.names import element
from sbc.store.rows import LEVELS, PROBABILITIES, Result


def summarise(
    draws: Draws,
    truth: dict[str, Any],
    jitter: Any,
    elements: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    constant: Sequence[str] = (),
) -> tuple[Result, ...]:
    """Reduce the draws of all quantities to their rows, ranked in the same thinned draws.

    Parameters
    ----------
    draws : Draws
        What the engine delivered.
    truth : dict
        The truth of every quantity to rank; draws without a truth are left out.
    jitter : callable
        Quantity's name to the number in (0, 1) that spreads its rank over its bin.
    elements : mapping of str to tuple of str
        Variable to what stands in the brackets of its elements; their numbers if nothing is said.
    constant : sequence of str
        Elements that are left out: they never vary.

    Raises
    ------
    ValueError
        If a draw is not finite.
    """
    columns = [c for c in _columns(draws, truth, elements) if c[0] not in constant]
    names = [name for name, _, _ in columns]
    stacked = np.stack([values for _, values, _ in columns])
    truths = np.array([value for _, _, value in columns])
    finite = np.isfinite(stacked).all(axis=(1, 2))
    if not finite.all():
        bad = ", ".join(name for name, fine in zip(names, finite, strict=True) if not fine)
        raise ValueError(f"the sampler returned draws that are not finite: {bad}")
    kept = thinning(*stacked.shape[1:])
    thinned = np.concatenate([stacked[:, c, index] for c, index in enumerate(kept)], axis=1)
    below, equal = (np.asarray(counts) for counts in rank(thinned, truths))
    flat = stacked.reshape(len(stacked), -1)
    ordered = Ordered.of(flat)
    quantiles = ordered.quantiles(PROBABILITIES)
    shortest = hdi(ordered, LEVELS).reshape(len(flat), -1)
    # Draws that are independent by their making have no chains to compare.
    nothing = Diagnostics(*np.full((3, len(names)), np.nan))
    checks = nothing if draws.independent else diagnose(stacked, ordered)
    mean, sd = flat.mean(axis=1), flat.std(axis=1, ddof=1)
    crps = crps_from_draws(thinned, truths)
    return tuple(
        Result(
            quantity=name,
            truth=float(truths[i]),
            mean=float(mean[i]),
            sd=float(sd[i]),
            quantiles=tuple(quantiles[i].tolist()),
            crps=float(crps[i]),
            ess_bulk=float(checks.ess_bulk[i]),
            ess_tail=float(checks.ess_tail[i]),
            rhat=float(checks.rhat[i]),
            rank=int(below[i]),
            ties=int(equal[i]),
            size=thinned.shape[1],
            jitter=jitter(name),
            draws=np.ascontiguousarray(thinned[i], dtype="<f8").tobytes(),
            shortest=tuple(shortest[i].tolist()),
        )
        for i, name in enumerate(names)
    )


def _columns(
    draws: Draws, truth: dict[str, Any], elements: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Array, float]]:
    """Yield name, draws and truth of every scalar that is ranked, vectors by their elements."""
    for name, values in draws.values.items():
        if name not in truth:
            continue
        true = np.ravel(truth[name])
        places = elements.get(name, ())
        if values.ndim == 2 and not places:
            yield name, values, float(true[0])
            continue
        columns = values.reshape(*values.shape[:2], -1)
        if len(places) != columns.shape[2]:
            places = tuple(map(str, range(columns.shape[2])))
        for j, place in enumerate(places):
            yield element(name, place), columns[..., j], float(true[j])
