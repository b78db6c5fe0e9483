"""What can become of a fit: each status, the limits that lead to it, and its words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sbc.store.rows import DIVERGENT, ERROR, LOW_ESS, NONCONVERGED, OK, POOR, TIMEOUT

#: R-hat at most, and effective sample size at least, of a fit that is ok, and of one that is used.
OK_RHAT, USED_RHAT = 1.01, 1.05
OK_ESS, USED_ESS = 400, 160
#: Share of the draws that may diverge before a fit is flagged.
FEW_DIVERGENCES = 0.005
#: Pareto k̂ above which an approximation is far from the posterior.
POOR_K = 0.7


class Status(NamedTuple):
    """A status in words.

    Attributes
    ----------
    head : str
        Two words at most, as the head of a column.
    did : str
        What such fits did, as the rest of a sentence: "3 fits did not converge".
    meaning : str
        What it takes, and what is made of such a fit.
    reason : str
        Why it failed, where the fit itself left no text; empty if it has not failed.
    """

    head: str
    did: str
    meaning: str
    reason: str = ""


#: In the order in which they are told.
STATUSES = {
    OK: Status(
        "ok",
        "converged",
        f"R-hat is at most {OK_RHAT} and the ESS at least {OK_ESS}, or the engine's own "
        "diagnostics are good",
    ),
    LOW_ESS: Status(
        "low ESS",
        "had a low effective sample size",
        f"R-hat is at most {USED_RHAT} and the ESS at least {USED_ESS}; the fit is used",
    ),
    DIVERGENT: Status(
        "divergent",
        "had divergent transitions",
        f"more than {100 * FEW_DIVERGENCES:g} % of the draws diverged; the fit is used",
    ),
    POOR: Status(
        "poor",
        f"had a Pareto k̂ above {POOR_K}",
        f"the approximation is far from the posterior (Pareto k̂ above {POOR_K}); the fit is used",
    ),
    NONCONVERGED: Status(
        "not converged",
        "did not converge",
        "the fit did not converge in any attempt; it has failed",
        f"did not converge in any attempt: R-hat above {USED_RHAT} or an ESS below {USED_ESS}",
    ),
    ERROR: Status(
        "error",
        "raised an error",
        "the fit raised an error; it has failed",
        "ended without an error message",
    ),
    TIMEOUT: Status(
        "timeout",
        "took too long",
        "the fit took longer than the limit; it has failed",
        "took too long",
    ),
}


def meanings(statuses: Iterable[str]) -> list[str]:
    """Explain those of the statuses that occur, a line each."""
    there = set(statuses)
    return [f"{name} = {one.meaning}." for name, one in STATUSES.items() if name in there]


def did(status: str) -> str:
    """Say what fits of a status did; a status that is not known says itself."""
    return STATUSES[status].did if status in STATUSES else status


def why(status: str) -> str:
    """Say why a fit failed that left no text."""
    return STATUSES[status].reason if status in STATUSES else status
