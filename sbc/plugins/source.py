"""A user's file as it is read: Python, or the code cells of a notebook."""

from __future__ import annotations

import ast
import json
import linecache
from collections.abc import Iterator
from pathlib import Path

from sbc.plugins.errors import UserError

#: Cell magics whose cells are Python all the same.
_TIMED = ("%%time", "%%timeit", "%%capture")


def tree(file: Path, named: str) -> ast.Module:
    """Parse a file, refusing one that is not Python.

    Parameters
    ----------
    file : Path
        Where its text lies.
    named : str
        How the user calls it.

    Raises
    ------
    UserError
        If it cannot be read, or is neither Python nor a notebook.
    """
    try:
        return ast.parse(text(file))
    except OSError as problem:
        raise UserError(f"{named} cannot be read: {problem.strerror}") from problem
    except (SyntaxError, ValueError, LookupError, TypeError) as problem:
        raise UserError(f"{named} is not Python: {problem}") from problem


def text(file: Path) -> str:
    """Read a file's Python code; a notebook's cells stand one after the other."""
    written = file.read_text(encoding="utf-8")
    if file.suffix != ".ipynb":
        return written
    cells = (c for c in json.loads(written)["cells"] if c["cell_type"] == "code")
    code = "\n".join(line for cell in cells for line in _plain("".join(cell["source"])))
    # So that tracebacks, and who asks for the source of a function, find its lines.
    linecache.cache[str(file)] = (len(code), None, code.splitlines(keepends=True), str(file))
    return code


def _plain(cell: str) -> Iterator[str]:
    """Give the lines of a cell, its magics and shell commands left out."""
    lines = cell.splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and not first.startswith(_TIMED):
        return
    for line in lines:
        bare = line.strip()
        if bare.startswith(("%", "!", "?")) or bare.endswith("?"):
            indent = line[: len(line) - len(line.lstrip())]
            yield f"{indent}pass" if indent else ""
        else:
            yield line
