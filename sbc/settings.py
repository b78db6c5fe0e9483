"""What a run is: everything that its bits depend on, as names and numbers."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any

from sbc import registry
from sbc.contracts import Budget, Generator
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
        KeyError, TypeError, ValueError
            If something is missing, unknown or of another type.
        """
        chosen = {name: tuple(map(str, values[name])) for name in ("estimators", "engines")}
        read = cls(**{**values, **chosen, "budget": Budget(**values["budget"])})
        kinds = [(name, value, _KINDS[name]) for name, value in read._flat().items()]
        kinds += [(name, value, (int, float)) for name, value in dict(read.parameters).items()]
        for name, value, kind in kinds:
            if not isinstance(value, kind) or isinstance(value, bool):
                raise ValueError(f"{name} cannot be {value!r}")
        if read.to_json() != values:  # a string instead of a list, say
            raise ValueError("not settings as sbc writes them")
        return read

    def check_same(self, other: Settings, where: str) -> None:
        """Refuse to go on with a run under settings that make other bits.

        Raises
        ------
        UserError
            If anything differs but the number of datasets, or that is smaller.
        """
        mine, its = self._flat(), other._flat()
        for name in mine:
            if name != "datasets" and mine[name] != its[name]:
                was, new = (_words(values[name]) for values in (mine, its))
                raise UserError(f"{where} was made with {name} = {was}, not {new}; start a new run")
        if other.datasets < self.datasets:
            raise UserError(f"{where} has {self.datasets} datasets already, not {other.datasets}")

    def _flat(self) -> dict[str, Any]:
        values = asdict(self)
        return values.pop("budget") | values


_KINDS: dict[str, Any] = {
    **dict.fromkeys(("generator", "truth"), str),
    **dict.fromkeys(("estimators", "engines"), tuple),
    **dict.fromkeys(("datasets", "seed", "draws", "tune", "chains"), int),
    "target_accept": (int, float),
    "parameters": dict,
}


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={v}" for name, v in value.items()) or "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def parameters_of(generator: Generator, truth: str) -> dict[str, Any]:
    """List what may be set in a regime; in `SELF`, what the default regime's data depend on.

    Raises
    ------
    UserError
        If there is no such regime.
    """
    regimes = list(generator.regimes)
    if truth not in (SELF, *regimes):
        raise unknown("truth regime", truth, [*regimes, SELF], f"in {generator.name}")
    return generator.parameters(regimes[0] if truth == SELF else truth)


def owes_uniform(settings: Settings, estimator: str) -> bool:
    """Say whether this regime draws truth and data from the estimator's own joint distribution."""
    owed = registry.generator(settings.generator).owed
    name = estimator.rpartition(":")[2]  # of path/to/file.py:name
    return settings.truth == SELF or name in owed.get(settings.truth, ())


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
    allowed = parameters_of(generator, settings.truth)
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
    if not 0 <= settings.seed < 2**63:  # the files that a run is exported to hold no more
        raise UserError(f"--seed must lie between 0 and 2^63 - 1, not {settings.seed}")
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
    allowed = parameters_of(made, truth)
    if name not in allowed:
        raise unknown("parameter", name, allowed, f"in {made.name} with --truth {truth}")
    kind = type(allowed[name])
    if kind not in (int, float):
        raise UserError(f"{name} is not a number in {made.name}; it cannot be set from here")
    try:
        parsed = kind(value)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise UserError(f"--set {name} takes {wanted}, not '{value}'") from None
    low = 1 if kind is int else 0.0 if name.startswith("sd_") else -math.inf
    if not (math.isfinite(parsed) and parsed >= low):
        raise UserError(f"--set {name} must be a finite number ≥ {low:g}, not {value}")
    return name, parsed
