"""The lecture as one page of HTML, drawn from what its folder keeps; nothing here samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from sbc.plugins.data import Data
from sbc.report.figures.colours import assign
from sbc.report.figures.pictures import Picture, styled
from sbc.report.page.page import figure_of
from sbc.report.page.template import fill
from sbc.store.publish import publish_text
from sbc.studies.lecture import (
    confound_figures,
    prior_figures,
    single,
    story_figures,
    tank_figures,
)
from sbc.studies.lecture.claims import Judged, in_words, judge_claim, turns
from sbc.studies.lecture.confound_data import lecture_data
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.graphs import graphs
from sbc.studies.lecture.judged import LEVEL, Verdict
from sbc.studies.lecture.plan import PAGE, Plan, run_folder, single_folder, with_sigma
from sbc.studies.lecture.scenarios import (
    ANSWERS,
    CHOSEN,
    CONFOUND,
    FEW_TANKS,
    FIVE,
    LAWS,
    LEARNING,
    LUXURY,
    MANY_ROWS,
    MULTILEVEL,
    PARTING,
    PREDATOR,
    SCENARIOS,
    SIGMA_1,
    STORY_SIZES,
    TROLLEY,
    Scenario,
)
from sbc.studies.lecture.single import Single
from sbc.studies.lecture.statements import CLAIMS, PARTS

_HERE = Path(__file__).parent
#: How a verdict is shown: a sign and a class of the style sheet.
SIGNS = {Verdict.HOLDS: ("✓", "good"), Verdict.FAILS: ("✗", "bad"), Verdict.OPEN: ("?", "open")}


def write_page(plan: Plan, folder: Path, tanks: Data) -> tuple[Path, list[Judged]]:
    """Write the page into the lecture's folder, and give its file and the claims judged.

    Parameters
    ----------
    plan : Plan
        What was done.
    folder : Path
        Where it is kept.
    tanks : dict of str to array
        The real tanks.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    file = folder / PAGE
    first = Evidence(SCENARIOS[0], run_folder(folder, SCENARIOS[0]))
    evidence = {scenario.name: first.beside(scenario) for scenario in SCENARIOS}
    judged = [judge_claim(claim, evidence[claim.scenario.name]) for claim in CLAIMS]
    text = page(plan, folder, tanks, evidence, judged)
    return publish_text(file, text), judged


def page(
    plan: Plan,
    folder: Path,
    tanks: Data,
    evidence: Mapping[str, Evidence],
    judged: Sequence[Judged],
) -> str:
    """Write the lecture and the verdicts on its claims; other arguments as in `write_page`.

    Parameters
    ----------
    evidence : mapping of str to Evidence
        Of every scenario, by its name.
    judged : sequence of Judged
        The claims, in the order of the page.
    """
    places = assign(FIVE)

    def of(*scenarios: Scenario) -> list[Evidence]:
        return [evidence[scenario.name] for scenario in scenarios]

    parting = of(*PARTING)
    with styled():
        drawn = {
            part: [figure_of(picture, f"{part}{i}") for i, picture in enumerate(pictures)]
            for part, pictures in (
                *_story_pictures(of),
                *_tank_pictures(plan, folder, tanks, of),
                *_confound_pictures(folder, of),
            )
        }
    return fill(
        _HERE / "lecture.html.j2",
        figures_of=drawn,
        parts=_parts(judged),
        counts=_counts(judged),
        refuted=[_row(one, None) for one in judged if one.verdict is Verdict.FAILS],
        criteria=sum(len(j.found) for j in judged),
        turns=turns(judged),
        comparison=_comparison(folder),
        parted=confound_figures.parted(parting),
        numbers=confound_figures.numbers([*of(CONFOUND, MANY_ROWS), *parting], places),
        level=f"{100 * LEVEL:g}",
        plan=plan,
        trolleys=evidence[TROLLEY.name].datasets,
        runs=[
            {
                "name": scenario.name,
                "words": scenario.words,
                "datasets": evidence[scenario.name].datasets,
            }
            for scenario in SCENARIOS
        ],
    )


#: Gives the evidence of scenarios.
_Of = Callable[..., list[Evidence]]
_Drawn = Iterator[tuple[str, list[Picture]]]


def _parts(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Group the claims' rows by the lecture's parts."""
    rest, parts = list(judged), {}
    for anchor, part in PARTS.items():
        mine, rest = rest[: len(part.claims)], rest[len(part.claims) :]
        parts[anchor] = {
            "title": part.title,
            "anchor": anchor,
            "counts": _counts(mine),
            "claims": [_row(one, before) for before, one in pairwise([None, *mine]) if one],
        }
    return parts


def _counts(judged: Sequence[Judged]) -> dict[str, int]:
    return {verdict.value: sum(j.verdict is verdict for j in judged) for verdict in Verdict}


def _story_pictures(of: _Of) -> _Drawn:
    (trolley,) = of(TROLLEY)
    data = trolley.data(0)
    yield "answers", [story_figures.answers_by(data, unit) for unit in ("story", "participant")]
    (sizes,), learning = of(STORY_SIZES), of(*LEARNING)
    yield (
        "learning",
        [
            *_known([trolley], story_figures.three_posteriors, trolley),
            *_known([sizes], story_figures.error_by_answers, sizes, ANSWERS),
            *_known(learning, story_figures.learning, learning, (5, 10, 20)),
        ],
    )


def _known(
    evidence: Sequence[Evidence], draw: Callable[..., Picture | list[Picture]], *arguments: Any
) -> list[Picture]:
    """Draw figures, none if all fits of an estimator failed that they are about."""
    if not all(one.worked() for one in evidence):
        return []
    found = draw(*arguments)
    return found if isinstance(found, list) else [found]


def _tank_pictures(plan: Plan, folder: Path, tanks: Data, of: _Of) -> _Drawn:
    def kept(estimator: str) -> Single:
        return single.load(single_folder(folder, "tanks"), estimator)

    multilevel, predator = kept(MULTILEVEL), kept(PREDATOR)
    grid = [kept(with_sigma(sigma)) for sigma in plan.sigmas]
    panels = [(f"sigma = {plan.sigmas[i]:g}", grid[i]) for i in (0, -1)]
    panels.append(("multilevel", multilevel))
    yield "before", [prior_figures.survival_by_density(tanks)]
    yield "priors", [prior_figures.priors()]
    yield "grid", [tank_figures.sigma_grid(plan.sigmas, grid, multilevel)]
    yield "survival", [tank_figures.survival(tanks, panels)]
    yield "pull", [tank_figures.pull(tanks, multilevel)]
    yield (
        "predators",
        [
            tank_figures.same_predictions(tanks, multilevel, predator),
            tank_figures.two_sigmas(multilevel, predator),
        ],
    )
    laws = of(*FEW_TANKS, CHOSEN, *LAWS)
    yield "superstitions", _known(laws, tank_figures.superstitions, laws)


def _confound_pictures(folder: Path, of: _Of) -> _Drawn:
    five = [single.load(single_folder(folder, "confound"), name) for name in FIVE]
    yield "graphs", [graphs()]
    yield "groups", [confound_figures.group_sizes(lecture_data())]
    yield "posteriors", [confound_figures.posteriors(five)]
    parting, luxury = of(*PARTING), of(*LUXURY)
    yield "parting", _known(parting, confound_figures.parting, parting)
    yield "luxury", _known(luxury, confound_figures.luxury, luxury)


def _comparison(folder: Path) -> dict[str, Any]:
    """Set multilevel and sigma = 1 beside each other on the real tanks."""
    kept = single_folder(folder, "tanks")
    one, other = (single.load(kept, name) for name in (MULTILEVEL, SIGMA_1))
    return {
        "rows": tank_figures.score_rows([("multilevel", one), ("sigma = 1", other)]),
        "differences": tank_figures.score_differences(one, other),
    }


def _row(judged: Judged, before: Judged | None) -> dict[str, Any]:
    """Write a claim as a row; what the row before it says already is not said again."""
    again = before is not None and before.claim.text == judged.claim.text
    said = before is not None and before.claim.why == judged.claim.why
    sign, kind = SIGNS[judged.verdict]
    numbers = [
        {"words": in_words(criterion, found), "sign": SIGNS[verdict][0]}
        for criterion, found, verdict in judged.found
    ]
    failed = f"{judged.failed} fits failed" if judged.failed else ""
    return {
        "text": judged.claim.text,
        "again": again,
        "where": f"{judged.datasets:,} datasets: {judged.claim.where}",
        "failed": failed + (": too many to judge" if judged.unsound else ""),
        "sign": sign,
        "kind": kind,
        "verdict": judged.verdict.value,
        "numbers": numbers,
        "why": "" if said else judged.claim.why,
    }
