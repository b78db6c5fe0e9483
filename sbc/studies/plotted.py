"""The page's figures in Python: on axes that are given, or on new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sbc.plugins.errors import UserError, unknown
from sbc.store.frames import Run, as_fits
from sbc.store.names import meant, vector_of
from sbc.store.settings import Settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (3.4, 2.55)


class Plotted(Run):
    """What a run can draw of one quantity; all methods take the same arguments.

    Parameters
    ----------
    quantity : str
        An estimand, or what else is ranked, such as ``log_likelihood``; an element of a vector as
        ``theta[3]``. A run of one estimand needs no name.
    estimator, engine : str
        Which; they need not be named in a run of one.
    ax : Axes
        Where to draw; by default axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UserError
        For a name that is not in the run, or one that is needed, or fewer than two datasets.
    """

    def pair(self, estimator: str = "", engine: str = "") -> tuple[str, str]:
        """Find which estimator and engine are meant.

        Raises
        ------
        UserError
            For a name that is not in the run, or none where there are several.
        """
        return pair_of(self.settings, estimator, engine, "in this run")

    def plot_ranks(
        self, quantity: str = "", *, estimator: str = "", engine: str = "", ax: Axes | None = None
    ) -> Axes:
        """Draw the rank histogram, with the band of each bin."""
        return self._drawn("rank_histogram", ("pit",), quantity, estimator, engine, ax)

    def plot_ecdf(
        self, quantity: str = "", *, estimator: str = "", engine: str = "", ax: Axes | None = None
    ) -> Axes:
        """Draw the ECDF of the PIT minus the uniform one, with its simultaneous band."""
        return self._drawn("ecdf_difference", ("pit",), quantity, estimator, engine, ax)

    def plot_coverage(
        self, quantity: str = "", *, estimator: str = "", engine: str = "", ax: Axes | None = None
    ) -> Axes:
        """Draw the coverage of central intervals of all levels, with its simultaneous band."""
        return self._drawn("coverage_curve", ("pit",), quantity, estimator, engine, ax)

    def plot_zip(
        self, quantity: str = "", *, estimator: str = "", engine: str = "", ax: Axes | None = None
    ) -> Axes:
        """Draw 95 % intervals around the truth, those farthest from it on top."""
        needed = ("mean", "sd", "q025", "q975")
        return self._drawn("zip_plot", needed, quantity, estimator, engine, ax)

    def plot_recovery(
        self, quantity: str = "", *, estimator: str = "", engine: str = "", ax: Axes | None = None
    ) -> Axes:
        """Draw posterior means against truths; where there is one truth, their distribution."""
        return self._drawn("recovery", ("mean", "truth"), quantity, estimator, engine, ax)

    def _drawn(
        self,
        figure: str,
        needed: tuple[str, ...],
        quantity: str,
        estimator: str,
        engine: str,
        ax: Axes | None,
    ) -> Axes:
        from sbc.report.figures import scalar
        from sbc.report.figures.colours import PALETTE, assign
        from sbc.report.figures.pictures import styled

        who = self.pair(estimator, engine)
        frame = self._stream(*who, quantity)
        missing = [name for name in needed if frame[name].isna().any()]
        if missing or len(frame) < 2:
            why = f"no {missing[0]} of every dataset" if missing else "fewer than two datasets"
            raise UserError(f"{figure.replace('_', ' ')} of {who[0]}: there is {why}")
        colour = PALETTE[assign(self.settings.estimators)[who[0]]].light
        draw: Callable[..., Any] = getattr(scalar, figure)
        if ax is not None:
            draw(as_fits(frame), colour, ax)
            return ax
        with styled():
            axes = _new()
            draw(as_fits(frame), colour, axes)
        return axes

    def _stream(self, estimator: str, engine: str, quantity: str) -> Any:
        """Find the rows of a quantity; errors as of the class."""
        mine = {key[2]: frame for key, frame in self.streams() if key[:2] == (estimator, engine)}
        if not quantity:
            names = [k[2] for k, _ in self.streams(True) if k[:2] == (estimator, engine)]
            if len(names) != 1:
                raise UserError(f"name the quantity: {', '.join(mine) or 'no fit has worked'}")
            quantity = names[0]
        if quantity not in mine:
            elements = [name for name in mine if vector_of(name) == quantity]
            if elements:
                told = f"{elements[0]} to {elements[-1]}"
                raise UserError(f"'{quantity}' is a vector: name one of its elements, {told}")
            raise unknown("quantity", quantity, mine, f"of {estimator} in this run")
        return mine[quantity]


def _new() -> Axes:
    """Begin a figure that a notebook shows by itself, in the page's style on white paper."""
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=_SIZE, facecolor="white", dpi=144, layout="constrained")
    return figure.add_subplot()


def pair_of(settings: Settings, estimator: str, engine: str, where: str) -> tuple[str, str]:
    """Find which estimator and engine are meant, the only ones if none is named.

    Parameters
    ----------
    settings : Settings
        Of a run, or of all cells of a sweep.
    estimator, engine : str
        Which; empty if they are not named.
    where : str
        Where they are looked for, as the end of a sentence.

    Raises
    ------
    UserError
        For a name that is not there, or none where there are several.
    """
    chosen = _one("estimator", estimator, settings.estimators, where)
    return chosen, _one("engine", engine, settings.engines_of(chosen), where)


def _one(kind: str, name: str, there: Sequence[str], where: str) -> str:
    if not name and len(there) == 1:
        return there[0]
    if not name:
        raise UserError(f"name the {kind}: {', '.join(there)}")
    if (found := meant(name, there)) not in there:
        raise unknown(kind, name, there, where)
    return found
