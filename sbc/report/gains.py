"""The gain in precision of every estimator over one that is the reference."""

from __future__ import annotations

from collections.abc import Sequence

from sbc.plugins.errors import unknown
from sbc.report.targets import Subject
from sbc.stats.fits import Estimate
from sbc.stats.vectors import gain
from sbc.store.frames import Run
from sbc.store.names import meant

_NONE = Estimate(float("nan"), float("nan"))


def reference_of(run: Run, named: str | None) -> str:
    """Give the estimator that others are held against: the one named, else the run's first.

    Raises
    ------
    UserError
        If the run has none of that name.
    """
    estimators = run.settings.estimators
    if named is None:
        return estimators[0]
    if (found := meant(named, estimators)) not in estimators:
        raise unknown("estimator", named, estimators, "in this run")
    return found


def gain_over(reference: str, run: Run, subject: Subject, subjects: Sequence[Subject]) -> Estimate:
    """Give a subject's gain in precision, on the datasets where it and the reference worked.

    Parameters
    ----------
    reference : str
        An estimator; by the subject's own engine, if it was fitted by that.
    run : Run
        Whose subjects these are.
    subject : Subject
        Perhaps of some of the datasets.
    subjects : sequence of Subject
        All, of all datasets.

    Returns
    -------
    Estimate
        A share, 0.1 for 10 %; NaN for the reference itself, and where datasets are not shared.
    """
    its = [s for s in subjects if (s.estimator, s.name) == (reference, subject.name)]
    its = [s for s in its if s.engine == subject.engine] or its
    if (
        run.settings.regime.own
        or not its
        or (reference, its[0].engine) == (subject.estimator, subject.engine)
        or its[0].frames.keys() != subject.frames.keys()
        or subject.members is not None
    ):
        return _NONE
    both = common(subject, its[0])
    return gain(subject.of(both).what, its[0].of(both).what)


def common(one: Subject, other: Subject) -> set[int]:
    """Find the datasets where both worked, with the same truth of every element."""
    same = ["dataset", "truth"]
    shared = [
        set(frame[same].merge(other.frames[name][same], on=same)["dataset"])
        for name, frame in one.frames.items()
    ]
    return set.intersection(*shared)
