"""Where a test's paths lead: beside the test, from pytest's root, from the working directory."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError

#: A user's file with what is taken from it, as ``models.py:mean``.
_OF_FILE = re.compile(r"(?P<path>[^:]+\.(?:py|ipynb))(?P<rest>:.*)?", re.DOTALL)
#: Settings that name a file or a folder, and those that name what stands in a file.
_PATHS = ("data", "config", "baseline")
_NAMES = ("estimator", "generator", "simulator", "quantity", "engine")


class Places:
    """The folders in which a test's paths are looked for, in their order.

    Parameters
    ----------
    test : Path
        The test's file.
    root : Path
        Of pytest's.
    """

    def __init__(self, test: Path, root: Path) -> None:
        self._folders = {
            "beside the test": test.parent,
            "in pytest's root": root,
            "in the working directory": Path.cwd(),
        }

    def found(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the paths in settings by those of the files that they lead to.

        Raises
        ------
        UserError
            Naming a file that is in none of the places, and where it was looked for.
        """
        placed = dict(settings)
        for name in _PATHS:
            if isinstance(placed.get(name), str | Path):
                placed[name] = self._file(str(placed[name]))
        for name in _NAMES:
            if name in placed:
                placed[name] = self.name(placed[name])
        return placed

    def name(self, thing: Any) -> Any:
        """Do the same for a name, several, or what is none."""
        if isinstance(thing, list | tuple):
            return [self.name(one) for one in thing]
        if not isinstance(thing, str):
            return thing
        named = _OF_FILE.fullmatch(thing)
        return thing if named is None else f"{self._file(named['path'])}{named['rest'] or ''}"

    def _file(self, path: str) -> str:
        for folder in self._folders.values():
            if (folder / path).exists():
                return os.path.relpath(folder / path)  # as commands name it from here
        told = ", ".join(f"{where} ({folder})" for where, folder in self._folders.items())
        raise UserError(f"no file {path}: looked for {told}")
