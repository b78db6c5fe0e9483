"""What a sweep may vary: parameters of the generator, truth, estimators' options, the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbc.plugins import catalogue
from sbc.plugins.engine import Budget
from sbc.plugins.setting import declared
from sbc.plugins.spec import KINDS, Spec
from sbc.store.settings import Settings

#: One value of a factor: numbers of parameters and budgets, words of regimes and options.
Level = bool | int | float | str
#: What a factor is of. A parameter of the generator is the usual one and is not written down.
PARAMETER, TRUTH, OPTION, BUDGET = "parameter", "truth", "option", "budget"
_FAR = 1e300  # a number beyond has no place on paper
#: The settings of a fit's budget, by their names.
BUDGETS = declared(Budget)


def told(level: Level) -> str:
    """Write a level for people.

    Examples
    --------
    >>> told(0.5), told(2.0), told(True), told("prior")
    ('0.5', '2', 'true', 'prior')
    """
    if isinstance(level, bool):
        return str(level).lower()
    return level if isinstance(level, str) else f"{level:g}"


def is_level(value: Any, kind: str) -> bool:
    """Say whether a value that a file holds can be a level of a factor of this kind."""
    allowed = (str,) if kind == TRUTH else tuple(KINDS) if kind == OPTION else (int, float)
    return type(value) in allowed and (isinstance(value, str) or -_FAR < value < _FAR)


def is_kind(name: str, kind: str) -> bool:
    """Say whether a factor of this kind, and no parameter, can be called so."""
    if kind == OPTION:
        return all(split_option(name))
    return name == TRUTH if kind == TRUTH else kind == BUDGET and name in BUDGETS


def split_option(name: str) -> tuple[str, str]:
    """Take ``tanks_fixed_sigma@sigma`` apart: whose option it is, and which."""
    whose, _, which = name.rpartition("@")
    return whose, which


def concerns(name: str, estimator: str) -> bool:
    """Say whether the factor ``name@option`` is about an estimator: by its name, or that in full.

    Examples
    --------
    >>> concerns("tanks_fixed_sigma@sigma", "tanks_fixed_sigma")
    True
    """
    spec = Spec.parse(estimator)
    return split_option(name)[0] in (spec.plain, spec.name)


def is_others(name: str, kind: str, estimator: str) -> bool:
    """Say whether a factor is an option of other estimators and nothing to this one."""
    return kind == OPTION and not concerns(name, estimator)


def varied(estimator: str, cell: Mapping[str, Level], kinds: Mapping[str, str]) -> str:
    """Name an estimator as a run of the cell by itself does, options at their defaults unsaid."""
    chosen = tuple(
        (split_option(name)[1], str(level))
        for name, level in cell.items()
        if kinds.get(name) == OPTION and concerns(name, estimator)
    )
    if not chosen:
        return estimator
    spec = Spec.parse(estimator)
    return catalogue.canonical("estimator", str(replace(spec, options=(*spec.options, *chosen))))


def shared(base: Settings, cell: Mapping[str, Level], kinds: Mapping[str, str]) -> Settings:
    """Give the settings of a cell, but for the options of its estimators."""
    parameters = {name: level for name, level in cell.items() if name not in kinds}
    budget: Any = {name: level for name, level in cell.items() if kinds.get(name) == BUDGET}
    truth = next((level for name, level in cell.items() if kinds.get(name) == TRUTH), base.truth)
    return replace(
        base,
        parameters={**base.parameters, **parameters},
        truth=str(truth),
        budget=replace(base.budget, **budget),
    )
