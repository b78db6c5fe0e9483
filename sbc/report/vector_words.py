"""Say how the ranks of a vector are not uniform: all of its elements, or which of them."""

from __future__ import annotations

import math

from sbc.report.words import interval, sentence
from sbc.stats import metrics
from sbc.stats.uniformity import holm
from sbc.stats.vector_ranks import PooledUniformity
from sbc.stats.vectors import Elements, measure

_NAMED = 5


def vector_sentence(
    elements: Elements, test: PooledUniformity, adjusted: float, subject: str = "estimates"
) -> str:
    """Say how the ranks of a vector are not uniform.

    Parameters
    ----------
    elements : Elements
        The vector.
    test : PooledUniformity
        What `sbc.stats.vector_ranks.pooled_uniformity` found in it.
    adjusted : float
        Its p-value, adjusted for all that are looked at together.
    subject : str
        What the posterior is about, in the plural.

    Returns
    -------
    str
        Empty unless ``adjusted < 0.05``.
    """
    if not adjusted < 0.05:
        return ""
    found = [_location(elements, subject)] if 4 * test.p_location < 0.05 else []
    found += [_scale(elements, subject)] if 4 * test.p_scale < 0.05 else []
    return " ".join([*found, *_guilty(elements, test, subject, alone=not found)])


def _location(elements: Elements, subject: str) -> str:
    z = measure("bias_sd", elements)
    if math.isnan(z.value):  # ranks alone, of results made elsewhere
        pit = measure("pit_mean", elements).value
        how = "low" if pit > 0.5 else "high"
        return (
            f"On average over the elements {subject} are too {how}: the mean PIT is {pit:.2f} "
            "instead of 0.50."
        )
    low, high = sorted(abs(z.value + sign * 1.96 * z.mcse) for sign in (-1, 1))
    how = "high" if z.value > 0 else "low"
    size = interval(abs(z.value), low, high)
    return f"On average over the elements {subject} are too {how} by {size} posterior sds."


def _scale(elements: Elements, _: str) -> str:
    narrow = measure("pit_spread", elements).value > 0.5
    share = metrics.Proportion(*measure("coverage", elements, level=0.5))
    told = interval(100 * share.value, 100 * share.low, 100 * share.high)
    how = "narrow" if narrow else "wide"
    return (
        f"Over all elements the posterior is too {how}; its 50 % intervals hold {told} % of truths."
    )


def _guilty(elements: Elements, test: PooledUniformity, subject: str, alone: bool) -> list[str]:
    """Name the elements that are wrong by themselves, allowing for their number."""
    p = holm([one.p for one in test.elements])
    guilty = sorted((float(p[j]), j) for j in range(len(p)) if p[j] < 0.05)
    if not guilty:
        return []
    names = ", ".join(elements.names[j] for _, j in guilty[:_NAMED])
    more = " and others" if len(guilty) > _NAMED else ""
    start = (
        f"The ranks of {len(guilty)} of {len(p)} elements are not uniform by themselves: {names}"
        f"{more}."
    )
    if not alone:
        return [start]
    worst = guilty[0][1]
    words = sentence(elements.fits[worst], test.elements[worst], guilty[0][0], len(p), subject)
    return [start, f"{elements.names[worst]}: {words}" if words else ""]
