"""A study described: the paragraphs of a run or a sweep, as Markdown or LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sbc.plugins.errors import UserError
from sbc.report.ademp import REFERENCES, Paragraph, paragraphs
from sbc.report.markup import latex_text, markdown_text
from sbc.store.folder import read_run
from sbc.store.frames import load_run

KINDS = ("markdown", "latex")
_ONCE = (
    "An option of one method is nothing to the others: their fits were made, and are counted, once "
    "for all values of it."
)


def describe(folder: str | Path, kind: str = "markdown") -> str:
    """Write what a run or a sweep says of its study, and nothing that it does not.

    Parameters
    ----------
    folder : str or Path
        Of the run or the sweep, finished or not.
    kind : {"markdown", "latex"}
        How it is written.

    Raises
    ------
    UserError
        If the folder is neither, or damaged, or there is no such format.
    """
    if kind not in KINDS:
        raise UserError(f"a description is written as {' or '.join(KINDS)}, not as {kind!r}")
    folder = Path(folder)
    found = _of_sweep(folder) if read_run(folder).is_sweep else paragraphs([load_run(folder)])
    return _latex(found) if kind == "latex" else _markdown(found)


def _of_sweep(folder: Path) -> list[Paragraph]:
    from sbc.studies.sweep.read import load_sweep

    sweep = load_sweep(folder)
    plan = sweep.plan
    why = []
    if plan.precision:
        asked = ", ".join(f"{name} {error:g}" for name, error in plan.precision.items())
        bounds = " or a bound was not decided" if plan.bounds else ""
        budget = "" if plan.budget is None else f" and {plan.budget:,} fits in all"
        why.append(
            "Datasets were added to a cell while its Monte Carlo errors were larger than asked for "
            f"({asked}){bounds}, up to {plan.max_datasets:,} in a cell{budget}."
        )
    planned = None if sweep.runs[0].shard.describe() else plan.fits(sweep.settings)
    found = paragraphs(sweep.runs, plan.grid.vary, why, sweep.fits, planned)
    if len(sweep.fits) == sum(len(run.fits) for run in sweep.runs):
        return found
    return [
        one._replace(sentences=(*one.sentences, _ONCE)) if one.head == "Methods" else one
        for one in found
    ]


def _markdown(found: Sequence[Paragraph]) -> str:
    parts = [
        f"**{one.head}.** {' '.join(markdown_text(text) for text in one.sentences)}"
        for one in found
    ]
    return "\n\n".join([*parts, *(markdown_text(text) for text in REFERENCES)])


def _latex(found: Sequence[Paragraph]) -> str:
    parts = [
        rf"\paragraph{{{one.head}.}} {' '.join(latex_text(text) for text in one.sentences)}"
        for one in found
    ]
    return "\n\n".join([*parts, *(rf"\noindent {latex_text(text)}" for text in REFERENCES)])
