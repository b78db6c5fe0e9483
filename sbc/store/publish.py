"""Every file of every command is written here: whole or not at all, and never through a link.

A run's folder may come from a stranger. A file that is replaced is a link no longer, and one that
is written beside its place first leaves the old one whole when the disk is full or the process is
killed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sbc.plugins.errors import UserError

#: What a path under these names is the system's: a terminal, a pipe, and nothing to be replaced.
_SYSTEM = ("/dev/", "/proc/")


def publish_text(file: Path, text: str, newline: str | None = None) -> Path:
    """Write a text as UTF-8; what is not Unicode, out of a name on the command line, as `?`.

    Raises
    ------
    UserError
        If it cannot be written.
    """

    def write(place: Path) -> None:
        with place.open("w", encoding="utf-8", errors="replace", newline=newline) as stream:
            stream.write(text)

    return publish(file, write)


def publish_tree(file: Path, tree: Any) -> Path:
    """Write an xarray DataTree as netCDF, made in memory: HDF5 crashes where a disk is full.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    return publish(file, lambda place: place.write_bytes(tree.to_netcdf(engine="h5netcdf")))


def publish(file: Path, write: Callable[[Path], object]) -> Path:
    """Let a function write a file under another name, and put it in its place.

    Parameters
    ----------
    file : Path
        Where it is to stand; its folder is made.
    write : callable
        Takes the path to write to, which ends as `file` does.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    try:
        if file.parent.exists() and not file.parent.is_dir():
            raise NotADirectoryError(20, os.strerror(20))
        file.parent.mkdir(parents=True, exist_ok=True)
        with _beside(file) as place:
            write(place)
    except OSError as problem:
        raise UserError(f"cannot write {file}: {problem.strerror or problem}") from problem
    return file


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """Give the path to write to, and move it to its place if nothing is raised."""
    if _is_open_end(file):
        yield file
        return
    place = file.with_name(f".{os.getpid()}-{file.name[-200:]}")
    place.unlink(missing_ok=True)  # what a stranger may have laid there
    try:
        yield place
        if file.is_dir() and not file.is_symlink():
            raise IsADirectoryError(21, os.strerror(21), str(file))
        place.replace(file)
    except BaseException:
        with suppress(OSError):
            place.unlink(missing_ok=True)
        raise


def _is_open_end(file: Path) -> bool:
    """Say whether a path is a terminal, a pipe or a device, that one writes to and not over."""
    if os.path.abspath(file).startswith(_SYSTEM):
        return True
    return not file.is_symlink() and file.exists() and not (file.is_file() or file.is_dir())
