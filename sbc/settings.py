"""What a run is: everything that its bits depend on, as names and numbers."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sbc import registry
from sbc.contracts import Budget
from sbc.errors import UserError, unknown

#: The estimators' own joint distribution as the world: each estimator then has its own datasets.
SELF = "self"


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's results; two runs with equal settings have the same bits.

    Attributes
    ----------
    generator : str
        Name, or ``path/to/file.py:name``.
    truth : str
        The regime.
    estimators, engines : tuple of str
        What is fitted to every dataset, and by which samplers.
    parameters : dict
        The generator's parameters that differ from their defaults.
    datasets : int
        How many; the only setting that may grow when a run is resumed.
    seed : int
        Of all random streams.
    budget : Budget
        Of the first attempt at each fit.
    """

    generator: str
    truth: str
    estimators: tuple[str, ...]
    engines: tuple[str, ...]
    datasets: int
    seed: int
    budget: Budget
    parameters: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Write as plain JSON values."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Settings:
        """Read what `to_json` wrote.

        Raises
        ------
        KeyError, TypeError
            If something is missing or unknown.
        """
        return cls(
            **{
                **values,
                "estimators": tuple(values["estimators"]),
                "engines": tuple(values["engines"]),
                "budget": Budget(**values["budget"]),
            }
        )

    def differences(self, other: Settings) -> dict[str, tuple[Any, Any]]:
        """List the settings other than `datasets` in which two runs differ."""
        mine, its = (replace(s, datasets=0).to_json() for s in (self, other))
        return {name: (mine[name], its[name]) for name in mine if mine[name] != its[name]}


def owes_uniform(settings: Settings, estimator: str) -> bool:
    """Say whether this regime draws truth and data from the estimator's own joint distribution."""
    owed = registry.generator(settings.generator).owed
    return settings.truth == SELF or estimator in owed.get(settings.truth, ())


def validate(settings: Settings) -> None:
    """Refuse settings that cannot run, before anything slow is imported.

    Raises
    ------
    UserError
        Naming the setting, what is allowed, and what was perhaps meant.
    """
    registry.check("generator", settings.generator)
    for name in settings.estimators:
        registry.check("estimator", name)
    for name in settings.engines:
        registry.check("engine", name)
    for kind, chosen in (("estimator", settings.estimators), ("engine", settings.engines)):
        if not chosen:
            raise UserError(f"no {kind} named")
        if len(set(chosen)) < len(chosen):
            raise UserError(f"an {kind} is named twice: {', '.join(chosen)}")
    generator = registry.generator(settings.generator)
    if settings.truth not in generator.regimes:
        raise unknown("truth regime", settings.truth, generator.regimes, f"in {generator.name}")
    allowed = generator.parameters(settings.truth)
    for name in settings.parameters:
        if name not in allowed:
            where = f"in {generator.name} with --truth {settings.truth}"
            raise unknown("parameter", name, allowed, where)
    budget = settings.budget
    counts = {"datasets": settings.datasets, **asdict(budget)}
    del counts["target_accept"]
    for name, value in counts.items():
        lowest = 20 if name == "draws" else 1
        if value < lowest:
            raise UserError(f"--{name} must be at least {lowest}, not {value}")
    if settings.seed < 0:
        raise UserError(f"--seed must be at least 0, not {settings.seed}")
    if not 0 < budget.target_accept < 1:
        raise UserError(f"--target-accept must lie between 0 and 1, not {budget.target_accept:g}")


def parse_parameter(text: str, generator: str, truth: str) -> tuple[str, Any]:
    """Read one ``name=value`` of ``--set``, with the type of the parameter's default.

    Raises
    ------
    UserError
        For text without ``=``, an unknown name, or a value of another type or out of range.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--set takes NAME=VALUE, not '{text}'")
    made = registry.generator(generator)
    if truth not in made.regimes:
        raise unknown("truth regime", truth, made.regimes, f"in {made.name}")
    allowed = made.parameters(truth)
    if name not in allowed:
        raise unknown("parameter", name, allowed, f"in {made.name} with --truth {truth}")
    kind = type(allowed[name])
    try:
        parsed = kind(value)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise UserError(f"--set {name} takes {wanted}, not '{value}'") from None
    low = 1 if kind is int else 0.0 if name.startswith("sd_") else -math.inf
    if not (math.isfinite(parsed) and parsed >= low):
        raise UserError(f"--set {name} must be a finite number ≥ {low:g}, not {value}")
    return name, parsed
