"""Where a run comes from: everything needed to repeat it, and whether one can go on with it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import sbc
from sbc.fitting.allowed import expects_uniform, regimes_of
from sbc.plugins import catalogue, source
from sbc.plugins.errors import UserError, option
from sbc.store.folder import RunFile
from sbc.store.settings import Settings

_PACKAGES = ("pymc", "pytensor", "nutpie", "numba", "arviz", "arviz-stats", "numpy", "scipy")


def origin(settings: Settings, command: list[str] | None = None) -> dict[str, Any]:
    """Describe a run that begins now: everything needed to repeat it."""
    texts = user_files(settings) | neighbours(settings)
    expected = [name for name in settings.estimators if expects_uniform(settings, name)]
    return described(settings, expected, regimes_of(settings), command) | {
        "files": {path: digest(text.encode()) for path, text in texts.items()},
        "commit": _commit(),
        "code": code(),
    }


def described(
    settings: Settings, expected: list[str], regimes: list[str], command: list[str] | None = None
) -> dict[str, Any]:
    """Describe a run that is made now, whoever made its fits.

    Parameters
    ----------
    settings : Settings
        Of the run.
    expected : list of str
        Estimators whose ranks are expected to be uniform.
    regimes : list of str
        Truth regimes that there are.
    command : list of str, optional
        That made it; by default the process's own.
    """
    return {
        "sbc": sbc.__version__,
        "settings": settings.to_json(),
        "regime": settings.truth,
        "expected_uniform": expected,
        "regimes": regimes,
        "command": command or sys.argv,
        "started": now(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": packages() | (_of_functions() if settings.functions else {}),
    }


@cache
def code() -> str:
    """Give a digest of sbc's own code and plug-ins, which may change under one version."""
    home = Path(sbc.__file__).parent
    folders = [home, *(Path(p) for name in catalogue.PACKAGES.values() for p in _places(name))]
    found = hashlib.blake2b(digest_size=8)
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            found.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return found.hexdigest()


def _places(package: str) -> list[str]:
    return list(importlib.import_module(package).__path__)


def now() -> str:
    """Give the time, in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def packages() -> dict[str, str | None]:
    """List the versions of what a fit's bits depend on."""
    return {name: _version(name) for name in _PACKAGES}


def _of_functions() -> dict[str, str | None]:
    """List the versions of what sbc's own functions of data depend on besides."""
    return {"statsmodels": _version("statsmodels")}


def user_files(settings: Settings) -> dict[str, str]:
    """Read the user's own files of models and data: path as the settings name it, to text."""
    paths = set(_code(settings)) | {settings.data} - {""}
    return {path: Path(path).read_text(encoding="utf-8") for path in sorted(paths)}


def neighbours(settings: Settings) -> dict[str, str]:
    """Read the modules that the user's files import from beside them: path to text.

    Those that have been loaded from there, packages with all of their modules: an installed one of
    the same name comes first.
    """
    found: dict[str, str] = {}
    todo = [Path(path) for path in _code(settings)]
    while todo:
        file = todo.pop()
        for beside in _loaded_beside(file):
            if str(beside) not in found:
                found[str(beside)] = beside.read_text(encoding="utf-8")
                todo.append(beside)
    return dict(sorted(found.items()))


def _loaded_beside(file: Path) -> list[Path]:
    """List the files of the modules that a file imports and that lie beside it, as it is named."""
    folder, found = file.parent.resolve(), []
    for name in _imported(file):
        for known, module in list(sys.modules.items()):
            place = getattr(module, "__file__", None)
            if (known == name or known.startswith(f"{name}.")) and place:
                inside = Path(place).resolve()
                if inside.is_relative_to(folder) and inside.suffix == ".py" and inside.is_file():
                    found.append(file.parent / inside.relative_to(folder))
    return found


def _code(settings: Settings) -> list[str]:
    """List the user's files of code, as the settings name them."""
    named = (
        *(settings.generator, settings.simulator, *settings.quantities),
        *(*settings.estimators, *settings.engines),
    )
    return sorted({path for spec in named if (path := spec.rpartition(":")[0])})


def _imported(file: Path) -> list[str]:
    """List the top names of what a file imports, wherever it does."""
    tree = source.tree(catalogue.file_of(str(file)), str(file))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named = [node.module] if node.module else [alias.name for alias in node.names]
            names |= {name.partition(".")[0] for name in named}
    return sorted(names)


def digest(content: bytes) -> str:
    """Tell files apart by a few letters."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def check_files(folder: Path, run: RunFile, settings: Settings) -> None:
    """Refuse to go on with models or data that are no longer those of the run.

    Raises
    ------
    UserError
        Naming the file that has changed.
    """
    texts = user_files(settings)
    for path in run.files.keys() - texts.keys():  # what those import, by its old place
        if Path(path).suffix == ".py" and Path(path).is_file():
            texts[path] = Path(path).read_text(encoding="utf-8")
    for path, text in texts.items():
        if path in run.files and digest(text.encode()) != run.files[path]:
            raise UserError(f"{path} has changed since {folder} was made; start a new run")


def check_versions(folder: Path, run: RunFile, allowed: bool) -> dict[str, Any]:
    """Refuse to go on with other versions of what bits depend on.

    Parameters
    ----------
    folder : Path
        Of the run.
    run : RunFile
        What is known of it.
    allowed : bool
        Whether other versions will do.

    Returns
    -------
    dict
        What to write down: nothing, or ``resumed`` with the versions that go on.

    Raises
    ------
    UserError
        Naming all packages that have changed.
    """
    mine: dict[str, str | None] = {"sbc": sbc.__version__, "python": platform.python_version()}
    mine |= packages() | _of_functions()
    before = [_versions(part) for part in (run, *run.resumed)]
    others = [_differing(mine, was) for was in before]
    if not all(others):
        return {}
    if not allowed:
        told = [
            f"{name} {' '.join(str(was).split())}, and this is {mine[name]}"
            for name, was in others[0].items()
        ]
        raise UserError(
            f"{folder} was made with {', with '.join(told)}: fits may differ in their last digits; "
            f"continue anyway with {option('allow_versions')}"
        )
    now_ = {"started": now(), "sbc": mine["sbc"], "python": mine["python"]}
    return {"resumed": [*run.resumed, now_ | {"packages": packages()}]}


def _versions(part: dict[str, Any]) -> dict[str, str | None]:
    named: dict[str, str | None] = {n: part[n] for n in ("sbc", "python") if n in part}
    return named | dict(part.get("packages") or {})


def _differing(mine: dict[str, str | None], was: dict[str, str | None]) -> dict[str, str | None]:
    """Give the packages whose version was another, with that version.

    What was not written down is not compared.
    """
    return {name: version for name, version in was.items() if mine.get(name, version) != version}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Give the commit of the checkout that the package runs from, if it is one."""
    try:
        found = subprocess.run(
            ["git", "-C", str(Path(sbc.__file__).parent), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
