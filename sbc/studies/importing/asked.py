"""What a user says of results that were made elsewhere, beside the results themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sbc.plugins.errors import UserError, option, unknown
from sbc.store.rows import PROBABILITIES

#: Levels whose intervals a run can hold.
LEVELS = tuple(round(1 - 2 * p, 6) for p in PROBABILITIES if p < 0.5)
#: Where truths come from, and whether ranks are then expected to be uniform.
REGIMES = {"fixed": False, "prior": True, "posterior": True, "drawn": False}


@dataclass(frozen=True)
class Asked:
    """How to read results.

    Attributes
    ----------
    columns : mapping of str to str
        What columns of a table are, theirs to ours.
    true : mapping of str to float, number, or str
        The truth: by estimand, of all estimands, or the column that holds it.
    by : sequence of str, optional
        The columns of the study's factors; None to find out whether there are any.
    where : mapping of str to str
        Rows to keep: column to the value that it has there, as text.
    level : float, optional
        Of the intervals.
    draws : int, optional
        In how many draws truths were ranked.
    name : str
        Of the method, where the source names none.
    truth : str
        The regime; empty to go by the source.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    true: Mapping[str, float] | float | str | None = None
    by: Sequence[str] | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    level: float | None = None
    draws: int | None = None
    name: str = ""
    truth: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        UserError
            Naming the setting.
        """
        if self.truth and self.truth not in REGIMES:
            raise unknown("truth regime", self.truth, REGIMES, "for imported results")
        if self.level is not None:
            check_level(self.level, option("level"))
        if self.draws is not None and self.draws < 1:
            raise UserError(f"{option('draws')} must be at least 1, not {self.draws}")


def check_level(level: float, where: str) -> float:
    """Give a level as it is kept.

    Raises
    ------
    UserError
        If it is none of `LEVELS`.
    """
    for kept in LEVELS:
        if abs(kept - level) < 1e-9:
            return kept
    allowed = ", ".join(f"{kept:g}" for kept in sorted(LEVELS))
    raise UserError(f"{where} is {level:g}; a run holds intervals of the levels {allowed}")


def parse_true(words: Sequence[str]) -> Mapping[str, float] | float | str | None:
    """Read what the command line says of the truth: X, a column, or ESTIMAND=X several times.

    Raises
    ------
    UserError
        If it says more than one truth of all estimands.
    """
    if not words:
        return None
    named = [word for word in words if "=" in word]
    if len(words) == 1 and not named:
        return _number(words[0]) if _number(words[0]) is not None else words[0]
    found: dict[str, float] = {}
    for word in words:
        name, _, text = word.rpartition("=")
        value = _number(text)
        if not name or value is None or name in found:
            raise UserError(
                f"{option('true')} takes a number, a column, or ESTIMAND=NUMBER for each estimand, "
                f"not '{word}'"
            )
        found[name] = value
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
