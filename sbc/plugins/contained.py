"""What a user's code may not do to the process that runs it: end it, or move it elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from sbc.plugins.patience import OverdueError, stretch

#: Copies of stdin, stdout and stderr by their number, from which they are opened again.
_kept: dict[int, int] = {}


def keep_descriptors() -> None:
    """Keep stdin, stdout and stderr open, whatever a user's code closes, in this process."""
    for number in range(3):
        with suppress(OSError):  # it was closed already
            _kept[number] = os.dup(number)


class _Home:
    """The process's directory while so many threads run a user's code."""

    inside = 0
    place: str | None = None


_home, _guard = _Home(), Lock()


class EndedError(RuntimeError):
    """A user's code asked to end the process, which sbc does not."""


@contextmanager
def contained(loading: bool = False) -> Iterator[None]:
    """Run a user's code for a while; how long at most, `sbc.plugins.patience` says.

    What would end the process, as ``sys.exit`` does, is an ordinary exception instead; a change of
    directory is taken back, for names of files are meant from where the command was given; and
    stdout is opened again if it was closed.

    Parameters
    ----------
    loading : bool
        Whether a file is imported.

    Raises
    ------
    EndedError
        If the code raises what no `Exception` is, but for Ctrl-C and what sbc itself raises so.
    """
    _enter()
    try:
        with stretch(loading):
            yield
    except (Exception, KeyboardInterrupt, GeneratorExit, OverdueError):
        raise
    except BaseException as wish:
        if type(wish).__name__ == "Stopped":  # by which sbc leaves sampling out; comes with PyMC
            raise
        what = f"{type(wish).__name__}({wish})"
        raise EndedError(f"the code asked to end the process, by {what}") from wish
    finally:
        _leave()
        _reopen()


def _reopen() -> None:
    """Open again what was closed, before the next file takes its number and is printed into."""
    for number, copy in _kept.items():
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.dup2(copy, number)


def _enter() -> None:
    """Note the directory, unless other threads run a user's code already and may have moved it."""
    with _guard:
        if _home.inside == 0:
            _home.place = None
            with suppress(OSError):  # a directory that is gone
                _home.place = os.getcwd()
        _home.inside += 1


def _leave() -> None:
    with _guard:
        _home.inside -= 1
        with suppress(OSError):
            if _home.place is not None and os.getcwd() != _home.place:
                os.chdir(_home.place)
