"""What a sweep is beside the settings that its cells share: the grid, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sbc.gates.expectations import Bounds, parse
from sbc.plugins.errors import UserError, option, unknown
from sbc.store.rows import CELL
from sbc.store.settings import Settings
from sbc.studies.sweep.grid import Grid

#: What bounds and precisions may be of, beside the coverage at a level.
METRICS = ("bias", "bias_sd", "rmse", "contraction")
#: What a report holds a sweep against if the user names nothing.
DEFAULT_BOUNDS: dict[str, Any] = {"bias": 0.1, "coverage_95": [0.9, 0.98]}
MOST = 1000


@dataclass(frozen=True)
class Plan:
    """How many datasets each estimator is to have in each cell, and what decides on more.

    Attributes
    ----------
    grid : Grid
        The cells.
    datasets : dict of str to tuple of int
        For each estimator, one number a cell; they may grow.
    bounds : dict
        What is asked of each estimand, as a gate's table has it: ``{"bias": 0.1}``.
    precision : dict of str to float
        The largest Monte Carlo error that will do, by metric; datasets are added until it does.
    max_datasets : int
        Datasets after which a cell is left undecided.
    budget : int or None
        Fits after which the whole sweep is; None for no limit.
    """

    grid: Grid
    datasets: dict[str, tuple[int, ...]]
    bounds: dict[str, Any] = field(default_factory=dict)
    precision: dict[str, float] = field(default_factory=dict)
    max_datasets: int = MOST
    budget: int | None = None

    @property
    def expectations(self) -> tuple[Bounds, ...]:
        """The bounds, those of a report if there are none."""
        return read_bounds(self.bounds or DEFAULT_BOUNDS)

    def fits(self, settings: Settings) -> int:
        """Count the fits that are planned, those that cells have in common once."""
        return sum(
            self.most_alike(name, cell)
            for name, _ in settings.pairs
            for cell in set(self.grid.first_alike(name))
        )

    def most_alike(self, estimator: str, cell: int) -> int:
        """Count the datasets that are planned in the cells with the same fits as this one."""
        firsts, numbers = self.grid.first_alike(estimator), self.datasets[estimator]
        return max(n for n, first in zip(numbers, firsts, strict=True) if first == firsts[cell])

    def grown(self, more: Mapping[tuple[str, int], int]) -> Plan:
        """Plan more datasets, by (estimator, cell)."""
        planned = {
            name: tuple(n + more.get((name, cell), 0) for cell, n in enumerate(numbers))
            for name, numbers in self.datasets.items()
        }
        return replace(self, datasets=planned)

    def at_least(self, datasets: int) -> Plan:
        """Plan so many datasets everywhere where there are fewer."""
        planned = {
            name: tuple(max(n, datasets) for n in row) for name, row in self.datasets.items()
        }
        return replace(self, datasets=planned)

    def to_json(self) -> dict[str, Any]:
        """Write as plain JSON values."""
        return {
            **self.grid.to_json(),
            "datasets": {name: list(numbers) for name, numbers in self.datasets.items()},
            "bounds": self.bounds,
            "precision": self.precision,
            "max_datasets": self.max_datasets,
            "budget": self.budget,
        }

    @classmethod
    def from_json(cls, values: Any, settings: Settings) -> Plan:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError, LookupError, TypeError, UserError
            If it is something else.
        """
        grid = Grid.from_json(values)
        datasets = {str(name): tuple(row) for name, row in dict(values["datasets"]).items()}
        counts = [n for row in datasets.values() for n in row]
        limits = [values["max_datasets"], 1 if values["budget"] is None else values["budget"]]
        if (
            list(datasets) != list(settings.estimators)
            or any(len(row) != len(grid.cells) for row in datasets.values())
            or not all(type(n) is int and 0 <= n <= CELL for n in counts)
            or not all(type(n) is int and n > 0 for n in limits)
        ):
            raise ValueError("not the plan of a sweep")
        read_bounds(values["bounds"]) if values["bounds"] else ()
        precision = {name: _error(name, value) for name, value in values["precision"].items()}
        return cls(
            grid,
            datasets,
            dict(values["bounds"]),
            precision,
            values["max_datasets"],
            values["budget"],
        )


def initial(grid: Grid, settings: Settings, **options: Any) -> Plan:
    """Plan the same number of datasets for every estimator in every cell.

    Raises
    ------
    UserError
        If a cell would have more than the store can number.
    """
    options = {name: value for name, value in options.items() if value is not None}
    plan = Plan(grid, dict.fromkeys(settings.estimators, ()), **options)
    if max(settings.datasets, plan.max_datasets) > CELL:
        raise UserError(f"a cell of a sweep has at most {CELL:,} datasets")
    numbers = (settings.datasets,) * len(grid.cells)
    return replace(plan, datasets=dict.fromkeys(settings.estimators, numbers))


#: Metrics that a sweep bounds, without levels.
_BOUNDED = ("bias", "bias_sd", "rmse", "contraction", "coverage")


def read_bounds(values: Mapping[str, Any]) -> tuple[Bounds, ...]:
    """Read bounds as a gate does, and nothing else that it takes.

    Raises
    ------
    UserError
        For anything else.
    """
    found = parse(values, 0.1)
    bounds = tuple(one for one in found if isinstance(one, Bounds) and one.family in _BOUNDED)
    if len(bounds) < len(found):
        raise UserError(f"a sweep bounds a metric: {', '.join(METRICS)} or coverage_95")
    return bounds


def parse_bounds(texts: Sequence[str], settings: Settings) -> dict[str, Any]:
    """Read ``--bound METRIC=VALUE`` or ``METRIC=LOW:HIGH``, several times or with commas.

    Raises
    ------
    UserError
        For other text, a metric that there is not, or one that makes no sense in this regime.
    """
    found: dict[str, Any] = {}
    for text in ",".join(texts).split(",") if texts else ():
        name, equals, value = text.strip().partition("=")
        try:
            numbers = [float(part) for part in value.split(":")]
        except ValueError:
            numbers = []
        if not equals or len(numbers) not in (1, 2):
            raise UserError(
                f"{option('bounds')} takes METRIC=VALUE or METRIC=LOW:HIGH, not '{text}'"
            )
        found[name] = numbers if len(numbers) == 2 else numbers[0]
    return checked_bounds(found, settings)


def checked_bounds(values: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Refuse bounds that cannot be asked for; errors as of `parse_bounds`."""
    found = {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }
    for name in found:
        check_metric(name, settings)
    if found:
        read_bounds(found)
    return found


def checked_precision(values: Mapping[str, Any], settings: Settings) -> dict[str, float]:
    """Refuse precisions that cannot be asked for; errors as of `parse_precision`."""
    for name in values:
        check_metric(name, settings)
    return {name: _error(name, value) for name, value in values.items()}


def parse_precision(texts: Sequence[str], settings: Settings) -> dict[str, float]:
    """Read ``--precision METRIC=ERROR``, several times or with commas.

    Raises
    ------
    UserError
        For other text, or a metric that there is not.
    """
    found = {}
    for text in ",".join(texts).split(",") if texts else ():
        name, equals, value = text.strip().partition("=")
        if equals:
            check_metric(name, settings)
        try:
            found[name] = _error(name, float(value))
        except ValueError:
            raise UserError(
                f"{option('precision')} takes METRIC=ERROR, not '{text.strip()}'"
            ) from None
    return found


def check_metric(name: str, settings: Settings) -> None:
    """Refuse a metric that a sweep has not, or that its regime has not.

    Raises
    ------
    UserError
        Naming those that there are.
    """
    level = name.removeprefix("coverage_")
    covers = name != level and level.isdecimal() and len(level) == 2 and level != "00"
    if not covers and name not in METRICS:
        raise unknown("metric", name, [*METRICS, "coverage_95"])
    if name == "contraction" and settings.regime.single_truth:
        raise UserError(
            f"with {option('truth', 'fixed')} there is no prior to contract: draw the truth instead"
        )


def _error(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise UserError(f"{option('precision')} {name} takes a positive number, not {value}")
    return float(value)
