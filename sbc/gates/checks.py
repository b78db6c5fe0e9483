"""Which checks a gate makes of a run: those that a config declares, and those that are expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sbc.gates.config import ALL, Config
from sbc.gates.expectations import Better, Bounds, Calibrated, Expectation, Miscalibrated, parse
from sbc.gates.judge import Check
from sbc.plugins import catalogue
from sbc.plugins.errors import UserError, option, unknown
from sbc.store.names import compact, fitted_by, vector_of
from sbc.store.settings import Settings


@dataclass(frozen=True)
class Subject:
    """What there is to be judged in a run.

    Attributes
    ----------
    settings : Settings
        Of the run.
    expected_uniform : sequence of str
        Estimators whose ranks are expected to be uniform.
    estimands, quantities : mapping of str to sequence of str
        What each estimator estimates, vectors by their elements, and what else was ranked.
    regimes : sequence of str
        Truth regimes that there are.
    """

    settings: Settings
    expected_uniform: Sequence[str]
    estimands: Mapping[str, Sequence[str]]
    quantities: Mapping[str, Sequence[str]]
    regimes: Sequence[str]


def checks_of(config: Config, subject: Subject) -> list[Check]:
    """List the checks that a config makes of a run, and those that are expected.

    Parameters
    ----------
    config : Config
        What is expected in this regime and others.
    subject : Subject
        The run.

    Returns
    -------
    list of Check
        Perhaps none.

    Raises
    ------
    UserError
        For a name that there is not, or an expectation that makes no sense in this regime.
    """
    _check_names(config, subject)
    declared = config.declared.get(subject.settings.truth, {})
    checks = []
    for estimator in subject.settings.estimators:
        table = _entry_of(declared, estimator)
        for engine in subject.settings.engines_of(estimator):
            wanted = _of_engine(table, engine, subject.settings.fitters)
            expected = config.by_regime and estimator in subject.expected_uniform
            if not wanted and expected:
                wanted = {ALL: "calibrated"}
            for quantity, value in wanted.items():
                where = f"[{subject.settings.truth}.{estimator}] {quantity}"
                _check_known(value, estimator, quantity, subject)
                for parsed in parse(value, config.delta, where):
                    expectation = _resolved(parsed, estimator, engine, subject)
                    _check_sense(expectation, quantity, subject)
                    streams = _streams(expectation, estimator, quantity, subject)
                    checks.append(Check(estimator, engine, quantity, expectation, streams))
    # An estimator's checks of one quantity stand together, whatever the engine.
    names = list(dict.fromkeys((check.estimator, check.quantity) for check in checks))
    return sorted(checks, key=lambda check: names.index((check.estimator, check.quantity)))


def _entry_of(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Find the entry of an estimator or engine: by its full name, or by its name in its file."""
    return table.get(name, table.get(name.rpartition(":")[2], {}))


def _of_engine(table: Mapping[str, Any], engine: str, fitted: Sequence[str]) -> Mapping[str, Any]:
    """Take what is declared for all engines, and over it what is declared for this one."""
    engines = {*fitted, *(name.rpartition(":")[2] for name in fitted), *catalogue.names("engine")}
    common = {name: value for name, value in table.items() if name not in engines}
    return {**common, **_entry_of(table, engine)}


def _check_names(config: Config, subject: Subject) -> None:
    place = f"in {config.where}" if config.where else ""
    settings = subject.settings
    mine = {*settings.estimators, *(name.rpartition(":")[2] for name in settings.estimators)}
    for regime, estimators in config.declared.items():
        if regime not in subject.regimes:
            raise unknown("truth regime", regime, subject.regimes, place)
        for estimator in estimators:
            if estimator not in mine and ":" not in estimator:
                known = {*catalogue.names("estimator"), *mine}
                if estimator not in known:
                    raise unknown("estimator", estimator, known, place)


def _check_known(value: Any, estimator: str, quantity: str, subject: Subject) -> None:
    known = [*subject.estimands[estimator], *subject.quantities[estimator]]
    if quantity == ALL or not known or _elements(quantity, known):
        return
    engines = catalogue.names("engine") if isinstance(value, Mapping) else []
    raise _no_such(quantity, known, f"of {estimator} in this run", engines)


def _resolved(
    expectation: Expectation, estimator: str, engine: str, subject: Subject
) -> Expectation:
    """Find out whom an ordering names: an estimator, an engine, or one by the other."""
    if not isinstance(expectation, Better):
        return expectation
    settings = subject.settings
    first, by, second = expectation.than.partition(" by ")
    if not by and first in settings.fitters and first not in settings.estimators:
        first, second = estimator, first
    if first not in settings.estimators:
        named = [*settings.estimators, *(settings.fitters if len(settings.fitters) > 1 else ())]
        raise unknown("estimator", first, named, "in this run")
    engines = settings.engines_of(first)
    if not second and engine not in engines and len(engines) == 1:
        second = engines[0]
    if (second or engine) not in engines:
        raise unknown("engine", second or engine, engines, "in this run")
    if (first, second or engine) == (estimator, engine):
        raise UserError(f"{fitted_by(estimator, engine)} cannot be better than itself")
    return replace(expectation, than=first, engine=second)


def _check_sense(expectation: Expectation, quantity: str, subject: Subject) -> None:
    settings = subject.settings
    on_ranks = isinstance(expectation, Calibrated | Miscalibrated)
    if quantity == ALL and not on_ranks:
        raise UserError(f"'{expectation}' applies to one estimand at a time, not to '{ALL}'")
    varies = not isinstance(expectation, Bounds) or expectation.metric != "contraction"
    if settings.regime.single_truth and (on_ranks or not varies):
        raise UserError(_NOT_IN_FIXED if on_ranks else _NO_CONTRACTION)
    if isinstance(expectation, Better) and settings.regime.own:
        raise UserError(
            f"in regime {settings.truth} each estimator has its own datasets: they cannot be "
            "compared"
        )


_NOT_IN_FIXED = (
    f"with {option('truth', 'fixed')} uniform ranks are not expected, even by an exact "
    "posterior: a Bayesian interval need not be nominal at one truth. Bound the bias or the "
    f"coverage, ask for an ordering, or draw the truth ({option('truth')} effects, prior or self)"
)
_NO_CONTRACTION = (
    f"with {option('truth', 'fixed')} there is no prior to contract: draw the truth instead"
)


def _elements(quantity: str, known: Sequence[str]) -> list[str]:
    """Name what a quantity stands for: itself, or the elements of a vector; nothing if unknown."""
    if quantity in known:
        return [quantity]
    ranked = {vector_of(name) for name in known}
    if quantity != vector_of(quantity) and vector_of(quantity) in known:
        return [quantity]  # an element of a vector of which no fit has worked yet
    return [name for name in known if vector_of(name) == quantity] if quantity in ranked else []


def _no_such(
    quantity: str, known: Sequence[str], place: str, engines: Sequence[str] = ()
) -> UserError:
    """Make the error for an unknown quantity, which lists vectors by their names.

    `engines` are those that may be meant: a table may be about one of them.
    """
    vector, short = vector_of(quantity), list(dict.fromkeys(map(vector_of, known)))
    if vector != quantity and vector in short and vector not in known:
        elements = ", ".join(compact(name for name in known if vector_of(name) == vector))
        return UserError(f"no element '{quantity}' {place}\n  available: {elements}")
    kind = "quantity or engine" if engines else "quantity"
    return unknown(kind, quantity, [*short, ALL, *engines], place)


def _streams(
    expectation: Expectation, estimator: str, quantity: str, subject: Subject
) -> tuple[str, ...]:
    """Name the quantities that a check judges together.

    Where uniform ranks are expected, those that depend on the data go with every estimand:
    parameters alone cannot show a posterior that ignores the data (Modrák et al. 2023,
    arXiv:2211.02383).
    """
    estimands, others = subject.estimands[estimator], subject.quantities[estimator]
    if quantity == ALL:
        return (*estimands, *others)
    mine = _elements(quantity, [*estimands, *others]) or [quantity]
    expected = isinstance(expectation, Calibrated) and estimator in subject.expected_uniform
    with_others = expected and mine[0] not in others
    return (*mine, *others) if with_others else tuple(mine)
