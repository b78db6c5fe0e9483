"""What the datasets of a check say, in numbers and in words, beside the verdict on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sbc.gates.history import History
from sbc.stats.sequential import means
from sbc.stats.sequential.coverage import interval
from sbc.stats.sequential.e_values import combine_fail, log_e_fail
from sbc.stats.sequential.means import MeanTest
from sbc.stats.sequential.power import detectable

Array = NDArray[np.float64]

_FEWEST = 10


@dataclass(frozen=True)
class Evidence:
    """Sentences for people and numbers for programs.

    ``found`` says what was seen, ``least`` what the datasets could have shown; ``of`` names the
    quantity that is least calibrated, where ranks of several are judged together.
    """

    found: str
    least: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    of: str = ""


@np.errstate(over="ignore", invalid="ignore")  # as the truths of a damaged store may make it
def calibration(history: History, streams: tuple[str, ...], n: int, alpha: float) -> Evidence:
    """Describe how the first `n` datasets are calibrated.

    Parameters
    ----------
    history : History
        The datasets.
    streams : tuple of str
        Quantities that are judged together; the one that is least calibrated is described.
    n : int
        How many datasets to look at.
    alpha : float
        The level, in (0, 1), at which calibration is excluded.
    """
    u = np.stack([history.get(name, "pit")[:n] for name in streams])
    if np.isfinite(u).sum(axis=-1).min() < 2:
        return Evidence("too few fits to describe", "too few to show anything")
    against = log_e_fail(u)[:, -1]
    worst = int(against.argmax())
    name, fits = streams[worst], int(np.isfinite(u[worst]).sum())
    mean, sd, truth = (history.get(name, x)[:n] for x in ("mean", "sd", "truth"))
    z = ((mean - truth) / sd)[np.isfinite(u[worst])]
    numbers = {"datasets": float(fits), "log_e_against": float(combine_fail(log_e_fail(u))[-1])}
    numbers |= {"bias_sd": float(z.mean()), "error_ratio": float(z.std(ddof=1))}
    of = name if len(streams) > 1 else ""
    found = f"{of}: " if of else ""
    if np.isfinite(z).all():
        found += f"bias {numbers['bias_sd']:+.2f} posterior sds, "
        found += f"errors {numbers['error_ratio']:.2f} times the posterior sds"
    else:  # ranks alone, of results made elsewhere
        mine = u[worst][np.isfinite(u[worst])]
        found += f"mean PIT {mine.mean():.2f}, mean |2 PIT − 1| {np.abs(2 * mine - 1).mean():.2f}"
    known = np.isfinite(truth)
    if name in history.truths and np.ptp(truth[known]) > 0:
        numbers["contraction"] = 1 - float(np.mean(sd[known] ** 2) / truth[known].var(ddof=1))
        found += f", contraction {numbers['contraction']:.2f}"
    if fits < _FEWEST:
        return Evidence(found, "too few to show anything", numbers, of)
    departure = detectable(fits, len(streams), alpha)
    numbers |= {f"least_{key}": value for key, value in departure._asdict().items()}
    return Evidence(found, _least(fits, *departure), numbers, of)


def _least(fits: int, bias: float, low: float, high: float) -> str:
    """Say which faults so many fits would usually detect."""
    parts = [f"a bias of {bias:.2g} posterior sds"] if np.isfinite(bias) else []
    ratios = [f"{low:.2g}"] if low > 0 else []
    ratios += [f"{high:.2g}"] if np.isfinite(high) else []
    parts += [f"posterior sds {' or '.join(ratios)} times the right size"] if ratios else []
    if not parts:
        return f"{fits} fits would usually detect no fault but a gross one"
    return f"smallest faults that {fits} fits would usually detect: {', or '.join(parts)}"


def coverage(hits: Array, name: str, level: float | None, alpha: float) -> Evidence:
    """Describe the coverage of an interval, or another share; `hits` as of `on_coverage`."""
    n = int(np.isfinite(hits).sum())
    if not n:
        return _estimate(name, np.nan, 0.0, 1.0, n, alpha)
    return _estimate(name, float(np.nanmean(hits)), *interval(hits, level, alpha), n, alpha)


def mean(excess: MeanTest, name: str, alpha: float, root: bool = False) -> Evidence:
    """Describe a mean by its estimate and by the values that it excludes.

    Parameters
    ----------
    excess : callable
        As for `sbc.stats.sequential.means.judge_mean`.
    name : str
        What it is the mean of.
    alpha : float
        Level of the values excluded on each side.
    root : bool
        Whether the mean is that of squares and its root is meant.
    """
    n = int(np.isfinite(excess(0.0)).sum())
    value, (low, high) = means.estimate(excess), means.interval(excess, alpha)
    if root:
        value, low, high = (float(np.sqrt(max(x, 0))) for x in (value, low, high))
    return _estimate(name, value, low, high, n, alpha)


def _estimate(name: str, value: float, low: float, high: float, n: int, alpha: float) -> Evidence:
    numbers = {"datasets": float(n), "estimate": value, "low": low, "high": high, "level": alpha}
    if not np.isfinite(value):
        return Evidence("too few fits to describe", "too few to show anything", numbers)
    if not np.isfinite([low, high]).all():
        return Evidence(f"{name} {value:.3g}", "too few to show anything", numbers)
    excluded = f"{n} fits exclude values outside [{low:.3g}, {high:.3g}]"
    return Evidence(f"{name} {value:.3g}", excluded, numbers)
