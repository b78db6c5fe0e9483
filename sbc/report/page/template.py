"""The pages' templates: one set of rules, one look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import sbc
from sbc.report.figures.colours import PALETTE, VARIABLES

_HERE = Path(__file__).parent


def fill(template: Path, **context: Any) -> str:
    """Write a page.

    Parameters
    ----------
    template : Path
        Beside which, and here, the macros that it uses are looked for.
    **context
        What it names beyond ``style``, ``themes``, ``colours`` and ``version``. All of it is
        escaped, but for what is marked up already.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template(template.name).render(
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
        themes=[variables(shade) for shade in ("light", "dark")],
        colours=range(len(PALETTE)),
        version=sbc.__version__,
        **context,
    )
    return text.encode("utf-8", "replace").decode()  # names may hold what no file can


def variables(shade: str) -> Markup:
    """Write the colours of a theme, ``light`` or ``dark``, as variables of a style sheet."""
    pairs = (f"--{name}:{getattr(colour, shade)}" for name, colour in VARIABLES.items())
    return Markup(";".join(pairs))
