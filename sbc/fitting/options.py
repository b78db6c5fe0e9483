"""Settings from what a user names, by words: on the command line or in Python."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sbc.fitting.allowed import parameters_of
from sbc.plugins import registry
from sbc.plugins.contracts import Budget
from sbc.plugins.errors import UserError, unknown
from sbc.store.regime import SELF
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard

#: What is used where neither the user nor a resumed run says otherwise.
DEFAULTS: dict[str, Any] = {
    "estimator": "mundlak",
    "generator": "confound",
    "engine": "nutpie",
    "datasets": 200,
    "seed": 1,
    "draws": 500,
    "tune": 200,
    "chains": 2,
    "target_accept": 0.8,
}


def settings_over(base: Settings | None, wanted: Mapping[str, Any]) -> Settings:
    """Take each setting from what is wanted, else from a run, else the default.

    Parameters
    ----------
    base : Settings, optional
        Of a run.
    wanted : mapping
        By the names of the command line's options, as it has them: ``set`` is a list of
        ``NAME=VALUE``, several estimators are one text with commas. None is not wanted.

    Raises
    ------
    UserError
        For names that there are not.
    """
    if base is None:
        names = ("draws", "tune", "chains", "target_accept")
        base = Settings(
            generator=DEFAULTS["generator"],
            truth="",
            estimators=(DEFAULTS["estimator"],),
            engines=(DEFAULTS["engine"],),
            datasets=DEFAULTS["datasets"],
            seed=DEFAULTS["seed"],
            budget=Budget(**{name: DEFAULTS[name] for name in names}),
        )

    def given(name: str, otherwise: Any) -> Any:
        value = wanted.get(name)
        return otherwise if value is None else value

    generator = given("generator", _world(wanted) or base.generator)
    made = registry.generator(generator)
    data = given("data", base.data)
    simulator = given("simulator", base.simulator)
    first = SELF.name if data or simulator else next(iter(made.regimes), SELF.name)
    truth = given("truth", base.truth or first)
    parameters = dict(base.parameters)
    for text in wanted.get("set") or []:
        name, value = parse_parameter(text, generator, truth)
        parameters[name] = value
    defaults = parameters_of(made, truth)
    return Settings(
        generator=generator,
        truth=truth,
        estimators=_names("estimator", given("estimator", base.estimators), generator),
        engines=_names("engine", given("engine", base.engines)),
        datasets=given("datasets", base.datasets),
        seed=given("seed", base.seed),
        budget=Budget(
            draws=given("draws", base.budget.draws),
            tune=given("tune", base.budget.tune),
            chains=given("chains", base.budget.chains),
            target_accept=given("target_accept", base.budget.target_accept),
        ),
        parameters={n: v for n, v in parameters.items() if v != defaults.get(n)},
        estimands=_listed(given("estimand", base.estimands)),
        data=data,
        simulator=simulator,
    )


def _names(kind: str, chosen: str | tuple[str, ...], generator: str = "") -> tuple[str, ...]:
    if isinstance(chosen, tuple):
        return chosen
    if chosen == "all":
        found = tuple(registry.standard(kind, generator))
        if not found:
            raise UserError(f"no standard {kind} takes the arrays of '{generator}'; name one")
        return found
    return tuple(registry.canonical(kind, name) for name in _listed(chosen))


def _listed(chosen: str | tuple[str, ...]) -> tuple[str, ...]:
    """Take names apart at commas, but for those within brackets."""
    if isinstance(chosen, tuple):
        return chosen
    names = re.split(r",(?![^\[]*\])", chosen)
    return tuple(name.strip() for name in names if name.strip())


def _world(wanted: Mapping[str, Any]) -> str:
    """Name the generator for users' models that need none: they bring their data or take a file."""
    chosen = wanted.get("estimator")
    if chosen is None or chosen == "all":
        return ""
    specs = [registry.canonical("estimator", name) for name in _listed(chosen)]
    fed = [registry.brings_data(s) or (wanted.get("data") and registry.is_users(s)) for s in specs]
    return registry.OWN_DATA if specs and all(fed) else ""


def default_folder(settings: Settings, part: Shard = WHOLE) -> Path:
    """Name a run after what it is and when it began."""
    stems = [re.sub(r"\W", "-", Path(name).name) for name in settings.estimators]
    what = "-".join(stems) if len(stems) < 4 else f"{len(stems)}-estimators"
    when = datetime.now().strftime("%Y%m%d-%H%M%S")
    generator = re.sub(r"\W", "-", Path(settings.generator).name)
    shard = "" if part == WHOLE else f"-{part.number}-of-{part.of}"
    return Path("reports") / f"{when}-{generator}-{settings.truth}-{what}{shard}"


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
