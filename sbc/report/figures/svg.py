"""Figures as SVG: a file of its own, or a small piece of a page that follows the page's theme."""

from __future__ import annotations

import io
import re
from html import escape

from matplotlib.figure import Figure

from sbc.report.figures.colours import VARIABLES

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
#: What the page's style sheet says already.
_DEFAULTS = (
    ' style="fill:var(--axis);stroke:var(--axis);stroke-width:0.7"',
    "font-size:7.5px;",
    "font-family:'DejaVu Sans', sans-serif;",
    ";fill:var(--label)",
)
_NUMBER = re.compile(r"-?\d+\.\d+")


def standalone(figure: Figure) -> str:
    """Write a figure as an SVG file, on white paper so that it can be read anywhere."""
    return _written(figure, facecolor="white")


def _written(figure: Figure, facecolor: str) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata=_NO_METADATA, facecolor=facecolor)
    return file.getvalue()


def inline(figure: Figure, name: str, alt: str) -> str:
    """Write a figure as a piece of HTML.

    Parameters
    ----------
    figure : Figure
        Drawn in the colours of `colours.py`, which become variables of the page's style.
    name : str
        Unique on the page: all ids begin with it.
    alt : str
        What the figure shows.

    Returns
    -------
    str
        One ``<svg>`` element. Sizes and fonts are left to the page.
    """
    text = _written(figure, facecolor="none")
    head, body = re.search(r"<svg([^>]*)>(.*)</svg>", text, re.DOTALL).groups()  # type: ignore[union-attr]
    box = re.search(r'viewBox="([^"]*)"', head).group(1)  # type: ignore[union-attr]
    for pattern in (r"<!--.*?-->", r"<metadata>.*?</metadata>", r"<style.*?</style>"):
        body = re.sub(pattern, "", body, flags=re.DOTALL)
    body = _with_ids(body, name)
    body = re.sub(r"<[^>]+>", lambda tag: _smaller(tag.group()), body)
    body = re.sub(r">\s+<", "><", body).strip()
    body = _unwrapped(re.sub(r'<path [^>]*style="fill:none"/>|<defs></defs>', "", body))
    label = escape(alt, quote=True)
    return f'<svg class="plot" viewBox="{box}" role="img" aria-label="{label}">{body}</svg>'


def _with_ids(body: str, name: str) -> str:
    """Keep only the ids that something points to, short and unique on the page."""
    used = dict.fromkeys(re.findall(r'(?:url\(#|href="#)([^")]+)', body))
    short = {old: f"{name}-{i}" for i, old in enumerate(used)}

    def rename(found: re.Match[str]) -> str:
        return f' id="{short[found[1]]}"' if found[1] in short else ""

    body = re.sub(r'\sid="([^"]*)"', rename, body)
    body = re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{short[found[1]]})", body)
    return re.sub(r'(?:xlink:)?href="#([^"]+)"', lambda found: f'href="#{short[found[1]]}"', body)


def _smaller(tag: str) -> str:
    """Drop what a tag can do without: far decimals, fonts, spaces; name its colours."""
    tag = re.sub(r"font: ([\d.]+)px[^;\"]*", r"font-size: \1px", tag)
    tag = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", tag)
    tag = re.sub(r"#[0-9a-f]{6}\b", _variable, tag)
    tag = _NUMBER.sub(_rounded, tag)
    tag = re.sub(r"\s+", " ", tag)
    tag = re.sub(r"([;:]) ", r"\1", tag) if 'style="' in tag else tag
    tag = re.sub(r' d="([^"]*)"', lambda found: f' d="{_path(found[1])}"', tag)
    for default in _DEFAULTS:
        tag = tag.replace(default, "")
    return tag.replace(' style=""', "")


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):z.1f}".rstrip("0").rstrip(".")


def _path(outline: str) -> str:
    """Write an outline without the spaces and the letters that can be inferred."""
    outline = re.sub(r" ?([A-Za-z]) ?", r"\1", outline)
    while (shorter := re.sub(r"(L[-\d. ]+)L", r"\1 ", outline)) != outline:
        outline = shorter
    return outline


def _variable(found: re.Match[str]) -> str:
    names = {colour.light: name for name, colour in VARIABLES.items()}
    name = names.get(found[0])
    return f"var(--{name})" if name else found[0]


def _unwrapped(body: str) -> str:
    """Remove the groups that say nothing."""
    kept: list[bool] = []

    def look(found: re.Match[str]) -> str:
        if found[0] != "</g>":
            kept.append(found[0] != "<g>")
            return found[0] if kept[-1] else ""
        return found[0] if kept.pop() else ""

    return re.sub(r"<g\b[^>]*>|</g>", look, re.sub(r"<g\b[^>]*/>", "", body))
