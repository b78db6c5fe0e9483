"""Every figure of a sweep: maps or lines of each metric, and the figures of the field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sbc.gates.expectations import Bounds
from sbc.report.field import Study, field_pictures
from sbc.report.figures.colours import assign
from sbc.report.figures.pictures import Picture, styled
from sbc.report.labels import Labels
from sbc.report.targets import Subject
from sbc.store.settings import write_value
from sbc.studies.sweep.answers import Answer, answers
from sbc.studies.sweep.colours import scale_of
from sbc.studies.sweep.figures import heat_map, legend, line_plot
from sbc.studies.sweep.read import Sweep
from sbc.studies.sweep.surfaces import Surface, estimands_of, metrics_of, surfaces


@dataclass(frozen=True)
class Look:
    """A sweep with what is asked of it and how its estimators are named and coloured."""

    sweep: Sweep
    bounds: Sequence[Bounds]
    given: list[Answer]
    labels: Labels

    @classmethod
    def of(cls, sweep: Sweep, bounds: Sequence[Bounds] = ()) -> Look:
        """Judge a sweep by some bounds, or by its own."""
        bounds = bounds or sweep.plan.expectations
        labels = Labels.of(sweep.runs[0], assign(sweep.settings.estimators))
        return cls(sweep, bounds, answers(sweep, bounds), labels)

    def who(self, thing: Surface | Subject | Answer) -> dict[str, Any]:
        """Name an estimator with its dot's place in the palette."""
        name = self.labels.label(thing.estimator, thing.engine)
        return {"name": name, "place": self.labels.places[thing.estimator]}

    def drawn(self, found: list[Surface]) -> list[tuple[dict[str, Any] | None, Picture]]:
        """Draw a metric: maps with their legend, or one figure of lines."""
        grid = self.sweep.plan.grid
        names = [self.who(surface)["name"] for surface in found]
        if len(grid.vary) == 1:
            colours = [self.labels.colour(surface.estimator) for surface in found]
            return [(None, line_plot(found, grid, names, colours))]
        scale = scale_of(found[0].metric, found)
        maps: list[tuple[dict[str, Any] | None, Picture]] = [
            (self.who(surface), heat_map(surface, grid, scale, name))
            for surface, name in zip(found, names, strict=True)
        ]
        return [*maps, (None, legend(scale, found[0].metric))]


def study_of(sweep: Sweep) -> Study:
    """Give the cells of a sweep as figures of the field take them."""
    levels = [{name: write_value(v) for name, v in cell.items()} for cell in sweep.cells]
    return Study(sweep.runs, levels)


def sweep_pictures(
    sweep: Sweep, bounds: Sequence[Bounds] = (), field: Sequence[str] = ()
) -> Iterator[tuple[str, Picture]]:
    """Draw every figure of the page, with a name for its file."""
    yield from field_pictures(study_of(sweep), field) if field else ()
    look = Look.of(sweep, bounds)
    for estimand in estimands_of(sweep):
        for metric in metrics_of(sweep, look.bounds):
            found = surfaces(sweep, estimand, metric, look.bounds, look.given)
            with styled():
                drawn = look.drawn(found)
            for who, picture in drawn:
                parts = [estimand, picture.name, who["name"] if who else ""]
                yield "_".join(filter(None, parts)), picture
