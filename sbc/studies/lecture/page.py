"""The lecture as one page of HTML, drawn from what its folder keeps; nothing here samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sbc.plugins.data import Data
from sbc.plugins.errors import UserError
from sbc.report.figures.colours import assign
from sbc.report.figures.pictures import Picture, styled
from sbc.report.page.page import figure_of
from sbc.report.page.template import fill
from sbc.studies.lecture import confound_figures, single, tank_figures
from sbc.studies.lecture.claims import CLAIMS, Judged, in_words, judge_claim, turns
from sbc.studies.lecture.evidence import Evidence
from sbc.studies.lecture.judged import LEVEL, Verdict
from sbc.studies.lecture.plan import PAGE, Plan, run_folder, single_folder, with_sigma
from sbc.studies.lecture.scenarios import (
    CONFOUND,
    FIVE,
    MANY_ROWS,
    MULTILEVEL,
    PARTING,
    PREDATOR,
    SCENARIOS,
    SIGMA_1,
)
from sbc.studies.lecture.single import Single

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
    evidence = {
        scenario.name: Evidence(scenario, run_folder(folder, scenario)) for scenario in SCENARIOS
    }
    judged = [judge_claim(claim, evidence[claim.scenario.name]) for claim in CLAIMS]
    text = page(plan, folder, tanks, evidence, judged)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UserError(f"cannot write {file}: {problem.strerror or problem}") from problem
    return file, judged


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
    parting = [evidence[scenario.name] for scenario in PARTING]
    lecture = [evidence[scenario.name] for scenario in (CONFOUND, MANY_ROWS)]
    with styled():
        drawn = {
            part: [figure_of(picture, f"{part}{i}") for i, picture in enumerate(pictures)]
            for part, pictures in _pictures(plan, folder, tanks, parting)
        }
    return fill(
        _HERE / "lecture.html.j2",
        figures_of=drawn,
        claims=[_row(one) for one in judged],
        counts={verdict.value: sum(j.verdict is verdict for j in judged) for verdict in Verdict},
        criteria=sum(len(j.found) for j in judged),
        turns=turns(judged),
        comparison=_comparison(folder),
        parted=confound_figures.parted(parting),
        numbers=confound_figures.numbers([*lecture, *parting], places),
        level=f"{100 * LEVEL:g}",
        plan=plan,
        runs=[
            {
                "name": scenario.name,
                "words": scenario.words,
                "datasets": evidence[scenario.name].datasets,
            }
            for scenario in SCENARIOS
        ],
    )


def _pictures(
    plan: Plan, folder: Path, tanks: Data, parting: Sequence[Evidence]
) -> Iterator[tuple[str, list[Picture]]]:
    def kept(estimator: str) -> Single:
        return single.load(single_folder(folder, "tanks"), estimator)

    multilevel, predator = kept(MULTILEVEL), kept(PREDATOR)
    grid = [kept(with_sigma(sigma)) for sigma in plan.sigmas]
    panels = [(f"sigma = {plan.sigmas[i]:g}", grid[i]) for i in (0, -1)]
    panels.append(("multilevel", multilevel))
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
    five = [single.load(single_folder(folder, "confound"), name) for name in FIVE]
    yield "posteriors", [confound_figures.posteriors(five)]
    yield "parting", confound_figures.parting(parting)


def _comparison(folder: Path) -> dict[str, Any]:
    """Set multilevel and sigma = 1 beside each other on the real tanks."""
    kept = single_folder(folder, "tanks")
    one, other = (single.load(kept, name) for name in (MULTILEVEL, SIGMA_1))
    return {
        "rows": tank_figures.score_rows([("multilevel", one), ("sigma = 1", other)]),
        "differences": tank_figures.score_differences(one, other),
    }


def _row(judged: Judged) -> dict[str, Any]:
    sign, kind = SIGNS[judged.verdict]
    numbers = [
        {"words": in_words(criterion, found), "sign": SIGNS[verdict][0]}
        for criterion, found, verdict in judged.found
    ]
    failed = f"{judged.failed} fits failed" if judged.failed else ""
    return {
        "text": judged.claim.text,
        "where": f"{judged.datasets:,} datasets: {judged.claim.scenario.words}",
        "failed": failed + (": too many to judge" if judged.unsound else ""),
        "sign": sign,
        "kind": kind,
        "verdict": judged.verdict.value,
        "numbers": numbers,
        "why": judged.claim.why,
    }
