"""Who fits: functions themselves, and of models that no gradient can sample another engine."""

from __future__ import annotations

import sys
from dataclasses import replace

from sbc.fitting.functions import with_functions
from sbc.plugins import registry
from sbc.plugins.errors import UserError
from sbc.store.settings import Settings

#: Takes discrete variables.
COMPOUND = "pymc"


def settled(settings: Settings, named: bool) -> Settings:
    """Find the functions among the estimators, and choose an engine for the others.

    A model that has discrete variables is fitted by an engine that takes them, which is said.

    Parameters
    ----------
    settings : Settings
        Valid ones.
    named : bool
        Whether the user, or the run that is gone on with, names the engine.
    """
    settings = with_functions(settings)
    if named or settings.engines != Settings().engines:
        return settings
    for name in settings.estimators:
        if (
            name not in settings.functions
            and registry.is_users(name)
            and (found := _discrete(settings, name))
        ):
            print(
                f"sbc: '{found}' of '{name}' is discrete: fitted by the engine {COMPOUND} "
                "(PyMC's compound steps)",
                file=sys.stderr,
            )
            return replace(settings, engines=(COMPOUND,))
    return settings


def _discrete(settings: Settings, name: str) -> str:
    """Name a discrete free variable of a user's model; empty if there is none."""
    from sbc.engines import _model
    from sbc.fitting.setup import setup_of

    try:
        setup = setup_of(settings, name)
        data = setup.estimator.select(setup.designs[0])
        found = _model.discrete(_model.build(setup.estimator, setup.generator, data))
    except UserError:
        raise
    except Exception:
        return ""
    return found[0] if found else ""
