"""From the draws of one fit to its rows: moments, quantiles, diagnostics, and the truth's rank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sbc.contracts import Array, Draws
from sbc.crps import crps_from_draws
from sbc.diagnostics import Diagnostics, diagnose
from sbc.ranks import rank, thinning
from sbc.rows import PROBABILITIES, Result


def summarise(draws: Draws, truth: dict[str, Any], jitter: Any) -> tuple[Result, ...]:
    """Reduce the draws of all quantities to their rows, ranked in the same thinned draws.

    Parameters
    ----------
    draws : Draws
        What the engine delivered.
    truth : dict
        The truth of every quantity to rank; draws without a truth are left out.
    jitter : callable
        Quantity's name to the number in (0, 1) that spreads its rank over its bin.

    Raises
    ------
    ValueError
        If a draw is not finite.
    """
    columns = list(_columns(draws, truth))
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
    quantiles = np.quantile(flat, PROBABILITIES, axis=1).T
    # Draws that are independent by their making have no chains to compare.
    nothing = Diagnostics(*np.full((3, len(names)), np.nan))
    checks = nothing if draws.independent else diagnose(stacked)
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
        )
        for i, name in enumerate(names)
    )


def _columns(draws: Draws, truth: dict[str, Any]) -> Iterator[tuple[str, Array, float]]:
    """Yield name, draws and truth of every scalar that is ranked, vectors by their elements."""
    for name, values in draws.values.items():
        if name not in truth:
            continue
        true = np.ravel(truth[name])
        if values.ndim == 2:
            yield name, values, float(true[0])
        else:
            for j in range(values.shape[2]):
                yield f"{name}[{j}]", values[..., j], float(true[j])
