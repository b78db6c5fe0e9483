"""Settings from what a user names, by words: on the command line or in Python."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from sbc.fitting.allowed import parameters_of
from sbc.plugins import catalogue, registry
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError, option, unknown
from sbc.plugins.setting import declared
from sbc.store.regime import SELF
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard


def settings_over(base: Settings | None, wanted: Mapping[str, Any]) -> Settings:
    """Take each setting from what is wanted, else from a run, else the default.

    Parameters
    ----------
    base : Settings, optional
        Of a run.
    wanted : mapping
        By the names of the command line's options, as it has them: ``set`` is a list of
        ``NAME=VALUE``, several estimators are one text with commas; ``parameters`` is a mapping,
        as Python has it. None is not wanted, and other names are left alone.

    Raises
    ------
    UserError
        For names that there are not, or values that cannot be.
    """
    base = Settings() if base is None else base

    def given(name: str, otherwise: Any) -> Any:
        value = wanted.get(name)
        plain = value.item() if isinstance(value, np.generic) else value
        return otherwise if plain is None else plain

    generator = given("generator", _generator(wanted) or base.generator)
    made = registry.generator(generator)
    # A setting that needs no more than being taken is known by its declaration alone.
    plain = {n: given(found.option, getattr(base, n)) for n, found in declared(Settings).items()}
    own = plain["data"] or plain["simulator"]
    first = SELF.name if own else next(iter(made.regimes), SELF.name)
    truth = given("truth", base.truth or first)
    parameters = dict(base.parameters)
    for name, value in _asked(wanted):
        parameters[name] = parameter(name, value, generator, truth)
    defaults = parameters_of(made, truth)
    chosen = {
        "generator": generator,
        "truth": truth,
        "estimators": _names("estimator", plain["estimators"], generator),
        "engines": _names("engine", plain["engines"]),
        "budget": Budget(**{n: given(n, value) for n, value in vars(base.budget).items()}),
        "parameters": {n: v for n, v in parameters.items() if v != defaults.get(n)},
        "estimands": _listed(plain["estimands"]),
        "quantities": _listed(plain["quantities"]),
    }
    functions = tuple(n for n in base.functions if n in chosen["estimators"])
    return Settings(**(plain | chosen), functions=functions)


def _names(kind: str, chosen: str | tuple[str, ...], generator: str = "") -> tuple[str, ...]:
    if isinstance(chosen, tuple):
        return chosen
    if chosen == "all":
        found = tuple(registry.standard(kind, generator))
        if not found:
            raise UserError(f"no standard {kind} takes the arrays of '{generator}'; name one")
        return found
    written = _listed(chosen)
    named = tuple(catalogue.canonical(kind, name) for name in written)
    for i, one in enumerate(named):
        if (first := named.index(one)) < i:
            same = "" if written[first] == written[i] else f", which are both {one}"
            raise UserError(f"an {kind} is named twice: {written[first]}, {written[i]}{same}")
    return named


def _listed(chosen: str | tuple[str, ...]) -> tuple[str, ...]:
    """Take names apart at commas, but for those within brackets."""
    if isinstance(chosen, tuple):
        return chosen
    names = re.split(r",(?![^\[]*\])", chosen)
    return tuple(name.strip() for name in names if name.strip())


def _generator(wanted: Mapping[str, Any]) -> str:
    """Name the generator for users' models that need none: they bring their data or take a file."""
    chosen = wanted.get("estimator")
    if chosen is None or chosen == "all":
        return ""
    specs = [catalogue.canonical("estimator", name) for name in _listed(chosen)]
    fed = [registry.brings_data(s) or (wanted.get("data") and registry.is_users(s)) for s in specs]
    return catalogue.OWN_DATA if specs and all(fed) else ""


def default_folder(settings: Settings, part: Shard = WHOLE) -> Path:
    """Name a run after what it is and when it began."""
    stems = [re.sub(r"\W", "-", Path(name).name) for name in settings.estimators]
    what = "-".join(stems) if len(stems) < 4 else f"{len(stems)}-estimators"
    when = datetime.now().strftime("%Y%m%d-%H%M%S")
    generator = re.sub(r"\W", "-", Path(settings.generator).name)
    shard = "" if part == WHOLE else f"-{part.number}-of-{part.of}"
    return Path("reports") / f"{when}-{generator}-{settings.truth}-{what}{shard}"


def _asked(wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the generator's parameters that are asked for, as texts or as numbers."""
    for text in wanted.get("set") or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"{option('parameter')} takes NAME=VALUE, not '{text}'")
        yield name, value
    yield from (wanted.get("parameters") or {}).items()


def parameter(name: str, value: Any, generator: str, truth: str, flag: str = "parameter") -> Any:
    """Give a generator's parameter the type of its default, within the generator's bounds.

    Parameters
    ----------
    name : str
        The parameter's.
    value : str, number or several numbers
        Where the default is a tuple of numbers, so is the value, of any length: as a text
        ``10,25,35``.
    generator, truth : str
        Whose parameter, in which regime.
    flag : str
        The option that it is asked for by, for messages.

    Raises
    ------
    UserError
        For an unknown name, or a value of another type or out of bounds.
    """
    made = registry.generator(generator)
    allowed = parameters_of(made, truth)
    if name not in allowed:
        raise unknown("parameter", name, allowed, f"in {made.name} with {option('truth', truth)}")
    default = allowed[name]
    several = isinstance(default, tuple) and len(default) > 0
    kind = type(default[0] if several else default)
    if kind not in (int, float):
        raise UserError(f"{name} is not a number in {made.name}; it cannot be set from here")
    bounds = made.bounds.get(name, (-math.inf, math.inf))
    if not several:
        return _number(f"{option(flag)} {name}", value, kind, bounds)
    parts = value.split(",") if isinstance(value, str) else np.atleast_1d(value).tolist()
    return tuple(_number(f"{option(flag)} {name}", part, kind, bounds) for part in parts)


def _number(what: str, value: Any, kind: type, bounds: tuple[float, float]) -> Any:
    try:
        number = kind(value)
        if isinstance(value, bool) or (not isinstance(value, str) and number != value):
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        wanted = "a whole number" if kind is int else "a number"
        if not (isinstance(value, float) and not math.isfinite(value)):
            raise UserError(f"{what} takes {wanted}, not '{value}'") from None
        number = value
    low, high = bounds
    if not (math.isfinite(number) and low <= number <= high):
        limits = f" ≥ {low:g}" if math.isfinite(low) else ""
        limits = f" between {low:g} and {high:g}" if math.isfinite(high) else limits
        raise UserError(f"{what} must be a finite number{limits}, not {value}")
    return number
