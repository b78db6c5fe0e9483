"""Colours: one an estimator wherever it appears, told apart by colour-blind eyes too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sbc.plugins import catalogue


class Colour(NamedTuple):
    """What is used on light paper and on a dark screen."""

    light: str
    dark: str


#: After Okabe and Ito, darker on paper and lighter on a screen until lines and dots stand out.
PALETTE = (
    Colour("#c48400", "#f0b429"),  # orange
    Colour("#0072b2", "#55a8e8"),  # blue
    Colour("#4a9fd0", "#8fd0f5"),  # sky
    Colour("#00886a", "#2fc79c"),  # green
    Colour("#b0568c", "#e79ac6"),  # purple
    Colour("#d55e00", "#ff8c52"),  # vermilion
    Colour("#5f6672", "#b4bac4"),  # grey
    Colour("#7a5c3e", "#c9a983"),  # brown
)

INK = Colour("#23272f", "#e7e9ee")
LABEL = Colour("#5b616c", "#b3b8c2")
AXIS = Colour("#8a8f99", "#7f8693")
BAND = Colour("#d5d9e0", "#3b414d")

#: Every colour that a figure may use, by the name of its variable in the page's style.
VARIABLES = {
    "ink": INK,
    "label": LABEL,
    "axis": AXIS,
    "band": BAND,
    **{f"c{i}": colour for i, colour in enumerate(PALETTE)},
}


def assign(estimators: Iterable[str]) -> dict[str, int]:
    """Give each estimator its place in the palette.

    Built-in ones have theirs whatever else is in the report, those of other files follow in order
    of appearance. Whoever finds a place taken gets the next that is free, as long as there is one.
    """
    builtin = catalogue.names("estimator")
    shown = list(dict.fromkeys(estimators))
    own = [name for name in shown if name not in builtin]
    places = {name: i % len(PALETTE) for i, name in enumerate([*builtin, *own])}
    taken: set[int] = set()
    for name in sorted(shown, key=lambda name: name not in builtin):
        following = [(places[name] + i) % len(PALETTE) for i in range(len(PALETTE))]
        places[name] = next((i for i in following if i not in taken), places[name])
        taken.add(places[name])
    return places
