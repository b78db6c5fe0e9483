"""One or several runs as one page of HTML that needs nothing beside itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sbc.report.cells import cells_of
from sbc.report.discrete import NOTE
from sbc.report.field import Study, field_pictures
from sbc.report.figures.colours import assign
from sbc.report.figures.pictures import Picture, styled
from sbc.report.figures.scalar import pair_pictures
from sbc.report.figures.svg import inline
from sbc.report.figures.vector import vector_pictures
from sbc.report.labels import Labels, plural
from sbc.report.page import answer, compare, engines, fits, why
from sbc.report.page.origin import origin
from sbc.report.page.template import fill
from sbc.report.verdicts import DELTA, WORDS, Pair, pairs_of, with_words
from sbc.stats.sequential.judge import tolerated
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS
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
    found = [pairs_of(run) for run in runs]
    told = iter(with_words([pair for pairs in found for pair in pairs]))
    places = assign(name for run in runs for name in run.settings.estimators)
    return [
        Chapter(i, run, [next(told) for _ in pairs], Labels.of(run, places))
        for i, (run, pairs) in enumerate(zip(runs, found, strict=True), start=1)
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
    limits = tolerated(DELTA)
    return fill(
        _HERE / "page.html.j2",
        runs=shown,
        words=WORDS,
        unranked=any(pair.outcome == "unranked" for one in found for pair in one.pairs),
        delta=f"{DELTA:g}",
        limits={name: f"{value:.2f}" for name, value in limits._asdict().items()},
        alphas=(f"{ALPHA_FAIL:g}", f"{ALPHA_PASS:g}"),
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
    drawn = {
        part: [figure_of(picture, f"{part}f{i}") for i, picture in enumerate(found)]
        for part, found in pictures(chapter)
    }
    failed, more = fits.failures(run, labels)
    return {
        "anchor": f"r{chapter.number}",
        "title": chapter.title,
        "process": _process(settings),
        "regime": answer.regime_words(run),
        "notes": run.lines,
        "count": plural(run.fits.dataset.nunique(), "dataset"),
        "state": state(run),
        "flagged": answer.flagged(run),
        "columns": answer.columns_of(pairs),
        "grid": answer.grid(run, pairs, labels, anchors),
        "measures": drawn[chapter.anchor("s")],
        "differences": drawn[chapter.anchor("d")],
        "reference": engines.reference_of(settings.engines),
        "imported": bool(run.provenance.imported),
        "discrete": NOTE if any(pair.discrete for pair in pairs) else "",
        "costs": drawn[chapter.anchor("e")],
        "cost_numbers": engines.cost_numbers(chapter.costs, labels),
        "numbers": compare.numbers(pairs, labels),
        "pairs": [
            _pair(pair, labels, anchor, drawn[anchor])
            for pair, anchor in zip(pairs, anchors, strict=True)
            if pair.quantity
        ],
        "spreads": drawn[chapter.anchor("t")],
        "statuses": fits.statuses(run, labels),
        "failures": failed,
        "more_failures": more,
        "worst": fits.worst(run, _estimands(pairs), labels),
        "before": why.before(run, labels),
        "why": why.why(run, labels),
        "origin": origin(run),
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


def state(run: Run) -> str:
    """Say what is missing from a run, nothing if nothing is."""
    settings = run.settings
    datasets = run.shard.count(settings.datasets)
    wanted = datasets * len(settings.pairs)
    if run.fits.empty:
        return "This run holds no fits yet: there is nothing to judge."
    if run.results.empty:
        return "Every fit of this run failed: there is nothing to judge, and the reasons are below."
    if run.fits.dataset.nunique() == 1:
        return "One dataset says nothing about calibration; what there is of it is below."
    if len(run.fits) < wanted:
        return f"This run is not finished: {len(run.fits):,} of {wanted:,} fits are there."
    if part := run.shard.describe():
        return f"This is {part} of a run: the datasets of the others are not in it."
    return ""


def figure_of(picture: Picture, name: str) -> dict[str, Any]:
    """Give a picture as the template takes it, its ids beginning with `name`."""
    svg = inline(picture.figure, name, picture.alt)
    # The drawing is ours, and escapes the names in it.
    return {"title": picture.title, "caption": picture.caption, "svg": Markup(svg)}


def _pair(pair: Pair, labels: Labels, anchor: str, drawn: list[dict[str, Any]]) -> dict[str, Any]:
    symbol, words, kind = WORDS[pair.outcome]
    return {
        "anchor": anchor,
        "estimator": labels.label(pair.estimator, pair.engine),
        "place": labels.places[pair.estimator],
        "quantity": pair.quantity,
        "symbol": symbol,
        "verdict": words,
        "kind": kind,
        "note": pair.note,
        "words": f"{pair.words} Within the tolerance all the same."
        if pair.words and pair.outcome == "pass"
        else pair.words,
        "n": plural(pair.n, "fit"),
        "is_estimand": pair.is_estimand,
        "elements": compare.of_elements(pair),
        "unlisted": max(0, len(pair.frames) - compare.SHOWN_ELEMENTS),
        "figures": drawn,
    }
