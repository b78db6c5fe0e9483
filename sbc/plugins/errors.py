"""The one exception that a user's mistake raises: one line, what is allowed, exit code 2."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a command returns to the shell: the one table of exit codes."""

    OK = 0
    #: A gate fails; no size that a design looked at will do.
    FAILED = 1
    #: A mistake of the user's.
    USAGE = 2
    #: A gate, or a design, cannot tell yet; a run or a sweep has stopped when its time was up.
    UNDECIDED = 3
    #: Too many fits failed for anything to be said.
    FAILED_FITS = 4
    #: A bug of sbc's.
    BUG = 70
    #: Ctrl-C.
    INTERRUPTED = 130


class UserError(Exception):
    """A mistake of the user: the command line prints it in one or two lines and exits with 2."""

    code = ExitCode.USAGE


class TooManyFailuresError(UserError):
    """A run that was stopped, as was asked for, because too many of its fits failed."""

    code = ExitCode.FAILED_FITS


class TimeUpError(UserError):
    """What was stopped in good order, as was asked for, when its time was up."""

    code = ExitCode.UNDECIDED


#: An option that Python calls otherwise than the command line does.
_IN_PYTHON = {"set": "parameter", "estimand": "estimands"}


def in_python(text: str) -> str:
    """Say in Python's words what was said in those of the command line: ``draws`` for ``--draws``.

    What stands between backticks is a command, and stays one.

    Examples
    --------
    >>> in_python("--target-accept must lie between 0 and 1, not 2")
    'target_accept must lie between 0 and 1, not 2'
    >>> in_python("this is a sweep: `sbc sweep --resume DIR` goes on with it")
    'this is a sweep: `sbc sweep --resume DIR` goes on with it'
    """

    def name(found: re.Match[str]) -> str:
        word = found[1].replace("-", "_")
        return _IN_PYTHON.get(word, word)

    parts = re.split("(`[^`]*`)", text)
    parts[::2] = [re.sub(r"(?<![\w-])--([a-z][a-z-]*[a-z])", name, part) for part in parts[::2]]
    return "".join(parts)


def renamed(old: str, new: str) -> None:
    """Tell whoever still uses an old name, which goes with 0.2, what it is called now."""
    warnings.warn(f"{old} is now {new}", FutureWarning, stacklevel=3)


def unknown(kind: str, name: str, allowed: Iterable[str], where: str = "") -> UserError:
    """Make the error for an unknown name, with the nearest allowed one.

    Parameters
    ----------
    kind : str
        What was named, as the user would say it: ``"estimator"``.
    name : str
        What the user wrote.
    allowed : iterable of str
        The names that would have worked.
    where : str
        Where it was looked for, if that is not obvious.
    """
    allowed = sorted(allowed)
    near = difflib.get_close_matches(name, allowed, n=1)
    hint = f". Did you mean '{near[0]}'?" if near else ""
    place = f" {where}" if where else ""
    choices = ", ".join(allowed) if allowed else "none"
    return UserError(f"no {kind} called '{name}'{place}{hint}\n  available: {choices}")
