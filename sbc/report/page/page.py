"""One or several runs as one page of HTML that needs nothing beside itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sbc.gates.judgement import Judgement, judgement
from sbc.gates.verdict_words import SIGNS
from sbc.report.cells import cells_of
from sbc.report.discrete import NOTE
from sbc.report.field import Study, field_pictures
from sbc.report.figures.colours import assign
from sbc.report.figures.pictures import Picture, styled
from sbc.report.figures.scalar import pair_pictures
from sbc.report.figures.svg import inline
from sbc.report.figures.vector import vector_pictures
from sbc.report.labels import Labels, plural
from sbc.report.page import answer, compare, engines, fits, paper, why
from sbc.report.page.gate import gate_of, how, state
from sbc.report.page.origin import origin
from sbc.report.page.template import fill
from sbc.report.verdicts import Pair, pairs_of, with_words
from sbc.stats.vectors import Elements
from sbc.store.frames import Run
from sbc.store.settings import Settings

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Chapter:
    """One run with all that was found in it."""

    number: int
    run: Run
    pairs: list[Pair]
    labels: Labels
    judgement: Judgement

    @cached_property
    def costs(self) -> list[engines.Cost]:
        """What approximations cost against the reference engine, if the run has one."""
        return engines.costs(self.run, self.pairs)

    @property
    def title(self) -> str:
        """Name the run as its folder is named, and which of the cells of its study this is."""
        name = self.run.folder.name or str(self.run.folder)
        return f"{name}: {self.run.label}" if self.run.label else name

    def anchor(self, part: str, index: int | None = None) -> str:
        """Name a place on the page: of a part, or of one pair in it."""
        return f"r{self.number}{part}{'' if index is None else index}"


def chapters(runs: Sequence[Run]) -> list[Chapter]:
    """Judge runs, by the cells of their studies, and find the words for all of them together."""
    runs = [cell for run in runs for cell in cells_of(run)]
    judged = [judgement(run) for run in runs]
    found = [pairs_of(run, said) for run, said in zip(runs, judged, strict=True)]
    told = iter(with_words([pair for pairs in found for pair in pairs]))
    places = assign(name for run in runs for name in run.settings.estimators)
    return [
        Chapter(i, run, [next(told) for _ in pairs], Labels.of(run, places), said)
        for i, (run, pairs, said) in enumerate(zip(runs, found, judged, strict=True), start=1)
    ]


def pictures(chapter: Chapter) -> Iterator[tuple[str, list[Picture]]]:
    """Draw a run's figures, by the part of the page that shows them."""
    labels, pairs = chapter.labels, chapter.pairs
    with styled():
        yield chapter.anchor("s"), compare.side_by_side(pairs, labels)
        yield chapter.anchor("d"), compare.differences(pairs, labels)
        yield chapter.anchor("e"), engines.cost_pictures(chapter.costs, labels)
        yield chapter.anchor("t"), fits.spreads(chapter.run, labels)
        for i, pair in enumerate(pairs):
            yield chapter.anchor("p", i), _drawn(pair, labels.colour(pair.estimator))


def _drawn(pair: Pair, colour: str) -> list[Picture]:
    if isinstance(pair.fits, Elements):
        return [
            replace(picture, caption=f"{picture.caption} {NOTE}")
            if pair.discrete and picture.name == "coverage-by-element"
            else picture
            for picture in vector_pictures(pair.fits, colour)
        ]
    return pair_pictures(pair.fits, colour, pair.is_estimand)


def page(runs: Sequence[Run], field: Sequence[str] = ()) -> str:
    """Write the page.

    Parameters
    ----------
    runs : sequence of Run
        At least one; each becomes a part of the page. Runs without a fit are told as such.
    field : sequence of str
        Figures to add at the end, some of `sbc.report.field.KINDS`.
    """
    found = chapters(runs)
    shown = [_context(chapter) for chapter in found]
    return fill(
        _HERE / "page.html.j2",
        runs=shown,
        field=[
            {"title": run.folder.name, "figures": field_figures(Study.of(run), field, f"x{i}")}
            for i, run in enumerate(runs if field else ())
        ],
    )


def field_figures(study: Study, kinds: Sequence[str], name: str) -> list[dict[str, Any]]:
    """Draw the figures of a study as a template takes them, their ids beginning with `name`."""
    drawn = field_pictures(study, kinds)
    with styled():
        return [figure_of(picture, f"{name}f{i}") for i, (_, picture) in enumerate(drawn)]


def _context(chapter: Chapter) -> dict[str, Any]:
    run, pairs, labels = chapter.run, chapter.pairs, chapter.labels
    settings, anchors = run.settings, [chapter.anchor("p", i) for i in range(len(pairs))]
    printed = paper.printed(pairs)
    drawn = {
        part: [figure_of(picture, f"{part}f{i}") for i, picture in enumerate(found)]
        for part, found in pictures(chapter)
    }
    return {
        "anchor": f"r{chapter.number}",
        "title": chapter.title,
        "process": _process(settings),
        "regime": answer.regime_words(run),
        "notes": run.lines,
        "count": plural(run.fits.dataset.nunique(), "dataset"),
        "state": state(run, chapter.judgement),
        "gate": gate_of(chapter.judgement),
        "how": how(chapter.judgement),
        "flagged": answer.flagged(run),
        "columns": answer.columns_of(pairs),
        "grid": answer.grid(run, pairs, labels, anchors),
        "imported": bool(run.provenance.imported),
        "discrete": NOTE if any(pair.discrete for pair in pairs) else "",
        **_compared(chapter, drawn),
        "pairs": [
            _pair(pair, labels, anchor, drawn[anchor]) | {"printed": i in printed}
            for i, (pair, anchor) in enumerate(zip(pairs, anchors, strict=True))
            if pair.quantity
        ],
        "unprinted": paper.words(pairs),
        "dense": paper.brief(pairs, paper.DENSE),
        **_fitted(chapter, drawn),
        "before": why.before(run, labels),
        "why": why.why(run, labels),
        "origin": origin(run),
    }


def _compared(chapter: Chapter, drawn: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Set estimators side by side, and approximations beside a reference engine."""
    return {
        "measures": drawn[chapter.anchor("s")],
        "differences": drawn[chapter.anchor("d")],
        "numbers": compare.numbers(chapter.pairs, chapter.labels),
        "reference": engines.reference_of(chapter.run.settings.engines),
        "costs": drawn[chapter.anchor("e")],
        "cost_numbers": engines.cost_numbers(chapter.costs, chapter.labels),
    }


def _fitted(chapter: Chapter, drawn: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Tell how the fits went."""
    run, labels = chapter.run, chapter.labels
    failed, more = fits.failures(run, labels)
    worst = fits.worst(run, _estimands(chapter.pairs), labels)
    return {
        "spreads": drawn[chapter.anchor("t")],
        "statuses": fits.statuses(run, labels),
        "failures": failed,
        "more_failures": more,
        "worst": worst,
        "far": fits.far_words(len(worst)),
    }


def _estimands(pairs: list[Pair]) -> dict[str, set[str]]:
    """Name what each estimator estimates, vectors by their elements."""
    found = {pair.estimator: set[str]() for pair in pairs}
    for pair in pairs:
        if pair.is_estimand:
            found[pair.estimator].update(pair.frames)
    return found


def _process(settings: Settings) -> str:
    return " · ".join(filter(None, (settings.generator, settings.describe_truth(), settings.data)))


def figure_of(picture: Picture, name: str) -> dict[str, Any]:
    """Give a picture as the template takes it, its ids beginning with `name`."""
    svg = inline(picture.figure, name, picture.alt)
    # The drawing is ours, and escapes the names in it.
    return {"title": picture.title, "caption": picture.caption, "svg": Markup(svg)}


def _pair(pair: Pair, labels: Labels, anchor: str, drawn: list[dict[str, Any]]) -> dict[str, Any]:
    symbol, words, kind, _ = SIGNS[pair.outcome]
    return {
        "anchor": anchor,
        "estimator": labels.label(pair.estimator, pair.engine),
        "place": labels.places[pair.estimator],
        "quantity": pair.quantity,
        "symbol": symbol,
        "verdict": words,
        "kind": kind,
        "note": pair.note,
        "words": pair.words,
        "n": plural(pair.n, "fit"),
        "is_estimand": pair.is_estimand,
        "elements": compare.of_elements(pair),
        "unlisted": max(0, len(pair.frames) - compare.SHOWN_ELEMENTS),
        "figures": drawn,
    }
