"""What a run is: everything that its bits depend on, as names and numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sbc.plugins.engine import FUNCTION, Budget
from sbc.plugins.errors import UserError
from sbc.plugins.setting import declared, setting
from sbc.store.names import fitted_by
from sbc.store.regime import TruthRegime, regime_of

#: What is written only if there is any.
_IF_ANY = ("estimands", "quantities", "data", "simulator", "functions")
#: What stands in the place of a generator where results were made elsewhere begins so.
IMPORTED = "imported from "


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
        `sbc.plugins.catalogue.canonical` writes them.
    parameters : dict
        The generator's parameters that differ from their defaults.
    data : str
        The file of real data that stand in the place of the generator's, as the user names it.
    estimands : tuple of str
        What to rank instead of what the estimators name: variables, or elements as ``theta[3]``.
    quantities : tuple of str
        Functions ``(theta, data) -> number`` in users' files that are ranked besides.
    simulator : str
        A function in a user's file that simulates the data of truths drawn from the model's own
        prior, as ``path/to/file.py:name``.
    datasets : int
        How many; the only setting that may grow when a run is resumed.
    seed : int
        Of all random streams.
    budget : Budget
        Of the first attempt at each fit.
    functions : tuple of str
        Those of the estimators that state no model but give estimates or draws themselves, which
        is found out before the first fit. No engine samples them.
    """

    generator: str = setting("confound", "the data-generating process", metavar="NAME")
    truth: str = setting(
        "", "how the truth is chosen (default: the generator's first)", metavar="REGIME"
    )
    estimators: tuple[str, ...] = setting(
        ("mundlak",), "estimators, or 'all'", option="estimator", metavar="NAME[,NAME...]"
    )
    engines: tuple[str, ...] = setting(
        ("nutpie",), "samplers", option="engine", metavar="NAME[,NAME...]"
    )
    datasets: int = setting(200, "simulated datasets", low=1)
    seed: int = setting(
        *(1, "of all random numbers"),
        low=0,
        high=2**63 - 1,  # the files that a run is exported to hold no more
        bounds="lie between 0 and 2^63 - 1",
    )
    budget: Budget = field(default_factory=Budget)
    parameters: dict[str, Any] = setting(
        {}, "a parameter of the generator", option="set", metavar="NAME=VALUE"
    )
    estimands: tuple[str, ...] = setting(
        *((), "what to rank: variables, or as theta[3]"),
        option="estimand",
        metavar="NAME[,NAME...]",
    )
    data: str = setting("", "real data, .csv or .json, for truth self or posterior", metavar="FILE")
    quantities: tuple[str, ...] = setting(
        *((), "rank this function of parameters and data as well"),
        option="quantity",
        metavar="FILE.py:NAME[,...]",
    )
    simulator: str = setting(
        "", "data by your own function, truth by the model's prior", metavar="FILE.py:NAME"
    )
    functions: tuple[str, ...] = ()

    def engines_of(self, estimator: str) -> tuple[str, ...]:
        """Name the engines that an estimator is fitted by; a function goes by a name of its own."""
        return (FUNCTION,) if estimator in self.functions else self.engines

    def who(self, estimator: str, engine: str) -> str:
        """Name an estimator, and the engine that fits it where it has several."""
        return fitted_by(estimator, engine if len(self.engines_of(estimator)) > 1 else "")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every estimator with each of its engines."""
        return [(name, engine) for name in self.estimators for engine in self.engines_of(name)]

    @property
    def fitters(self) -> tuple[str, ...]:
        """The engines that fit anything, functions last."""
        used = {engine for _, engine in self.pairs}
        return tuple(
            engine for engine in dict.fromkeys((*self.engines, FUNCTION)) if engine in used
        )

    @property
    def regime(self) -> TruthRegime:
        """What the name of its truth stands for."""
        return regime_of(self.truth)

    @property
    def process(self) -> tuple[str, ...]:
        """What tells apart generators, and truths, for which one model is built differently."""
        return (self.generator, self.data, self.truth, self.simulator)

    def to_json(self) -> dict[str, Any]:
        """Write as plain JSON values; what is optional only if there is any."""
        values = json.loads(json.dumps(asdict(self)))
        return {n: v for n, v in values.items() if v or n not in _IF_ANY}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Settings:
        """Read what `to_json` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, unknown or of another type.
        """
        listed = (
            "estimators",
            "engines",
            *({"estimands", "quantities", "functions"} & values.keys()),
        )
        chosen = {name: tuple(map(str, values[name])) for name in listed}
        parameters = {name: _as_drawn(value) for name, value in dict(values["parameters"]).items()}
        made = {"parameters": parameters, "budget": Budget(**values["budget"])}
        read = cls(**{**values, **chosen, **made})
        if foreign := set(read.functions) - set(read.estimators):
            raise ValueError(f"the function '{min(foreign)}' is none of the estimators")
        kinds = [(n, value, _kind(n)) for n, value in read._flat().items() if n != "functions"]
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

    def describe_process(self) -> str:
        """Say where truths and data come from."""
        truth = self.describe_truth() if self.simulator else f"truth '{self.truth}'"
        process = self.generator
        process = process if process.startswith(IMPORTED) else f"generator {process}"
        told = f"{process}, {truth}"
        return f"{told}, data {self.data}" if self.data else told

    def _flat(self) -> dict[str, Any]:
        values = asdict(self)
        return values.pop("budget") | values


#: Every setting, as `sbc.plugins.setting` has it, by the name that it is kept under.
DECLARED = declared(Settings) | declared(Budget)


def _kind(name: str) -> Any:
    kind = DECLARED[name].kind
    return (int, float) if kind is float else kind


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
