"""A table to publish as LaTeX (booktabs), Typst, HTML or Markdown; names never become markup."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

from sbc.report.narrow import blocks, within, wrapped
from sbc.report.sheet import Sheet

#: Rows beyond which a table in LaTeX is broken across pages.
_LONG = 40
#: Characters beyond which a column's head in LaTeX stands on two lines.
_HEAD = 12
_LATEX = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\ensuremath{<}", ">": r"\ensuremath{>}", "|": r"\textbar{}", '"': r"\char34{}"},
    **{"−": r"\ensuremath{-}", "–": "--", "—": "---", "…": r"\ldots{}", "†": r"\dag{}"},
    **{"×": r"\ensuremath{\times}", "±": r"\ensuremath{\pm}", "≤": r"\ensuremath{\le}"},
    **{"≥": r"\ensuremath{\ge}", "√": r"\ensuremath{\surd}", "\u202f": r"\,", "\u00a0": "~"},
    **{"[": "{[}", "]": "{]}", "*": r"\ensuremath{\ast}", "'": "'", "`": r"\textasciigrave{}"},
}
_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "", "pi", "rho", "", "sigma", "tau", "upsilon", "phi", "chi"),
    *("psi", "omega"),
)
_LATEX |= {chr(ord("α") + i): rf"\ensuremath{{\{name}}}" for i, name in enumerate(_GREEK) if name}
_CAPITALS = (
    *("Γ", "Gamma", "Δ", "Delta", "Θ", "Theta", "Λ", "Lambda", "Ξ", "Xi", "Π", "Pi"),
    *("Σ", "Sigma", "Φ", "Phi", "Ψ", "Psi", "Ω", "Omega"),
)
_LATEX |= {
    c: rf"\ensuremath{{\{name}}}" for c, name in zip(_CAPITALS[::2], _CAPITALS[1::2], strict=True)
}


def _line(text: str) -> str:
    """Write text on one line; spaces that do not break stay."""
    return re.sub(r"[^\S\u00a0\u202f]+", " ", text).strip()


def latex_text(text: str) -> str:
    """Write text so that LaTeX prints it as it is."""
    return "".join(_LATEX.get(c, c) for c in _line(text))


def typst_text(text: str) -> str:
    """Write text so that Typst prints it as it is."""
    return re.sub(r"([\\`*_$#@<>\[\]~'\"/=+\-])", r"\\\1", _line(text))


def html_text(text: str) -> str:
    """Write text so that a browser shows it as it is."""
    return html.escape(_line(text))


def markdown_text(text: str) -> str:
    """Write text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_<>|\[\]#~])", r"\\\1", _line(text))


def _number(text: str) -> str:
    """Give a number a minus sign in place of a hyphen, and keep its error on its line."""
    signed = re.sub(r"(^|[\[ (])-(?=\d)", "\\1\N{MINUS SIGN}", text)
    return signed.replace(" ", "\N{NO-BREAK SPACE}")


def _written(
    sheet: Sheet, text: Callable[[str], str]
) -> tuple[list[str], list[tuple[str, list[list[str]]]], list[str]]:
    heads = [text(head) for head in sheet.heads]
    groups = [
        (text(title), [[text(row[0]), *(text(_number(c)) for c in row[1:])] for row in rows])
        for title, rows in sheet.groups
    ]
    return heads, groups, [text(note) for note in sheet.notes]


def latex(sheet: Sheet) -> str:
    """Write a table for the package booktabs, and longtable where it is long."""
    heads, groups, notes = _written(sheet, latex_text)
    columns = len(heads)
    body = []
    for i, (title, rows) in enumerate(groups):
        body += [r"\addlinespace"] if i else []
        body += [rf"\multicolumn{{{columns}}}{{@{{}}l}}{{\textit{{{title}}}}} \\"] if title else []
        indent = r"\quad " if title else ""
        body += [f"{indent}{' & '.join(row)} \\\\" for row in rows]
    head = [r"\toprule", f"{' & '.join(map(_stacked, heads))} \\\\", r"\midrule"]
    caption, kind = latex_text(sheet.caption), f"@{{}}l{'r' * (columns - 1)}@{{}}"
    # Eight points and narrow gaps: the usual measures then fit a page's width.
    small = [r"\footnotesize", r"\setlength{\tabcolsep}{4pt}"]
    if sum(len(rows) for _, rows in groups) > _LONG:
        below = [rf"\noindent {{\footnotesize {note}\par}}" for note in notes]
        more = rf"\multicolumn{{{columns}}}{{@{{}}r@{{}}}}{{\textit{{continued}}}} \\"
        lines = [
            *(r"% \usepackage{booktabs} \usepackage{longtable}", r"\begingroup", *small),
            *(rf"\begin{{longtable}}{{{kind}}}", rf"\caption{{{caption}}} \\"),
            *(*head, r"\endfirsthead", *head, r"\endhead"),
            *(r"\midrule", more, r"\endfoot", r"\bottomrule", r"\endlastfoot"),
            *(*body, r"\end{longtable}", r"\endgroup", *below),
        ]
        return "\n".join(lines)
    below = [rf"\par\smallskip{{\footnotesize {note}\par}}" for note in notes]
    lines = [
        *(r"% \usepackage{booktabs}", r"\begin{table}", r"\centering", *small),
        *(rf"\caption{{{caption}}}", rf"\begin{{tabular}}{{{kind}}}", *head, *body),
        *(r"\bottomrule", r"\end{tabular}", *below, r"\end{table}"),
    ]
    return "\n".join(lines)


def _stacked(head: str) -> str:
    """Break a long head into two lines, near its middle."""
    words = head.split()
    if len(head) <= _HEAD or len(words) < 2:
        return head
    breaks = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    above, below = min(breaks, key=lambda pair: max(map(len, pair)))
    return rf"\shortstack[r]{{{above} \\ {below}}}"


def typst(sheet: Sheet) -> str:
    """Write a table for Typst, with the rules of booktabs."""
    heads, groups, notes = _written(sheet, typst_text)
    columns = len(heads)
    lines = [
        "#figure(",
        "  kind: table,",
        "  text(size: 0.85em, table(",
        f"    columns: {columns},",
        "    stroke: none,",
        f"    align: (left,{' right,' * (columns - 1)}),",
        "    table.hline(),",
        f"    table.header({', '.join(f'[{head}]' for head in heads)}),",
        "    table.hline(stroke: 0.5pt),",
    ]
    for title, rows in groups:
        lines += [f"    table.cell(colspan: {columns})[_{title}_],"] if title else []
        lines += [f"    {', '.join(f'[{c}]' for c in row)}," for row in rows]
    lines += ["    table.hline(),", "  )),", f"  caption: [{typst_text(sheet.caption)}],", ")"]
    return "\n".join([*lines, *(f"#par(text(size: 0.8em)[{note}])" for note in notes)])


def html_table(sheet: Sheet) -> str:
    """Write a table of HTML, without style, for any page."""
    heads, groups, notes = _written(sheet, html_text)
    lines = ["<table>", f"<caption>{html_text(sheet.caption)}</caption>", "<thead>", "<tr>"]
    lines += [f'<th scope="col">{head}</th>' for head in heads]
    lines += ["</tr>", "</thead>"]
    for title, rows in groups:
        wide = f'<tr><th scope="rowgroup" colspan="{len(heads)}">{title}</th></tr>'
        lines += ["<tbody>", *([wide] if title else [])]
        for name, *cells in rows:
            told = "".join(f"<td>{c}</td>" for c in cells)
            lines.append(f'<tr><th scope="row">{name}</th>{told}</tr>')
        lines.append("</tbody>")
    foot = "".join(f"<p>{note}</p>" for note in notes)
    lines += [f'<tfoot><tr><td colspan="{len(heads)}">{foot}</td></tr></tfoot>', "</table>"]
    return "\n".join(lines)


def markdown(sheet: Sheet) -> str:
    """Write a pipe table, with the groups in a column of their own."""
    heads, groups, notes = _written(sheet, markdown_text)
    named = any(title for title, _ in groups)
    lines = [_row([*(["Group"] if named else []), *heads])]
    lines.append(_row([*([":--"] if named else []), ":--", *(["--:"] * (len(heads) - 1))]))
    for title, rows in groups:
        for i, row in enumerate(rows):
            lines.append(_row([*([title if i == 0 else ""] if named else []), *row]))
    caption = [markdown_text(sheet.caption), ""] if sheet.caption else []
    return "\n\n".join(["\n".join([*caption, *lines]), *notes])


def text(sheet: Sheet, width: int | None = None) -> str:
    """Write a table for a terminal; a block a row where that has not the width."""
    from tabulate import tabulate

    aligned = ("left",) * (1 + any(title for title, _ in sheet.groups))
    body = tabulate(
        sheet.rows, headers="keys", tablefmt="simple", disable_numparse=True,
        stralign="right", colalign=aligned,
    ) if sheet.rows else ""  # fmt: skip
    above, below = [sheet.caption], list(sheet.notes)
    if width is not None:
        above, below = wrapped(above, width), wrapped(below, width)
        names = ("Group", *sheet.heads[:1])
        body = body if within(body, width) else blocks(sheet.rows, width, names)
    return "\n".join([*above, "", body, "", *below]).strip()


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


#: How a sheet is written, by format.
WRITERS: dict[str, Callable[[Sheet], str]] = {
    "text": text,
    "latex": latex,
    "typst": typst,
    "html": html_table,
    "markdown": markdown,
}
