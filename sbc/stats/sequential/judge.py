"""The sequential gate: look after every data set, stop when it is clear, and keep the error rates.

Two kinds of e-process are followed for each stream ``u_1, u_2, …`` of PIT values. One grows when
the stream is not uniform; the gate fails when it is large. Four grow when bias and spread are
within a tolerance δ; the gate passes when all of them have been large once. An e-process that
starts at 1 exceeds 1/α with probability at most α under what it argues against, however often one
looks (Ville's inequality), so that looking costs nothing.

This is so only if the data sets enter in the order of their numbers. Fits that are slow are often
fits that are hard: who judges whatever has arrived judges the easy ones. A fit that failed is NaN:
it keeps its place and adds nothing.

References
----------
.. [1] Arnold, Henzi & Ziegel (2023). Sequentially valid tests for forecast calibration.
   doi:10.1214/22-AOAS1697
.. [2] Waudby-Smith & Ramdas (2024). Estimating means of bounded random variables by betting.
   Journal of the Royal Statistical Society B 86:1.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from sbc.stats.sequential.e_values import betting_fraction, combine_fail, log_e_fail, log_e_pass
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS, NEVER, Array, Outcome


class Preset(NamedTuple):
    """A tolerance and the number of data sets that mostly suffices for it."""

    delta: float
    max_datasets: int


PRESETS = {"smoke": Preset(0.14, 200), "pr": Preset(0.10, 400), "nightly": Preset(0.07, 1000)}


class Departure(NamedTuple):
    """A bias in posterior sds, and the two ratios of reported to true posterior sd."""

    bias: float
    sd_low: float
    sd_high: float


class Crossings(NamedTuple):
    """The data sets, counted from 1, at which a gate failed and passed; ``NEVER`` if it did not."""

    fail: NDArray[np.int64]
    passed: NDArray[np.int64]


class Stream(NamedTuple):
    """One stream at the moment of the verdict.

    ``n`` fits that worked, the log of its e-value against calibration, the running maxima of the
    four processes for calibration (mean of u not low, not high; mean of ``|2u − 1|`` likewise),
    and the data set at which the last of the four got there, if it did.
    """

    n: int
    log_e_fail: float
    log_e_pass: tuple[float, ...]
    passed_at: int | None


class Verdict(NamedTuple):
    """What a gate says, about the data sets up to the one that decided.

    ``at`` is the number of data sets that decided it, ``None`` if inconclusive; ``log_e_fail`` the
    log of the combined evidence against calibration; ``blamed`` the streams that are guilty by
    themselves, allowing for their number (there need not be any when several share the blame);
    ``needed`` about how many more data sets would decide, ``None`` if nothing points anywhere.
    """

    outcome: Outcome
    at: int | None
    log_e_fail: float
    blamed: tuple[str, ...] = ()
    streams: Mapping[str, Stream] = MappingProxyType({})
    needed: int | None = None


def crossings(
    u: ArrayLike,
    delta: float | None,
    alpha_fail: float = ALPHA_FAIL,
    alpha_pass: float = ALPHA_PASS,
) -> Crossings:
    """Find when gates over the same K streams failed and passed, each regardless of the other.

    Parameters
    ----------
    u : array_like of float, shape (..., K, n)
        Streams of as many gates as the leading axes say.
    delta : float or None
        As for :func:`judge`; with None nothing passes.
    alpha_fail, alpha_pass : float
        As for :func:`judge`.

    Returns
    -------
    Crossings
        Two arrays of shape (...), counted from 1, ``NEVER`` where it did not happen.

    Raises
    ------
    ValueError
        When an argument is outside its range.
    """
    fail = _first(combine_fail(log_e_fail(u)) >= _threshold(alpha_fail))
    if delta is None:
        return Crossings(fail, np.full_like(fail, NEVER))
    reached = _first(log_e_pass(u, delta) >= _threshold(alpha_pass))
    return Crossings(fail, reached.max(axis=(-1, -2)))


def _threshold(alpha: float) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate must lie between 0 and 1, not {alpha}")
    return -float(np.log(alpha))


def _leading(array: Array, max_datasets: int | None) -> Array:
    if max_datasets is not None and max_datasets < 1:
        raise ValueError(f"max_datasets must be at least 1, not {max_datasets}")
    return array[..., :max_datasets]


def _first(reached: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first True along the last axis, counted from 1."""
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1, NEVER)


def _outcome(fail: int, passed: int, n: int) -> tuple[Outcome, int | None, int]:
    """Return outcome, deciding data set or None, and how many data sets the verdict is about."""
    if min(fail, passed) == NEVER:
        return "inconclusive", None, n
    return ("fail", fail, fail) if fail <= passed else ("pass", passed, passed)


def judge(
    streams: Mapping[str, ArrayLike],
    delta: float,
    alpha_fail: float = ALPHA_FAIL,
    alpha_pass: float = ALPHA_PASS,
    max_datasets: int | None = None,
) -> Verdict:
    """Judge the streams of one gate together.

    After each data set in turn: **fail** if the mean of the K e-values against calibration is at
    least ``1/alpha_fail``; **pass** if each of the 4K processes for calibration within `delta` has
    reached ``1/alpha_pass`` by now; otherwise go on. Fail goes first.

    Parameters
    ----------
    streams : mapping from name to array_like of float, shape (n,)
        PIT values in the order of the data sets, all from the same data sets, NaN for a failed
        fit. Give the leading data sets only, all of which have finished: a gap may be filled later
        and is no failure.
    delta : float
        Tolerance, in (0, ½).
    alpha_fail : float
        Chance, in (0, 1), that a calibrated estimator ever fails.
    alpha_pass : float
        Chance, in (0, 1), that one with a stream outside the tolerance ever passes.
    max_datasets : int, optional
        Data sets beyond this number are not looked at; at least 1.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        Without streams or data sets, with streams of unequal length, or when an argument is
        outside its range.
    """
    names = list(streams)
    rows = [np.asarray(streams[name], dtype=float) for name in names]
    if not rows or len({row.shape for row in rows}) > 1 or rows[0].ndim != 1:
        raise ValueError("a gate needs streams, one-dimensional and of equal length")
    u = _leading(np.stack(rows), max_datasets)
    against, towards = log_e_fail(u), log_e_pass(u, delta)
    combined = combine_fail(against)
    to_fail, to_pass = _threshold(alpha_fail), _threshold(alpha_pass)
    firsts = _first(towards >= to_pass)
    outcome, at, n = _outcome(int(_first(combined >= to_fail)), int(firsts.max()), u.shape[-1])
    blame = against[:, :n].max(axis=-1) >= to_fail + np.log(len(names))
    needed = None if at else _needed(combined, towards, to_fail, to_pass)
    detail = {
        name: Stream(
            n=int(np.isfinite(u[k, :n]).sum()),
            log_e_fail=float(against[k, n - 1]),
            log_e_pass=tuple(towards[k, :, :n].max(axis=-1).tolist()),
            passed_at=int(firsts[k].max()) if firsts[k].max() <= n else None,
        )
        for k, name in enumerate(names)
    }
    guilty = tuple(name for name, is_guilty in zip(names, blame, strict=True) if is_guilty)
    return Verdict(outcome, at, float(combined[n - 1]), guilty, detail, needed)


def _needed(combined: Array, towards: Array, to_fail: float, to_pass: float) -> int | None:
    """Extrapolate the second half of each process to its threshold."""
    n = combined.size
    half = n // 2

    def left(log_e: Array, threshold: float) -> Array:
        before = log_e[..., half - 1] if half else 0.0
        pace = (log_e[..., -1] - before) / (n - half)
        distance = np.maximum(threshold - log_e[..., -1], 1e-9)
        return np.where(pace > 0, distance / np.maximum(pace, 1e-12), np.inf)

    open_ones = towards.max(axis=-1) < to_pass
    passing = np.max(left(towards, to_pass), initial=0.0, where=open_ones)
    nearest = min(passing, float(left(combined, to_fail)))
    return max(1, int(np.ceil(nearest))) if nearest < 1e6 else None


def tolerated(delta: float) -> Departure:
    """Translate the tolerance of a gate into faults of a posterior.

    An estimate that is off by `b` true posterior sds and reports `c` times the true sd has
    ``E[u] = Φ(−b/√(1 + c²))``, and without bias ``E|2u − 1| = (2/π) arctan(1/c)``.

    Parameters
    ----------
    delta : float
        Tolerance, in (0, ½).

    Returns
    -------
    Departure
        The bias at a correct sd, and the sd ratios without bias, that move a mean by `delta`.

    Raises
    ------
    ValueError
        When `delta` is outside its range.
    """
    betting_fraction(delta)
    low, high = (float(np.tan(np.pi / 2 * (0.5 + sign * delta))) for sign in (-1, 1))
    return Departure(float(-np.sqrt(2) * ndtri(0.5 - delta)), 1 / high, 1 / low)
