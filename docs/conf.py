"""How `make docs` builds these pages: Sphinx reads Markdown, and fetches nothing."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import sbc

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # parsers.py, which the page of commands names

project = "sbc"
author = "sbc developers"
copyright = "sbc developers, Apache-2.0"
version = release = sbc.__version__
language = "en"

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinxarg.ext"]
exclude_patterns = ["_build", "data", "examples", "images"]
default_role = "py:obj"  # as numpydoc writes names: `table`
highlight_language = "text"

# Links within a page and between pages are those of plain Markdown: page.md#a-heading.
myst_heading_anchors = 3
myst_ref_domains = ["std", "py"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say the types in words
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "sbc"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}

#: Pages whose text lies elsewhere in the repository, where readers of the repository look for it.
ELSEWHERE = {
    "changelog": "CHANGELOG.md",
    "contributing": "CONTRIBUTING.md",
    "reading": "reports/README.md",
    "security": "SECURITY.md",
}


def setup(app: Any) -> None:
    """Have Sphinx read those pages from where they lie."""
    app.connect("source-read", _read)


def _read(app: Any, docname: str, source: list[str]) -> None:
    file = HERE / f"{docname}.md"
    if docname in ELSEWHERE:
        file = HERE.parent / ELSEWHERE[docname]
        source[0] = file.read_text(encoding="utf-8")
    pages = {(HERE.parent / name).resolve(): f"{page}.md" for page, name in ELSEWHERE.items()}

    def moved(link: re.Match[str]) -> str:
        target = (file.parent / link["path"]).resolve()
        if target.is_dir():
            return link["text"]  # a folder is no page
        return (
            f"[{link['text']}]({pages.get(target) or os.path.relpath(target, HERE)}{link['rest']})"
        )

    links = r"\[(?P<text>(?:[^][]|\[[^]]*\])*)\]\((?!\w+:|#)(?P<path>[^)#]+)(?P<rest>[^)]*)\)"
    source[0] = re.sub(links, moved, source[0])
