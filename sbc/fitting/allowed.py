"""What settings may be: whether the names in them stand for something, and go together."""

from __future__ import annotations

from typing import Any

from sbc.plugins import catalogue, registry
from sbc.plugins.errors import UserError, option, unknown
from sbc.plugins.generator import Generator
from sbc.plugins.plain import EVERYONE
from sbc.plugins.spec import Spec
from sbc.store.regime import OWN, SELF
from sbc.store.settings import DECLARED, Settings


def parameters_of(generator: Generator, truth: str) -> dict[str, Any]:
    """List what may be set in a regime; in `OWN`, what the default one's data depend on.

    Raises
    ------
    UserError
        If there is no such regime.
    """
    regimes = list(generator.regimes)
    if truth not in (*OWN, *regimes):
        raise unknown("truth regime", truth, [*regimes, *OWN], f"in {generator.name}")
    if truth in OWN:
        return generator.parameters(regimes[0]) if regimes else generator.sizes
    return generator.parameters(truth)


def expects_uniform(settings: Settings, estimator: str) -> bool:
    """Say whether this regime draws truth and data from the estimator's own joint distribution.

    That may be given real data. Of a function it is expected if it gives draws and the generator
    names it: a bootstrap's draws are no posterior's.
    """
    expected = registry.generator(settings.generator).uniform_ranks
    mine = expected.get(settings.truth, ())
    named = Spec.parse(estimator).short in mine
    if estimator not in settings.functions:
        return settings.regime.own or named or EVERYONE in mine
    from sbc.fitting.functions import gives_draws

    return named and gives_draws(settings, estimator)


def regimes_of(settings: Settings) -> list[str]:
    """List the truth regimes that a run of this generator may have."""
    return [*registry.generator(settings.generator).regimes, *OWN]


def generator_of(settings: Settings) -> Generator:
    """Give the generator, its design taken from the real data if there are any.

    Raises
    ------
    UserError
        If the file of data cannot be used.
    """
    return registry.generator_with(settings.generator, settings.data)


def _check_simulator(settings: Settings) -> None:
    if not settings.simulator:
        return
    if not settings.regime.prior_sbc:
        raise UserError(
            f"a simulator takes truths from the model's own prior: {option('truth', SELF.name)}, "
            f"not {settings.truth}"
        )
    catalogue.check("simulator", settings.simulator)


def _check_quantities(settings: Settings) -> None:
    short = [name.rpartition(":")[2] for name in settings.quantities]
    for name in settings.quantities:
        catalogue.check("quantity", name)
    for name in short:
        if short.count(name) > 1:
            raise UserError(f"two of {option('quantity')} are called '{name}'; rename one")


def _check_data(settings: Settings) -> None:
    if settings.data and not settings.regime.own:
        raise UserError(
            f"{option('data')} goes with {option('truth')} {' or '.join(OWN)}, not "
            f"{settings.truth}, which makes data of its own"
        )
    if settings.data and settings.parameters:
        named = f"{option('parameter')} {', '.join(settings.parameters)}"
        raise UserError(f"{named} has no meaning with {option('data')}: the data are given")
    if settings.regime.given_data and not settings.data:
        lacking = [n for n in settings.estimators if not registry.brings_data(n)]
        if lacking:
            raise UserError(
                f"{option('truth', settings.truth)} needs real data for {lacking[0]}: "
                + option("data", "FILE")
            )
    generator_of(settings)


def validate(settings: Settings) -> None:
    """Refuse settings that cannot run, before anything slow is imported.

    Raises
    ------
    UserError
        Naming the setting, what is allowed, and what was perhaps meant.
    """
    catalogue.check("generator", settings.generator)
    for name in settings.estimators:
        plain = catalogue.canonical("estimator", name)
        if plain != name:  # or the same estimator would go by two names, with two seeds
            raise UserError(f"write '{plain}' for the estimator '{name}'")
    for name in settings.engines:
        catalogue.check("engine", name)
    for kind, chosen in (("estimator", settings.estimators), ("engine", settings.engines)):
        if not chosen:
            raise UserError(f"no {kind} named")
        if len(set(chosen)) < len(chosen):
            raise UserError(f"an {kind} is named twice: {', '.join(chosen)}")
    generator = registry.generator(settings.generator)
    allowed = parameters_of(generator, settings.truth)
    for name in settings.parameters:
        if name not in allowed:
            where = f"in {generator.name} with {option('truth', settings.truth)}"
            raise unknown("parameter", name, allowed, where)
    _check_data(settings)
    _check_simulator(settings)
    _check_quantities(settings)
    for name, value in {**vars(settings), **vars(settings.budget)}.items():
        if name in DECLARED and DECLARED[name].kind in (int, float):
            DECLARED[name].check(value)
