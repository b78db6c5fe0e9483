"""Where truths come from, and what follows from that for datasets, ranks and words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TruthRegime:
    """One way of choosing the truth: a generator's, or one that estimators bring themselves.

    Attributes
    ----------
    name : str
        As ``--truth`` takes it.
    own : bool
        Whether truth and data are drawn from each estimator's own joint distribution. Then each has
        datasets of its own, and its ranks are expected to be uniform; else all share datasets.
    given_data : bool
        Whether that distribution is the one given real data: posterior SBC.
    words : str
        What it is, in a sentence; empty for those of generators.
    """

    name: str
    own: bool = False
    given_data: bool = False
    words: str = ""

    @property
    def prior_sbc(self) -> bool:
        """Whether truths are drawn from each estimator's own prior."""
        return self.own and not self.given_data

    @property
    def single_truth(self) -> bool:
        """Whether all datasets have one truth, so that there is no prior to contract."""
        return self.name == "fixed"


SELF = TruthRegime(
    "self",
    own=True,
    words="Truth and data are drawn from each estimator's own joint distribution, so that each "
    "estimator has datasets of its own.",
)
POSTERIOR = TruthRegime(
    "posterior",
    own=True,
    given_data=True,
    words="The truth is drawn from each estimator's own posterior given real data, data are "
    "replicated from there, and the estimator is fitted to both, so that each has datasets of its "
    "own.",
)
#: Regimes that every generator has, by name.
OWN = {regime.name: regime for regime in (SELF, POSTERIOR)}


def regime_of(name: str) -> TruthRegime:
    """Give a regime by its name: one of `OWN`, or a generator's.

    Examples
    --------
    >>> regime_of("self").prior_sbc, regime_of("effects").own
    (True, False)
    """
    return OWN.get(name) or TruthRegime(name)
