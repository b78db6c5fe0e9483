"""The one exception that a user's mistake raises: one line, what is allowed, exit code 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake of the user: the command line prints it in one or two lines and exits with 2."""

    code = 2


class TooManyFailuresError(UserError):
    """A run that was stopped, as was asked for, because too many of its fits failed."""

    code = 4


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
