"""Read the shape of ranks aloud: what is wrong, by how much, and how sure of it we are.

u is the share of draws below the truth: where it piles up at the right, estimates are too low.
"""

from __future__ import annotations

import math

import numpy as np

from sbc.stats import metrics
from sbc.stats.fits import Estimate, Fits
from sbc.stats.uniformity import Uniformity

_Z95 = 1.96


def sentence(
    fits: Fits, test: Uniformity, adjusted: float, tests: int = 1, subject: str = "estimates"
) -> str:
    """Say how ranks are not uniform.

    Parameters
    ----------
    fits : Fits
        The datasets.
    test : Uniformity
        What `sbc.stats.uniformity.uniformity_test` found in their `u`.
    adjusted : float
        Its p-value, adjusted for all that are looked at together.
    tests : int
        How many those are, at least 1.
    subject : str
        What the posterior is about, in the plural.

    Returns
    -------
    str
        Empty unless ``adjusted < 0.05``: where nothing was found there is nothing to say.
    """
    if not adjusted < 0.05:
        return ""
    parts = {"location": _location, "scale": _scale, "other": _other}
    found = [parts[test.shape](fits, subject)]
    # The other of the two usual faults, if it would have spoken by itself.
    if test.shape == "location" and 3 * tests * test.p_scale < 0.05:
        found.append(_beside_location(fits))
    if test.shape == "scale" and 3 * tests * test.p_location < 0.05:
        found.append(_beside_scale(fits, subject))
    return " ".join(text for text in found if text)


def interval(value: float, low: float, high: float) -> str:
    """Write a number and its interval with the decimals that the interval's width carries."""
    half = (high - low) / 2 / _Z95
    decimals = min(6, max(0, -math.floor(math.log10(half)))) if half > 0 else 2
    return f"{value:.{decimals}f} ({low:.{decimals}f}–{high:.{decimals}f})"


def _size(estimate: Estimate) -> str:
    """Write the absolute value of an estimate that is surely not 0."""
    value, half = abs(estimate.value), _Z95 * estimate.mcse
    return interval(value, max(0.0, value - half), value + half)


def _clear(estimate: Estimate, centre: float = 0.0) -> bool:
    return abs(estimate.value - centre) > _Z95 * estimate.mcse


def _location(fits: Fits, subject: str) -> str:
    low = float(fits.pit.mean()) > 0.5
    where, how = ("right", "low") if low else ("left", "high")
    z = metrics.bias_sd(fits)
    if _clear(z) and (z.value < 0) == low:
        return (
            f"{subject.capitalize()} are too {how} by {_size(z)} posterior sds; the ranks pile up "
            f"at the {where}."
        )
    # A few wild fits can hide in the mean of z what most ranks show.
    share = _share(fits.pit > 0.5 if low else fits.pit < 0.5)
    side = "above" if low else "below"
    return (
        f"{subject.capitalize()} are too {how}: {share} % of truths lie {side} the posterior "
        f"median instead of 50 %. The ranks pile up at the {where}."
    )


def _share(hits: np.ndarray) -> str:
    low, high = metrics.wilson(int(hits.sum()), hits.size)
    return interval(100 * float(hits.mean()), 100 * float(low), 100 * float(high))


def _ratio(fits: Fits) -> tuple[str, Estimate]:
    """Write what the sd that posteriors report is of the one that they should."""
    z = metrics.z_sd(fits)
    half = _Z95 * z.mcse / z.value
    ratio = 1 / z.value
    told = interval(ratio, ratio * math.exp(-half), ratio * math.exp(half))
    return f"its sd is about {told} times what it should be", z


def _scale(fits: Fits, _: str) -> str:
    w = float(np.abs(2 * fits.pit - 1).mean())
    narrow = w > 0.5
    told, z = _ratio(fits)
    shape = "are U-shaped" if narrow else "pile up in the middle"
    how = "narrow" if narrow else "wide"
    if _clear(z, 1.0) and (z.value > 1) == narrow:
        return f"The posterior is too {how}: {told}. The ranks {shape}."
    share = _share(np.abs(2 * fits.pit - 1) <= 0.5)
    told = f"its 50 % interval holds {share} % of truths"
    return f"The posterior is too {how}: {told}. The ranks {shape}."


def _beside_location(fits: Fits) -> str:
    told, z = _ratio(fits)
    if not _clear(z, 1.0):
        return ""
    how = "narrow" if z.value > 1 else "wide"
    return f"The posterior is also too {how}: {told}."


def _beside_scale(fits: Fits, subject: str) -> str:
    z = metrics.bias_sd(fits)
    if not _clear(z):
        return ""
    how = "high" if z.value > 0 else "low"
    return f"{subject.capitalize()} are also too {how} by {_size(z)} posterior sds."


def _other(fits: Fits, _: str) -> str:
    at = np.arange(1, 100) / 100
    below = np.searchsorted(np.sort(fits.pit), at, side="right") / fits.pit.size
    worst = int(np.argmax(np.abs(below - at) / np.sqrt(at * (1 - at))))
    share = _share(fits.pit <= at[worst])
    return (
        "The ranks are not uniform, and neither a bias nor a wrong width describes them best: "
        f"{share} % of them lie below {at[worst]:.2f} instead of {100 * at[worst]:.0f} %."
    )
