"""What a run is: everything that its bits depend on, as names and numbers."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any

from sbc.plugins import registry
from sbc.plugins.contracts import Budget, Generator
from sbc.plugins.errors import UserError, unknown
from sbc.plugins.plain import EVERYONE
from sbc.plugins.spec import Spec

#: The estimators' own joint distribution as the world: each estimator then has its own datasets.
SELF = "self"
#: The same given real data: truths from the estimator's posterior, and data replicated from there.
POSTERIOR = "posterior"
OWN_REGIMES = (SELF, POSTERIOR)


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
        What is fitted to every dataset, and by which samplers; estimators with their options, as
        `sbc.plugins.registry.canonical` writes them.
    parameters : dict
        The generator's parameters that differ from their defaults.
    data : str
        The file of real data that stand in the place of the generator's, as the user names it.
    estimands : tuple of str
        What to rank instead of what the estimators name: variables, or elements as ``theta[3]``.
    simulator : str
        A function in a user's file that simulates the data of truths drawn from the model's own
        prior, as ``path/to/file.py:name``.
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
    estimands: tuple[str, ...] = ()
    data: str = ""
    simulator: str = ""

    def to_json(self) -> dict[str, Any]:
        """Write as plain JSON values; estimands and data only if they are named."""
        values = json.loads(json.dumps(asdict(self)))
        return {n: v for n, v in values.items() if v or n not in ("estimands", "data", "simulator")}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Settings:
        """Read what `to_json` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, unknown or of another type.
        """
        listed = ("estimators", "engines", *({"estimands"} & values.keys()))
        chosen = {name: tuple(map(str, values[name])) for name in listed}
        parameters = {name: _as_drawn(value) for name, value in dict(values["parameters"]).items()}
        made = {"parameters": parameters, "budget": Budget(**values["budget"])}
        read = cls(**{**values, **chosen, **made})
        kinds = [(name, value, _KINDS[name]) for name, value in read._flat().items()]
        for name, value in parameters.items():
            numbers = value if isinstance(value, tuple) else (value,)
            kinds += [(name, number, (int, float)) for number in numbers]
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

    def describe_truth(self) -> str:
        """Say where truths come from: the regime, but where a simulator makes more of it."""
        return f"prior SBC, data by {self.simulator}" if self.simulator else self.truth

    def describe_world(self) -> str:
        """Say where truths and data come from."""
        truth = self.describe_truth() if self.simulator else f"truth '{self.truth}'"
        told = f"generator {self.generator}, {truth}"
        return f"{told}, data {self.data}" if self.data else told

    def _flat(self) -> dict[str, Any]:
        values = asdict(self)
        return values.pop("budget") | values


_KINDS: dict[str, Any] = {
    **dict.fromkeys(("generator", "truth", "data", "simulator"), str),
    **dict.fromkeys(("estimators", "engines", "estimands"), tuple),
    **dict.fromkeys(("datasets", "seed", "draws", "tune", "chains"), int),
    "target_accept": (int, float),
    "parameters": dict,
}


def _as_drawn(value: Any) -> Any:
    """Give a generator's parameter as the generator takes it: JSON has lists for tuples."""
    return tuple(value) if isinstance(value, list) else value


def write_value(value: Any) -> str:
    """Write a generator's parameter as ``--set`` takes it: several numbers with commas."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={write_value(v)}" for name, v in value.items()) or "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def parameters_of(generator: Generator, truth: str) -> dict[str, Any]:
    """List what may be set in a regime; in `OWN_REGIMES`, what the default one's data depend on.

    Raises
    ------
    UserError
        If there is no such regime.
    """
    regimes = list(generator.regimes)
    if truth not in (*OWN_REGIMES, *regimes):
        raise unknown("truth regime", truth, [*regimes, *OWN_REGIMES], f"in {generator.name}")
    if truth in OWN_REGIMES:
        return generator.parameters(regimes[0]) if regimes else generator.sizes
    return generator.parameters(truth)


def owes_uniform(settings: Settings, estimator: str) -> bool:
    """Say whether this regime draws truth and data from the estimator's own joint distribution.

    That may be given real data.
    """
    owed = registry.generator(settings.generator).owed
    name = Spec.parse(estimator).short
    mine = owed.get(settings.truth, ())
    return settings.truth in OWN_REGIMES or name in mine or EVERYONE in mine


def regimes_of(settings: Settings) -> list[str]:
    """List the truth regimes that a run of this generator may have."""
    return [*registry.generator(settings.generator).regimes, *OWN_REGIMES]


def world_of(settings: Settings) -> Generator:
    """Give the generator, its design taken from the real data if there are any.

    Raises
    ------
    UserError
        If the file of data cannot be used.
    """
    return registry.world(settings.generator, settings.data)


def world_key(settings: Settings) -> tuple[str, ...]:
    """Tell worlds apart in which one model is built differently."""
    return (settings.generator, settings.data, settings.truth, settings.simulator)


def _check_simulator(settings: Settings) -> None:
    if not settings.simulator:
        return
    if settings.truth != SELF:
        raise UserError(
            f"a simulator takes truths from the model's own prior: --truth {SELF}, not "
            f"{settings.truth}"
        )
    registry.check("simulator", settings.simulator)


def _check_data(settings: Settings) -> None:
    if settings.data and settings.truth not in OWN_REGIMES:
        raise UserError(
            f"--data goes with --truth {' or '.join(OWN_REGIMES)}, not {settings.truth}, "
            "which makes data of its own"
        )
    if settings.data and settings.parameters:
        named = ", ".join(settings.parameters)
        raise UserError(f"--set {named} has no meaning with --data: the data are given")
    if settings.truth == POSTERIOR and not settings.data:
        lacking = [n for n in settings.estimators if not registry.brings_data(n)]
        if lacking:
            raise UserError(f"--truth {POSTERIOR} needs real data for {lacking[0]}: --data FILE")
    world_of(settings)


def validate(settings: Settings) -> None:
    """Refuse settings that cannot run, before anything slow is imported.

    Raises
    ------
    UserError
        Naming the setting, what is allowed, and what was perhaps meant.
    """
    registry.check("generator", settings.generator)
    for name in settings.estimators:
        plain = registry.canonical("estimator", name)
        if plain != name:  # or the same estimator would go by two names, with two seeds
            raise UserError(f"estimator '{name}' is written '{plain}' in a run")
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
    _check_data(settings)
    _check_simulator(settings)
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

    Where the default is a tuple of numbers, so is the value, of any length: ``name=10,25,35``.

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
    default = allowed[name]
    several = isinstance(default, tuple) and len(default) > 0
    kind = type(default[0] if several else default)
    if kind not in (int, float):
        raise UserError(f"{name} is not a number in {made.name}; it cannot be set from here")
    if several:
        return name, tuple(_number(name, part, kind) for part in value.split(","))
    return name, _number(name, value, kind)


def _number(name: str, value: str, kind: type) -> Any:
    try:
        parsed = kind(value)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise UserError(f"--set {name} takes {wanted}, not '{value}'") from None
    low = 1 if kind is int else 0.0 if name.startswith("sd_") else -math.inf
    if not (math.isfinite(parsed) and parsed >= low):
        raise UserError(f"--set {name} must be a finite number ≥ {low:g}, not {value}")
    return parsed
