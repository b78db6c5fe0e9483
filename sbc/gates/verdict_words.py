"""How every door words a verdict: terminal, table, page, Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sbc.gates.judge import CheckVerdict
from sbc.gates.judgement import Judged, Judgement, RankVerdict
from sbc.gates.lacking import lacking_words
from sbc.store.settings import Settings

_NAMED = 6


class Sign(NamedTuple):
    """An outcome's symbol, its words, its name in the style sheet, and what it means."""

    symbol: str
    words: str
    style: str
    meaning: str


SIGNS: dict[Judged, Sign] = {
    "pass": Sign(
        "✓",
        "within tolerance",
        "good",
        "location and width of the ranks are as they should be, up to the tolerance",
    ),
    "fail": Sign(
        "✗", "miscalibrated", "bad", "the ranks are not uniform, and chance does not explain it"
    ),
    "inconclusive": Sign(
        "?", "inconclusive", "open", "there are too few datasets to show either"
    ),
    "unranked": Sign(
        "–", "no ranks", "open", "estimates without draws have a bias, an error and a coverage, "
        "but no ranks"
    ),
    "unjudged": Sign("–", "not judged", "open", "uniform ranks cannot be asked for here"),
}  # fmt: skip
_WHY = {
    "no fits": "no fits yet",
    "none worked": "no fit has worked",
    "one truth": "at one fixed truth even an exact posterior has ranks that are not uniform",
    "part": "this is a part of a run: merge the shards, then judge the whole",
}


def about(needed: int) -> str:
    """Write a number of datasets that is no more than a guess, with two digits."""
    n = int(float(f"{needed:.1e}")) if needed >= 100 else needed
    return f"about {n:,} more {'dataset' if n == 1 else 'datasets'} would tell"


def waiting(verdict: CheckVerdict) -> str:
    """Say what an open verdict waits for, as a clause; nothing of one that is decided."""
    if verdict.outcome != "inconclusive":
        return ""
    several = len(verdict.check.streams) > 1 and not verdict.check.quantity.endswith("[*]")
    parts = ["the failed fits could change it"] if verdict.turned else []
    if not parts and (found := lacking_words(verdict.lacking, several)):
        parts.append(found)
    if verdict.needed:
        parts.append(about(verdict.needed))
    elif not verdict.turned:
        parts.append("how many more datasets would tell is not clear yet")
    return "; ".join(parts)


def note(found: RankVerdict) -> str:
    """Say why a quantity has no verdict, or what it waits for; nothing if it has one."""
    if found.verdict is None:
        return _WHY.get(found.why, "")
    return waiting(found.verdict)


def told(found: RankVerdict) -> str:
    """Write the verdict on one quantity: symbol, words, and what it waits for."""
    sign, more = SIGNS[found.outcome], note(found)
    return f"{sign.symbol} {sign.words}" + (f" ({more})" if more else "")


def verdict_lines(found: Judgement, settings: Settings) -> list[str]:
    """Write the verdicts on all ranks for a terminal: one line an estimator."""
    groups: dict[tuple[str, str], list[RankVerdict]] = {}
    for one in found.ranks.values():
        if one.quantity:
            groups.setdefault((one.estimator, one.engine), []).append(one)
    if not groups:
        return []
    lines = [f"verdicts on ranks (tolerance {found.config.delta:g}):"]
    for (estimator, engine), mine in groups.items():
        lines.append(f"  {settings.who(estimator, engine)}: {'; '.join(_grouped(mine))}")
    return lines


def _grouped(mine: Iterable[RankVerdict]) -> Iterable[str]:
    """Name the quantities by verdict, the worst first."""
    by_words: dict[str, list[str]] = {}
    order = list(SIGNS)
    for one in sorted(mine, key=lambda v: (v.outcome != "fail", order.index(v.outcome))):
        by_words.setdefault(told(one), []).append(one.quantity)
    for words, names in by_words.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{', '.join(names[:_NAMED])}{more} {words}"
