"""The engine of a model that no gradient can sample, where the user has named none."""

from __future__ import annotations

import sys
from dataclasses import replace

from sbc.plugins import registry
from sbc.plugins.errors import UserError
from sbc.store.settings import Settings

#: Takes discrete variables.
COMPOUND = "pymc"


def settled(settings: Settings, named: bool) -> Settings:
    """Choose the engine of discrete variables for a model that has some, and say so.

    Parameters
    ----------
    settings : Settings
        Valid ones.
    named : bool
        Whether the user, or the run that is gone on with, names the engine.
    """
    if named or settings.engines != Settings().engines:
        return settings
    for name in settings.estimators:
        if registry.is_users(name) and (found := _discrete(settings, name)):
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
