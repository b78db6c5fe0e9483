"""Whether a generator and a model state the same thing: ranks without a fit, judged and named.

Streams of one variable share its part of the error rate, and variables share that of the call: a
variable is at fault where its e-process reaches their number over ``alpha``. The chance that one is
named by mistake is then at most ``alpha``, however many datasets are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.special import ndtri

from sbc.stats.exchangeable import DENSITY, LOCATION, SPREAD
from sbc.stats.sequential.e_values import log_e_fail, log_e_smooth
from sbc.store.nulls import plain

Array = np.ndarray
#: (prior or likelihood, variable, statistic) to PITs in the order of the datasets.
Pits = Mapping[tuple[str, str, str], Array]
PRIOR, LIKELIHOOD, TRUTH = "prior", "likelihood", "truth"
#: The share of datasets that has to be compared before no difference is called so.
COMPLETE = 0.9
_WHOSE = {PRIOR: "prior", LIKELIHOOD: "likelihood at the truth"}
#: Datasets in which a value has to have the density 0: that of many rows may be 0 by rounding.
_OFTEN = {PRIOR: 1, LIKELIHOOD: 3}
#: The part of a gate's chance to fail by mistake that this check takes.
SHARE = 0.1


@dataclass(frozen=True)
class Found:
    """What the ranks of one variable say.

    Attributes
    ----------
    kind : str
        ``prior``, ``likelihood``, or ``truth`` for a parameter that the model computes from others.
    variable : str
        By name.
    n : int
        Datasets in which it was ranked.
    statistic : str
        Which of its ranks speaks loudest.
    pit_mean, pit_mean_mcse : float
        Of that rank's PIT, in [0, 1]; ½ is expected.
    log_e : float
        The largest log e-value that the variable reached, in nats.
    at : int or None
        After how many datasets it was at fault.
    words : str
        What is wrong, or how things look, as the end of a sentence.
    """

    kind: str
    variable: str
    n: int
    statistic: str
    pit_mean: float
    pit_mean_mcse: float
    log_e: float
    at: int | None
    words: str

    @property
    def what(self) -> str:
        """Name it as a statistician does: ``prior of tau``."""
        return f"{self.kind} of {self.variable}"


@dataclass(frozen=True)
class Forward:
    """What was compared of one estimator and the generator.

    Attributes
    ----------
    estimator : str
        As the run names it.
    judged : bool
        Whether uniform ranks are expected; what is not judged is shown and fails nothing.
    alpha : float
        The chance that something is found by mistake.
    datasets : int
        That were looked at.
    found : tuple of Found
        In the order of the model: parameters, then data.
    skipped : dict of str to str
        What could not be compared, and why.
    only_in_truth, only_in_model : tuple of str
        Parameters that one of the two does not name.
    failed : dict of str to int
        Reasons for which datasets could not be compared, and how often.
    """

    estimator: str
    judged: bool
    alpha: float
    datasets: int
    found: tuple[Found, ...]
    skipped: dict[str, str] = field(default_factory=dict)
    only_in_truth: tuple[str, ...] = ()
    only_in_model: tuple[str, ...] = ()
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        """Whether so many datasets are left out that nothing can be said of the others."""
        counts = [one.n for one in self.found]
        return min(counts, default=0) < COMPLETE * self.datasets

    @property
    def faults(self) -> list[Found]:
        """What differs, where a difference is a fault."""
        return [one for one in self.found if self.judged and one.at is not None]

    def to_json(self) -> dict[str, Any]:
        """Write as plain JSON values."""
        values = asdict(self)
        values["found"] = [
            {name: plain(value) for name, value in asdict(one).items()} for one in self.found
        ]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Forward:
        """Read what `to_json` wrote.

        Raises
        ------
        TypeError
            If an entry is missing or unknown.
        """
        found = tuple(
            Found(**{**one, **{k: np.nan for k in _NUMBERS if one.get(k) is None}})
            for one in values["found"]
        )
        names = {k: tuple(values[k]) for k in ("only_in_truth", "only_in_model")}
        return cls(**{**values, "found": found, **names})


_NUMBERS = ("pit_mean", "pit_mean_mcse", "log_e")


def judge_forward(
    pits: Pits,
    differing: Mapping[str, int],
    datasets: int,
    alpha: float,
    impossible: Mapping[tuple[str, str], int] | None = None,
) -> tuple[Found, ...]:
    """Judge streams of PITs.

    Parameters
    ----------
    pits : mapping
        Streams of the same length, NaN where a dataset has none.
    differing : mapping of str to int
        Parameters that the model computes from the truth to other values than the truth's, and in
        how many datasets.
    datasets : int
        That were looked at.
    alpha : float
        The chance that a variable is named by mistake, of all together.
    impossible : mapping of (kind, variable) to int, optional
        What the model gives no chance, and in how many datasets.
    """
    streams: dict[tuple[str, str], dict[str, Array]] = {}
    for (kind, variable, statistic), u in pits.items():
        streams.setdefault((kind, variable), {})[statistic] = u
    threshold = np.log(max(len(streams), 1) / alpha)
    found = [_found(kind, name, of, threshold) for (kind, name), of in streams.items()]
    # Held at a wrong value, such a parameter makes what is drawn given it wrong as well.
    surely = {what: n for what, n in (impossible or {}).items() if n >= _OFTEN[what[0]]}
    found = [one for one in found if (one.kind, one.variable) not in surely]
    return (
        *(_computed(name, n, datasets) for name, n in differing.items()),
        *(_impossible(*what, n, datasets) for what, n in surely.items()),
        *found,
    )


def evidence(u: Array) -> Array:
    """Give the log e-process of streams against uniform ranks: any shape, shape (..., n)."""
    return np.logaddexp(log_e_fail(u), log_e_smooth(u)) - np.log(2)


def _found(kind: str, variable: str, of: dict[str, Array], threshold: float) -> Found:
    names = list(of)
    log_e = evidence(np.stack([of[name] for name in names]))
    whole = [i for i, name in enumerate(names) if not name.startswith("[")]
    elements = [i for i, name in enumerate(names) if name.startswith("[")]
    parts = [_mean(log_e[group]) for group in (whole, elements) if group]
    combined = _mean(np.stack(parts))
    at = int(np.argmax(combined >= threshold)) + 1 if (combined >= threshold).any() else None
    loudest = _loudest(dict(zip(names, log_e.max(axis=1), strict=True)), threshold)
    u = of[loudest][~np.isnan(of[loudest])]
    # Of datasets with one row another number is ranked than of those with several.
    n = int((~np.isnan(np.stack(list(of.values())))).any(axis=0).sum())
    mcse = float(u.std(ddof=1) / np.sqrt(len(u))) if len(u) > 1 else np.nan
    words = _words(kind, variable, loudest, u) if at else f"agrees in {n} datasets"
    mean = float(u.mean()) if len(u) else np.nan
    return Found(kind, variable, n, loudest, mean, mcse, float(combined.max()), at, words)


def _loudest(log_e: dict[str, float], threshold: float) -> str:
    """Choose the rank whose words say most: of location or spread rather than of a density."""
    plain = {name: e for name, e in log_e.items() if name != DENSITY and e >= threshold}
    plain = {name: e for name, e in plain.items() if not name.startswith("[")} or plain
    found = plain or log_e
    return max(found, key=lambda name: found[name])


def _mean(log_e: Array) -> Array:
    return np.logaddexp.reduce(log_e, axis=0) - np.log(len(log_e))


def _impossible(kind: str, name: str, n: int, datasets: int) -> Found:
    words = (
        f"the generator's values of {name} are impossible under the model's "
        f"{_WHOSE[kind]} in {n} of {datasets} datasets"
    )
    return Found(kind, name, datasets, "value", np.nan, np.nan, np.inf, 1, words)


def _computed(name: str, n: int, datasets: int) -> Found:
    words = (
        f"the model computes '{name}' from the generator's truth to another value than the "
        f"generator has, in {n} of {datasets} datasets"
    )
    return Found(TRUTH, name, datasets, "value", np.nan, np.nan, np.inf, 1, words)


def _words(kind: str, variable: str, statistic: str, u: Array) -> str:
    """Say which way a variable's values depart from the model's draws."""
    whose = _WHOSE[kind]
    if statistic == DENSITY:
        less = "less" if u.mean() < 0.5 else "more"
        return (
            f"the generator's {variable} is {less} likely under the model's {whose} than the "
            "model's own draws are"
        )
    if statistic.startswith("["):
        variable += statistic
    values = f"the generator's values of {variable}"
    departure = _departure(u)
    if statistic == SPREAD:
        departure = {"low": "narrow", "high": "wide"}.get(departure, "shape")
    elif statistic == LOCATION and departure in ("narrow", "wide"):
        more = "more" if departure == "wide" else "less"
        return f"{values} move up and down together {more} than the model's {whose} says"
    said = {
        "low": f"lie too low in the model's {whose}",
        "high": f"lie too high in the model's {whose}",
        "wide": f"are spread more widely than the model's {whose} says",
        "narrow": f"are spread less widely than the model's {whose} says",
        "shape": f"have another distribution than the model's {whose} says",
    }
    return f"{values} {said[departure]}"


def _departure(u: Array) -> str:
    """Name the plainest departure from uniform: of location, of width, or of shape."""
    q = ndtri(u)
    n = len(q)
    location = q.mean() * np.sqrt(n)
    scale = (q.var() - 1) * np.sqrt(n / 2)
    if max(abs(location), abs(scale)) < 4:
        return "shape"
    if abs(location) >= abs(scale):
        return "low" if location < 0 else "high"
    return "wide" if scale > 0 else "narrow"
