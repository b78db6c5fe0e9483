"""Each figure of a report as files of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from sbc.report.field import Study, field_pictures
from sbc.report.figures.pictures import Picture, styled
from sbc.report.figures.svg import standalone
from sbc.report.labels import slug
from sbc.report.page.page import Chapter, chapters, pictures
from sbc.store.frames import Run
from sbc.store.publish import publish, publish_text

_NO_METADATA = {"Software": None}


def save_figures(runs: Sequence[Run], folder: Path, field: Sequence[str] = ()) -> list[Path]:
    """Write every figure as SVG and as PNG, named after what it shows.

    Parameters
    ----------
    runs : sequence of Run
        Whose.
    folder : Path
        Where to.
    field : sequence of str
        Figures of the field to write besides, some of `sbc.report.field.KINDS`.

    Raises
    ------
    UserError
        If the folder cannot be written.
    """
    return _save_all(folder, chain(_named(runs), _of_field(runs, field)))


def _of_field(runs: Sequence[Run], field: Sequence[str]) -> Iterator[tuple[str, str, Picture]]:
    for run in runs if field else ():
        place = slug(run.folder.name) if len(runs) > 1 else ""
        for name, picture in field_pictures(Study.of(run), field):
            yield place, slug(name), picture


def _named(runs: Sequence[Run]) -> Iterator[tuple[str, str, Picture]]:
    """Yield every figure with its folder and its name."""
    told = chapters(runs)
    for chapter in told:
        place = slug(chapter.title) if len(told) > 1 else ""
        for part, found in pictures(chapter):
            for picture in found:
                yield place, _name(chapter, part, picture), picture


def save_pictures(pictures: Iterable[tuple[str, Picture]], folder: Path) -> list[Path]:
    """Write pictures as SVG and as PNG under the names that come with them.

    Raises
    ------
    UserError
        If the folder cannot be written.
    """
    return _save_all(folder, (("", slug(name), picture) for name, picture in pictures))


def _save_all(folder: Path, pictures: Iterable[tuple[str, str, Picture]]) -> list[Path]:
    written: list[Path] = []
    for place, name, picture in pictures:
        written += _save(picture, _free(folder / place, name, written))
    return written


def _name(chapter: Chapter, part: str, picture: Picture) -> str:
    for i, pair in enumerate(chapter.pairs):
        if chapter.anchor("p", i) == part:
            label = chapter.labels.label(pair.estimator, pair.engine)
            return slug(picture.name, label, pair.quantity)
    return slug(picture.name)


def _free(place: Path, name: str, taken: list[Path]) -> Path:
    """Give a file's name a number if another user's file has that name."""
    stem = place / name
    if stem.with_name(f"{name}.svg") in taken:
        stem = place / f"{name}-{len(taken)}"
    return stem


def _save(picture: Picture, stem: Path) -> list[Path]:
    svg, png = (stem.with_name(f"{stem.name}.{kind}") for kind in ("svg", "png"))
    with styled():
        publish_text(svg, standalone(picture.figure))
        publish(png, partial(picture.figure.savefig, facecolor="white", metadata=_NO_METADATA))
    return [svg, png]
