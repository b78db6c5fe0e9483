"""A table for a terminal: fewer columns, or a block a row, where the whole is too wide."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

#: Columns that go first where there is no room for all; the last of them goes last.
_SPARED = (
    *("crps", "width", "width 95 %", "coverage 50 %", "RMSE", "rmse", "bias_sd", "contraction"),
    *("failed", "datasets"),
)
#: Columns that name a row, besides the factors of a sweep.
_NAMES = ("stratum", "estimator", "engine", "estimand", "difference")
_ANSI = re.compile("\x1b\\[[0-9]+m")


def grid(rows: Sequence[dict[str, str]], kind: str) -> str:
    """Lay out rows of text for reading, as plain text or Markdown."""
    from tabulate import tabulate

    style = "pipe" if kind == "markdown" else "simple"
    return tabulate(rows, headers="keys", tablefmt=style, disable_numparse=True, stralign="right")


def fitted(rows: Sequence[dict[str, str]], width: int, names: Sequence[str] = ()) -> str:
    """Lay out rows so that no line is wider than a terminal.

    Parameters
    ----------
    rows : sequence of dict
        Each by the heads of its columns, the same in all.
    width : int
        Of the terminal, in characters.
    names : sequence of str
        Columns that name a row, besides the usual ones.

    Returns
    -------
    str
        The table; if that is too wide, without some of its columns, which are named below it; if
        that will not do either, a block a row.
    """
    left_out: list[str] = []
    for gone in ("", *_SPARED):
        if gone and not (rows and gone in rows[0]):
            continue
        left_out += [gone] if gone else []
        kept = [{n: text for n, text in row.items() if n not in left_out} for row in rows]
        table = grid(kept, "text")
        if within(table, width):
            told = f"not shown, for want of room: {', '.join(left_out)}"
            return "\n".join([table, *(textwrap.wrap(told, width) if left_out else [])])
    return blocks(rows, width, _NAMES, names)


def within(table: str, width: int) -> bool:
    """Say whether no line of a text is wider, colours aside."""
    return max((len(_ANSI.sub("", line)) for line in table.splitlines()), default=0) <= width


def blocks(
    rows: Sequence[dict[str, str]], width: int, names: Sequence[str], factors: Sequence[str] = ()
) -> str:
    """Write a block a row: what names it, the factors with their names, then a number a line."""
    return "\n\n".join(_block(row, width, names, factors) for row in rows)


def laid_out(
    rows: Sequence[dict[str, str]],
    kind: str,
    below: Sequence[str],
    *,
    above: Sequence[str] = (),
    width: int | None = None,
    names: Sequence[str] = (),
) -> str:
    """Write a table with lines above and below it, a text within a width if there is one.

    Parameters
    ----------
    rows : sequence of dict
        Each by the heads of its columns.
    kind : {"text", "markdown"}
        As what.
    below, above : sequence of str
        The lines.
    width, names
        As for `fitted`; without a width lines have any length.
    """
    if width is None or kind != "text":
        return "\n".join([*above, *([""] if above else []), grid(rows, kind), "", *below]).rstrip()
    head = [*wrapped(above, width), ""] if above else []
    return "\n".join([*head, fitted(rows, width, names), "", *wrapped(below, width)]).rstrip()


def _block(row: dict[str, str], width: int, names: Sequence[str], factors: Sequence[str]) -> str:
    """Write one row below its names, a number a line."""
    named = [f"{n} {text}" if n in factors else text
             for n, text in row.items() if n in (*names, *factors)]  # fmt: skip
    rest = {n: text for n, text in row.items() if n not in (*names, *factors)}
    longest = max(map(len, rest), default=0)
    head = textwrap.wrap(" ".join(named), width, break_long_words=True)
    lines = [f"  {name:<{longest}}  {text}" for name, text in rest.items()]
    fitting = [[x] if within(x, width) else textwrap.wrap(x, width, subsequent_indent="    ")
               for x in lines]  # fmt: skip
    return "\n".join([*head, *(line for broken in fitting for line in broken)])


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """Break lines at a width, each going on below where it began."""
    found: list[str] = []
    for line in lines:
        blank = len(line) - len(line.lstrip())
        found += textwrap.wrap(
            line, width, subsequent_indent=" " * (blank + 2), break_on_hyphens=False
        ) or [""]
    return found
