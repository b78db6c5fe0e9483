"""A table for a terminal: fewer columns, or a block a row, where the whole is too wide."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence

#: Columns that go first where there is no room for all; the last of them goes last.
_SPARED = ("width 95 %", "coverage 50 %", "RMSE", "bias_sd", "failed", "datasets")
_ANSI = re.compile("\x1b\\[[0-9]+m")


def fitted(
    rows: Sequence[dict[str, str]], width: int, grid: Callable[[list[dict[str, str]]], str]
) -> str:
    """Lay out rows so that no line is wider than a terminal.

    Parameters
    ----------
    rows : sequence of dict
        Each by the heads of its columns, the same in all.
    width : int
        Of the terminal, in characters.
    grid : callable
        Lays out rows as a table.

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
        table = grid(kept)
        if _widest(table) <= width:
            told = f"not shown, for want of room: {', '.join(left_out)}"
            return "\n".join([table, *(textwrap.wrap(told, width) if left_out else [])])
    return "\n\n".join(_block(row, width) for row in rows)


def _widest(text: str) -> int:
    return max((len(_ANSI.sub("", line)) for line in text.splitlines()), default=0)


def _block(row: dict[str, str], width: int) -> str:
    """Write one row below its names, a number a line."""
    names = [row[head] for head in ("stratum", "estimator", "engine", "estimand") if head in row]
    rest = {n: t for n, t in row.items() if n not in ("stratum", "estimator", "engine", "estimand")}
    longest = max(map(len, rest), default=0)
    head = textwrap.wrap(" ".join(names), width, break_long_words=True)
    return "\n".join([*head, *(f"  {name:<{longest}}  {text}" for name, text in rest.items())])


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """Break lines at a width, each going on below where it began."""
    found: list[str] = []
    for line in lines:
        blank = len(line) - len(line.lstrip())
        found += textwrap.wrap(
            line, width, subsequent_indent=" " * (blank + 2), break_on_hyphens=False
        ) or [""]
    return found
