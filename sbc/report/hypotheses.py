"""What estimands are tested against: null values, and regions of practical equivalence.

References
----------
.. [1] Kruschke (2018). Rejecting or accepting parameter values in Bayesian estimation. Advances in
   Methods and Practices in Psychological Science 1:270. doi:10.1177/2515245918771304
.. [2] Makowski, Ben-Shachar, Chen & Lüdecke (2019). Indices of effect existence and significance in
   the Bayesian framework. Frontiers in Psychology 10:2767. doi:10.3389/fpsyg.2019.02767
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sbc.plugins.errors import UserError, option, unknown
from sbc.report.targets import VECTOR, Subject
from sbc.stats.fits import UNKNOWN, Estimate, Proportion, standard_error
from sbc.stats.vectors import measure, pooled_share, share
from sbc.store.database import Store
from sbc.store.frames import Run
from sbc.store.names import pooled_name, vector_of

#: A null value by its estimand, or one for all.
Nulls = float | Mapping[str, float]
#: Low and high end of a region of practical equivalence, by estimand.
Ropes = Mapping[str, tuple[float, float]]


def parse_nulls(texts: Sequence[str] | None) -> Nulls:
    """Read ``--null X`` or ``--null ESTIMAND=X``, as often as it is given; 0 if it never is.

    Raises
    ------
    UserError
        For what is no number, or one for all beside one for some.
    """
    found: dict[str, float] = {}
    for text in texts or []:
        name, _, value = text.rpartition("=")
        found[name.strip()] = _number("null", value, text, "X or ESTIMAND=X")
    if "" not in found:
        return found or 0.0
    if len(found) > 1:
        raise UserError(f"{option('null')} is one value for all, or one for each that it names")
    return found[""]


def parse_ropes(texts: Sequence[str] | None) -> Ropes:
    """Read ``--rope ESTIMAND=LOW,HIGH``, as often as it is given.

    Raises
    ------
    UserError
        For anything else, or a region that holds nothing.
    """
    found: dict[str, tuple[float, float]] = {}
    for text in texts or []:
        name, _, ends = text.rpartition("=")
        low, _, high = ends.partition(",")
        shape = "ESTIMAND=LOW,HIGH"
        found[name.strip()] = _number("rope", low, text, shape), _number("rope", high, text, shape)
    check_ropes(found)
    return found


def check_ropes(ropes: Ropes) -> None:
    """Refuse a region that has no name, or that holds nothing.

    Raises
    ------
    UserError
        Naming it.
    """
    for name, (low, high) in ropes.items():
        if not name or not low < high:
            raise UserError(
                f"{option('rope')} takes ESTIMAND=LOW,HIGH with LOW below HIGH, not "
                f"'{name}={low:g},{high:g}'"
            )


def _number(name: str, text: str, whole: str, shape: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{option(name)} takes {shape}, not '{whole}'")
    return value


def check_named(kind: str, asked: Nulls | Ropes, subjects: Sequence[Subject]) -> None:
    """Refuse a null value or a region of an estimand that there is not.

    Raises
    ------
    UserError
        Naming those that there are.
    """
    names = {subject.name for subject in subjects if subject.name}
    known = sorted(names | {vector_of(name) for name in names if vector_of(name) != name})
    for name in asked if isinstance(asked, Mapping) else ():
        if name not in known:
            raise unknown("estimand", name, known, f"for {option(kind)}")


def found_for[T](asked: Mapping[str, T], name: str) -> T | None:
    """Find what is asked of an estimand: by its own name, or that of its vector."""
    vector = vector_of(name.removesuffix(pooled_name("")))
    return asked.get(name, asked.get(vector))


def null_of(nulls: Nulls, name: str) -> float:
    """Give the null value of an estimand: 0 where none is named."""
    if not isinstance(nulls, Mapping):
        return nulls
    value = found_for(nulls, name)
    return 0.0 if value is None else value


def tested(
    run: Run, subject: Subject, nulls: Nulls, ropes: Ropes, interval: str
) -> dict[str, float]:
    """Give the columns of a row that are about its null value and its region.

    Parameters
    ----------
    run, subject, ropes, interval
        As for `rope_columns`.
    nulls : float or mapping
        Null values: ``power_95`` is the share of equal-tailed 95 % intervals that leave out `null`.
    """
    null = null_of(nulls, subject.name)
    found = _columns("power_95", measure("power", subject.what, null=null))
    return found | {"null": null} | rope_columns(run, subject, ropes, interval)


def _columns(name: str, share: Proportion | Estimate) -> dict[str, float]:
    names = (name, *(f"{name}_{end}" for end in ("mcse", "low", "high")))
    return dict(zip(names, share, strict=True))


def rope_columns(run: Run, subject: Subject, ropes: Ropes, interval: str) -> dict[str, float]:
    """Give the columns of a row that are about its region of practical equivalence.

    Parameters
    ----------
    run : Run
        Whose draws are counted.
    subject : Subject
        What the row is about.
    ropes : mapping
        The regions; without any there are no columns.
    interval : {"equal", "hdi"}
        Which 95 % intervals: Kruschke's rule takes the shortest ones [1]_.

    Returns
    -------
    dict of str to float
        ``rope_low`` and ``rope_high``; the shares of datasets whose interval lies inside and
        outside; and ``rope_mass``, the mean share of the posterior's draws inside [2]_, NaN where
        no draws were kept. NaN for estimands of which no region is named.
    """
    if not ropes:
        return {}
    rope = found_for(ropes, subject.name)
    inside: Proportion | Estimate = UNKNOWN
    outside: Proportion | Estimate = UNKNOWN
    mass = Estimate(math.nan, math.nan)
    if rope is not None:
        inside, outside = (_decided(subject, rope, interval, way) for way in ("inside", "outside"))
        mass = _mass(run, subject, rope)
    low, high = rope or (math.nan, math.nan)
    found: dict[str, float] = {"rope_low": low, "rope_high": high}
    found |= _columns("rope_inside", inside) | _columns("rope_outside", outside)
    return found | {"rope_mass": mass.value, "rope_mass_mcse": mass.mcse}


def _decided(
    subject: Subject, rope: tuple[float, float], interval: str, way: str
) -> Proportion | Estimate:
    if interval != "hdi":
        return measure(f"rope_{way}", subject.what, rope=rope)
    hits = []
    for frame in subject.frames.values():
        low, high = (frame[f"hdi95_{end}"].to_numpy(float) for end in ("low", "high"))
        if np.isnan(low).any():
            return UNKNOWN
        inside, outside = (rope[0] <= low) & (high <= rope[1]), (high < rope[0]) | (rope[1] < low)
        hits.append(inside if way == "inside" else outside)
    return share(hits, subject.what)


def _mass(run: Run, subject: Subject, rope: tuple[float, float]) -> Estimate:
    """Give the mean share of draws within a region, over datasets, pooled over elements."""
    columns = []
    for name, frame in subject.frames.items():
        key = (subject.estimator, subject.engine, name)
        if frame.empty or not _keeps_draws(run, key):
            return Estimate(math.nan, math.nan)
        draws = run.draws(key, frame["dataset"])
        columns.append(np.mean((rope[0] <= draws) & (draws <= rope[1]), axis=1))
    if subject.kind == VECTOR:
        shares = np.stack(columns, axis=1)
        members = subject.members
        every = np.ones(shares.shape, dtype=bool) if members is None else members
        return Estimate(*pooled_share(shares, every)[:2])
    return Estimate(float(columns[0].mean()), standard_error(columns[0]))


def _keeps_draws(run: Run, key: tuple[str, str, str]) -> bool:
    """Say whether a run has draws of a quantity: imported ranks and estimates come without."""
    query = "SELECT 1 FROM thinned WHERE estimator = ? AND engine = ? AND quantity = ?"
    with Store.open(run.folder) as store:
        return any(store.rows(f"{query} AND length(draws) > 0 LIMIT 1", key))
