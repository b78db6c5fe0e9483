"""The causal graphs of the confound, drawn: who moves whom, dashed where nobody can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from sbc.report.figures.colours import BAND, INK, LABEL
from sbc.report.figures.pictures import Picture

_RADIUS = 0.15


@dataclass(frozen=True)
class Graph:
    """A directed graph.

    Attributes
    ----------
    title : str
        What it is of.
    nodes : mapping of str to (float, float)
        Where each stands.
    arrows : sequence of (str, str)
        From whom to whom.
    unseen : set of str
        Whom nobody observes: they and their arrows are dashed.
    fitted : set of str
        What the estimator takes in the place of what nobody sees: filled.
    """

    title: str
    nodes: Mapping[str, tuple[float, float]]
    arrows: Sequence[tuple[str, str]]
    unseen: frozenset[str] = frozenset()
    fitted: frozenset[str] = frozenset()

    def words(self) -> str:
        """Say the same in words."""
        unseen = f" (not observed: {', '.join(sorted(self.unseen))})" if self.unseen else ""
        return f"{self.title}: {', '.join(f'{a}→{b}' for a, b in self.arrows)}{unseen}"


_PLACES = {"G": (0.5, 1.0), "X": (0.0, 0.0), "Y": (1.0, 0.0), "Z": (1.0, 1.0)}
GRAPHS = (
    Graph("The confound", _PLACES, [("G", "X"), ("G", "Y"), ("X", "Y"), ("Z", "Y")],
          unseen=frozenset("G")),
    Graph("Mundlak", _PLACES | {"X̄": (0.0, 1.0)},
          [("G", "X"), ("G", "Y"), ("X", "Y"), ("Z", "Y"), ("X", "X̄")],
          unseen=frozenset("G"), fitted=frozenset({"X̄"})),
    Graph("Latent: the model of X", {"u": (0.5, 1.0), "X": (0.5, 0.0)}, [("u", "X")],
          unseen=frozenset("u"), fitted=frozenset("u")),
    Graph("Latent: the model of Y", {"u": (0.5, 1.0), "X": (0.0, 0.0), "Y": (1.0, 0.0),
                                     "Z": (1.0, 1.0)},
          [("u", "Y"), ("X", "Y"), ("Z", "Y")], unseen=frozenset("u"), fitted=frozenset("u")),
)  # fmt: skip


def graphs() -> Picture:
    """Draw the confound and what two of its estimators make of it, side by side."""
    figure = Figure(figsize=(2.1 * len(GRAPHS), 2.0), layout="constrained")
    row = figure.subplots(1, len(GRAPHS))
    for axes, graph in zip(row, GRAPHS, strict=True):
        _draw(axes, graph)
    return Picture(
        "graphs",
        "Who moves whom",
        "Dashed: not observed. Filled: what an estimator has for it. Mundlak takes the group's "
        "mean of X, which G moves through X, as a stand-in for G; latent puts a u for each group "
        "into two models at once, one of X and one of Y.",
        f"{'. '.join(graph.words() for graph in GRAPHS)}.",
        figure,
    )


def _draw(axes: Axes, graph: Graph) -> None:
    axes.set(xlim=(-0.3, 1.3), ylim=(-0.3, 1.3), aspect="equal")
    axes.set_title(graph.title)
    axes.axis("off")
    for start, end in graph.arrows:
        _arrow(axes, graph.nodes[start], graph.nodes[end], dashed=start in graph.unseen)
    for name, place in graph.nodes.items():
        dashed = name in graph.unseen
        fill = BAND.light if name in graph.fitted else "none"
        line = (0, (3, 2)) if dashed else "solid"
        edge = LABEL.light if dashed else INK.light
        axes.add_patch(Circle(place, _RADIUS, fc=fill, ec=edge, ls=line, lw=1))
        axes.text(*place, name, ha="center", va="center", fontsize=10)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], dashed: bool) -> None:
    """Draw from rim to rim, as a line and a head of its own: a dashed head is no head."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx**2 + dy**2) ** 0.5
    ux, uy = dx / length, dy / length
    colour = LABEL.light if dashed else INK.light
    first = (start[0] + _RADIUS * ux, start[1] + _RADIUS * uy)
    tip = (end[0] - _RADIUS * ux, end[1] - _RADIUS * uy)
    neck = (tip[0] - 0.1 * ux, tip[1] - 0.1 * uy)
    style = (0, (3, 2)) if dashed else "solid"
    axes.plot([first[0], neck[0]], [first[1], neck[1]], color=colour, lw=1.1, ls=style)
    left = (neck[0] - 0.05 * uy, neck[1] + 0.05 * ux)
    right = (neck[0] + 0.05 * uy, neck[1] - 0.05 * ux)
    axes.fill([tip[0], left[0], right[0]], [tip[1], left[1], right[1]], color=colour, lw=0)
