"""The one exception that a user's mistake raises: one line, what is allowed, exit code 2."""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Iterable
from enum import IntEnum

from sbc.plugins.nearest import near


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
    """A mistake of the user, in one or two lines; the command line exits with 2.

    Its message names settings by `option`, and reads as Python's unless a door asks for its own
    spelling.
    """

    code = ExitCode.USAGE

    def __str__(self) -> str:
        """Write the message in Python's spelling."""
        return in_python(self.neutral)

    @property
    def neutral(self) -> str:
        """The message with its settings marked, for a door to spell."""
        return str(self.args[0]) if self.args else ""


class TooManyFailuresError(UserError):
    """A run that was stopped, as was asked for, because too many of its fits failed."""

    code = ExitCode.FAILED_FITS


class TimeUpError(UserError):
    """What was stopped in good order, as was asked for, when its time was up."""

    code = ExitCode.UNDECIDED


#: Where a setting begins and ends in a message: characters of Unicode's area for private use.
_MARKED = re.compile("\ue000([a-z0-9_]+)(?:\ue001([^\ue000]*?))?\ue002")
#: A setting that the command line calls otherwise than Python does.
_IN_SHELL = {"parameter": "set", "estimands": "estimand", "columns": "map", "bounds": "bound"}


def option(name: str, value: object = None) -> str:
    """Name a setting in a message, so that each door can spell it in its own way.

    Parameters
    ----------
    name : str
        As Python calls it.
    value : object
        What it is, or is to be, set to; nothing where the setting alone is meant.

    Examples
    --------
    >>> said = f"{option('target_accept')} must lie between 0 and 1"
    >>> in_shell(said), in_python(said)
    ('--target-accept must lie between 0 and 1', 'target_accept must lie between 0 and 1')
    >>> in_shell(option("truth", "prior")), in_python(option("truth", "prior"))
    ('--truth prior', "truth='prior'")
    """
    return f"\ue000{name}\ue002" if value is None else f"\ue000{name}\ue001{value}\ue002"


def in_shell(text: str) -> str:
    """Spell the settings that a message names as the command line does: ``--truth prior``."""

    def spelled(found: re.Match[str]) -> str:
        flag = "--" + _IN_SHELL.get(found[1], found[1]).replace("_", "-")
        return flag if found[2] is None else f"{flag} {shlex.quote(found[2])}"

    return _MARKED.sub(spelled, text)


def in_python(text: str) -> str:
    """Spell the settings that a message names as Python does: ``truth='prior'``."""
    return _MARKED.sub(lambda m: m[1] if m[2] is None else f"{m[1]}={m[2]!r}", text)


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
    meant = near(name, allowed)
    hint = f". Did you mean '{meant}'?" if meant else ""
    place = f" {where}" if where else ""
    choices = ", ".join(allowed) if allowed else "none"
    return UserError(f"no {kind} called '{name}'{place}{hint}\n  available: {choices}")
