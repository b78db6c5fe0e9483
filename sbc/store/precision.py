"""The Monte Carlo errors that a run goes on to reach, and what became of that.

Looks are taken at numbers of datasets that follow from the number before alone, so that neither
workers nor interruptions decide when a run stops.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sbc.plugins.errors import UserError, option, unknown
from sbc.store.regime import TruthRegime
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard

#: Metrics whose error can be asked for, beside ``coverage_NN``.
METRICS = (
    *("bias", "median_bias", "bias_sd", "relative_bias", "empirical_se", "model_se", "rmse", "mse"),
    *("z_sd", "power", "contraction", "crps"),
)
#: Datasets at which a run ends, whatever its errors.
MOST = 1000
_COVERAGE = re.compile(r"coverage_([1-9]\d?(?:\.\d+)?)")
_STEP = 25


@dataclass(frozen=True)
class Precision:
    """What was asked.

    Attributes
    ----------
    errors : dict of str to float
        The largest Monte Carlo error that will do, by metric, in its unit; positive.
    max_datasets : int
        Datasets after which the run ends all the same.
    stopped : str
        Why it ended: ``""`` while it goes on, ``"reached"`` or ``"maximum"``.
    open : tuple of str
        What had not been reached then, in words.
    """

    errors: dict[str, float]
    max_datasets: int = MOST
    stopped: str = ""
    open: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Write as plain JSON values."""
        return {
            "errors": self.errors,
            "max_datasets": self.max_datasets,
            "stopped": self.stopped,
            "open": list(self.open),
        }

    @classmethod
    def from_json(cls, values: Any) -> Precision:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError, LookupError, TypeError
            If it is something else.
        """
        try:
            errors = check_errors(dict(values["errors"]))
        except UserError as problem:
            raise ValueError(str(problem)) from problem
        most, stopped, left = values["max_datasets"], values["stopped"], values["open"]
        if type(most) is not int or most < 1 or stopped not in ("", "reached", "maximum"):
            raise ValueError("not the precision of a run")
        if not isinstance(left, list) or not all(isinstance(part, str) for part in left):
            raise ValueError("not the precision of a run")
        return cls(errors, most, stopped, tuple(left))

    def line(self, datasets: int) -> str:
        """Say what decided on the number of datasets."""
        asked = ", ".join(f"{name} {error:g}" for name, error in self.errors.items())
        told = f"Monte Carlo errors asked for: {asked}, at most {self.max_datasets} datasets"
        if self.stopped == "reached":
            return f"{told}. The run stopped at {datasets} datasets, where all were reached."
        if self.stopped == "maximum":
            left = "; ".join(self.open[:5]) + ("; …" if len(self.open) > 5 else "")
            return f"{told}. The run stopped at this maximum; not reached: {left}."
        return f"{told}. The run has not stopped yet."


def next_look(datasets: int) -> int:
    """Give the number of datasets at which errors are looked at next: a quarter more, or 25.

    Examples
    --------
    >>> [next_look(n) for n in (1, 25, 100, 200, 1000)]
    [50, 50, 125, 250, 1250]
    """
    return _STEP * max(math.ceil(1.25 * datasets / _STEP), datasets // _STEP + 1, 2)


def parse(texts: str | Iterable[str] | Mapping[str, float]) -> dict[str, float]:
    """Read ``bias=0.01,coverage_95=0.007``, once or several times, or a mapping.

    Raises
    ------
    UserError
        For a metric that there is not, or an error that is no positive number.
    """
    if isinstance(texts, Mapping):
        return check_errors(dict(texts))
    parts = [texts] if isinstance(texts, str) else list(texts)
    found: dict[str, Any] = {}
    for part in ",".join(parts).split(","):
        name, equals, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise UserError(f"{option('precision')} takes METRIC=ERROR, not '{part.strip()}'")
    return check_errors(found)


def check_errors(errors: dict[str, Any]) -> dict[str, float]:
    """Refuse what cannot be asked for; errors as of `parse`."""
    for name, value in errors.items():
        if name not in METRICS and not _COVERAGE.fullmatch(name):
            raise unknown("metric", name, [*METRICS, "coverage_95"], f"for {option('precision')}")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value < 1e9:
            raise UserError(f"{option('precision')} {name} takes a positive number, not {value}")
    return {name: float(value) for name, value in errors.items()}


def check_regime(errors: Iterable[str], regime: TruthRegime) -> None:
    """Refuse metrics that a regime has not.

    Raises
    ------
    UserError
        Naming the metric.
    """
    one = regime.single_truth
    for name, wanted in (("relative_bias", True), ("contraction", False)):
        if name in errors and one != wanted:
            why = "one truth of all datasets" if wanted else "truths that are drawn from a prior"
            raise UserError(f"{option('precision')} {name} needs {why}")


def level_of(name: str) -> float | None:
    """Give the level of a coverage by its name; nothing for other metrics."""
    found = _COVERAGE.fullmatch(name)
    return float(found[1]) / 100 if found else None


def plan(
    settings: Settings,
    errors: Mapping[str, float] | None,
    max_datasets: int | None,
    before: Precision | None = None,
    part: Shard = WHOLE,
) -> Precision | None:
    """Decide what a run goes on to reach: what is asked now, else what was asked before.

    Parameters
    ----------
    settings : Settings
        Of the run.
    errors : mapping of str to float, optional
        From `parse`.
    max_datasets : int, optional
        Datasets at most; by default as before, else `MOST`.
    before : Precision, optional
        That of the run resumed.
    part : Shard
        What of the run is fitted.

    Returns
    -------
    Precision or None
        Nothing where no errors are asked for.

    Raises
    ------
    UserError
        For what cannot be, alone or together.
    """
    if errors is None and before is None:
        if max_datasets is not None:
            raise UserError(f"{option('max_datasets')} goes with {option('precision')}")
        return None
    if part != WHOLE:
        raise UserError(
            f"{option('precision')} looks at all datasets, and a shard has a part of them only"
        )
    wanted = dict(errors) if errors is not None else before.errors if before else {}
    check_regime(wanted, settings.regime)
    most = max_datasets or (before.max_datasets if before else max(MOST, settings.datasets))
    if most < settings.datasets:
        raise UserError(
            f"{option('max_datasets')} must be at least the {settings.datasets} datasets that the "
            f"run begins with, not {most}"
        )
    return Precision(wanted, most)
