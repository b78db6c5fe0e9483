"""Compare a generator with a model before any fit, and keep what was found beside a run."""

from __future__ import annotations

from sbc.fitting.allowed import expects_uniform
from sbc.fitting.forward_streams import streams_of
from sbc.fitting.functions import with_functions
from sbc.fitting.setup import setup_of
from sbc.gates.forward import Forward, judge_forward
from sbc.plugins.errors import UserError
from sbc.stats.sequential.outcome import ALPHA_FAIL
from sbc.store.settings import Settings


def check(settings: Settings, alpha: float = ALPHA_FAIL) -> list[Forward]:
    """Rank truths and data of a generator among the draws of each estimator's model.

    Parameters
    ----------
    settings : Settings
        Of a run; its datasets are looked at, and nothing is fitted.
    alpha : float
        The chance that something is found by mistake, of all estimators together, in (0, 1).

    Returns
    -------
    list of Forward
        One an estimator.

    Raises
    ------
    UserError
        Where truth and data come from the model itself, or an estimator states no model.
    """
    settings = with_functions(settings)
    if settings.functions:
        raise UserError(
            f"'{settings.functions[0]}' is a function: it states no model to compare a generator "
            "with"
        )
    share = alpha / len(settings.estimators)
    return [_checked(settings, name, share) for name in settings.estimators]


def _checked(settings: Settings, name: str, alpha: float) -> Forward:
    streams = streams_of(setup_of(settings, name), settings.datasets)
    plan = streams.plan
    return Forward(
        estimator=name,
        judged=expects_uniform(settings, name),
        alpha=alpha,
        datasets=settings.datasets,
        found=judge_forward(
            *(streams.pit, streams.differing, settings.datasets, alpha, streams.impossible)
        ),
        skipped=dict(plan.skipped),
        only_in_truth=tuple(plan.only_in_truth),
        only_in_model=tuple(plan.only_in_model),
        failed=dict(streams.failed),
    )
