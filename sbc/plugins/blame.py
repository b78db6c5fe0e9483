"""Whether an exception is a mistake of the user's or a bug of sbc's."""

from __future__ import annotations

import linecache
import platform
import re
import traceback
from importlib import metadata
from pathlib import Path

import sbc

_HOME = str(Path(sbc.__file__).resolve().parent)
#: A user's function that sbc calls with other arguments than it takes raises before it begins.
_CALL = re.compile(r"\(\) (takes|missing|got) ")
#: What a slip in Python raises; compiled code of libraries, which leaves no frame, raises others.
_SLIPS = (
    *(AssertionError, AttributeError, LookupError, NameError, TypeError, ValueError),
    *(ZeroDivisionError, NotImplementedError),
)
#: What the operating system says where memory is too little, if not by `MemoryError`.
_NO_MEMORY = re.compile(
    "failed to map segment|[Cc]annot allocate memory|can't start new thread|std::bad_alloc"
)
_PACKAGES = ("pymc", "pytensor", "nutpie", "numpy", "arviz")


def is_ours(problem: BaseException) -> bool:
    """Say whether a line of sbc's own raised an exception without meaning to.

    What a library raises is about the model that it was given, what sbc raises by ``raise`` is
    about what it was given; and where a frame is the user's, so is the exception.
    """
    if not isinstance(problem, _SLIPS):
        return False
    frames = traceback.extract_tb(problem.__traceback__)
    if not frames or not _in_sbc(frames[-1].filename):
        return False
    entered = next(i for i, frame in enumerate(frames) if _in_sbc(frame.filename))
    if any(_is_users(frame.filename) for frame in frames[entered:]):
        return False
    if isinstance(problem, TypeError) and _CALL.search(str(problem)):
        return False
    line = linecache.getline(frames[-1].filename, frames[-1].lineno or 0)
    return not line.lstrip().startswith("raise")


def _in_sbc(file: str) -> bool:
    return file.startswith(_HOME)


def _is_users(file: str) -> bool:
    """Say whether a file is nobody's but the user's: no package's, nor Python's own."""
    library = ("site-packages", "dist-packages", "<frozen", platform.__file__.rpartition("/")[0])
    return not _in_sbc(file) and not any(part in file for part in library)


def lacks_memory(problem: BaseException) -> str:
    """Say in a line that memory, or what threads need of it, is too little; empty if it is not."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, MemoryError) or _NO_MEMORY.search(str(cause)):
            what = f"{type(cause).__name__}: {cause}".strip(": ").partition("\n")[0]
            return f"too little memory ({what}); have more, or fewer workers"
        cause = cause.__cause__ or cause.__context__
    return ""


def told(problem: BaseException) -> str:
    """Tell a bug of sbc's: its traceback, what it is, and with which versions."""
    lines = "".join(traceback.format_exception(problem))
    return (
        f"{lines}\nsbc: this is a bug of sbc, not a mistake in your model; what was computed is "
        f"kept. Please report it with the lines above and: {versions()}"
    )


def versions() -> str:
    """List what a bug may hang on."""
    found = [f"sbc {sbc.__version__}", f"Python {platform.python_version()}", platform.system()]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def place(problem: BaseException) -> str:
    """Name the line of sbc's that raised."""
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"
