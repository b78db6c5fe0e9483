"""The pages' templates: one set of rules, one look."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import sbc
from sbc.report.figures.colours import PALETTE, VARIABLES
from sbc.report.page.glossary import LABELLED, Term, glossary

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
    environment.filters |= {"breakable": breakable, "soft": soft}
    environment.filters |= {"capital": _capital, "capital_markup": _raised}
    terms = glossary()
    told: dict[str, Term] = {}  # in the order in which the page names them
    environment.globals |= {"labelled": LABELLED, "told": told}
    environment.globals["tell"] = lambda key: told.setdefault(key, terms[key])
    text = environment.get_template(template.name).render(
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
        themes=[variables(shade) for shade in ("light", "dark")],
        colours=range(len(PALETTE)),
        version=sbc.__version__,
        **context,
    )
    return text.encode("utf-8", "replace").decode()  # names may hold what no file can


#: A name longer than this may be broken, and only behind one of these characters.
_LONG = 14
_AFTER = re.compile(r"(?<=[_./:,=\[\-])(?=[^\s_./:,=\[\-])")


def breakable(text: object) -> Markup:
    """Escape a text, and let its long words break behind what parts them, and nowhere else.

    A browser breaks lines behind a hyphen too: options of a command are kept from that.

    Examples
    --------
    >>> breakable("beta of reports/a_long_<name>.py")
    Markup('beta of reports/<wbr>a_<wbr>long_<wbr>&lt;name&gt;.<wbr>py')
    >>> breakable("run --seed 1")
    Markup('run <span class="whole">--seed</span> 1')
    """
    return Markup("").join(map(_whole_or_broken, re.split(r"(\s+)", str(text))))


def _whole_or_broken(word: str) -> Markup:
    if word.startswith("--") and len(word) <= 2 * _LONG:
        return Markup('<span class="whole">{}</span>').format(word)
    return Markup("<wbr>").join(_AFTER.split(word)) if len(word) > _LONG else escape(word)


def soft(text: object) -> str:
    """Do the same where no tags are allowed, in an attribute, by spaces of no width."""
    words = re.split(r"(\s+)", str(text))
    return "".join("\u200b".join(_AFTER.split(w)) if len(w) > _LONG else w for w in words)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _raised(button: Markup) -> Markup:
    """Begin the word on a term's button with a capital."""
    return Markup(re.sub(r">(\w)(\w*</button>)$", lambda m: f">{m[1].upper()}{m[2]}", button))


def variables(shade: str) -> Markup:
    """Write the colours of a theme, ``light`` or ``dark``, as variables of a style sheet."""
    pairs = (f"--{name}:{getattr(colour, shade)}" for name, colour in VARIABLES.items())
    return Markup(";".join(pairs))
