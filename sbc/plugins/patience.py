"""How long a user's code may run at a stretch, where nothing but itself could end it.

A model is stated in the process that runs everything else: an endless loop there would hang the
command without a word. A notice says where it is, and a limit, if one was asked for, ends it.
"""

from __future__ import annotations

import math
import signal
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType

from sbc.plugins.errors import UserError, in_python, option

#: Seconds after which somebody who waits is told for what.
NOTICE = 30.0


class OverdueError(BaseException):
    """What leaves a user's code when its time is up; no `Exception`, which it might catch."""


class _Clock:
    """What is known of the stretch that the main thread is in."""

    limit = math.inf
    depth = 0
    began = math.nan


_clock = _Clock()
_around: list[Callable[[], AbstractContextManager[object]]] = []
_dues: list[Callable[[float], None]] = []


def on_stretch(entered: Callable[[], AbstractContextManager[object]]) -> None:
    """Have a context entered around a user's code, instead of any limit here."""
    _around[:] = [entered]


def on_due(told: Callable[[float], None]) -> None:
    """Have told when a stretch must have ended, by `time.monotonic`; 0.0 when it has."""
    _dues[:] = [told]


@contextmanager
def patient(seconds: float | None, spelled: Callable[[str], str] = in_python) -> Iterator[None]:
    """Limit each stretch of a user's code in the main thread; tell of long ones in any case.

    Parameters
    ----------
    seconds : float or None
        What a stretch may take, if above 0; None for as long as it likes.
    spelled : callable
        Spells the settings of a message, as `sbc.plugins.errors.in_shell` does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's: nothing could end the code
        return
    ended = threading.Event()
    threading.Thread(target=_tell, args=(ended, spelled), daemon=True).start()
    before, _clock.limit = _clock.limit, seconds if seconds and 0 < seconds < math.inf else math.inf
    try:
        yield
    finally:
        _clock.limit = before
        ended.set()


def stretch(loading: bool) -> AbstractContextManager[object]:
    """Give the context in which a user's code runs for a while.

    Parameters
    ----------
    loading : bool
        Whether a file is imported, which imports libraries and is limited by nobody.
    """
    if _around:
        return nullcontext() if loading else _around[0]()
    if threading.current_thread() is not threading.main_thread():
        return nullcontext()
    return _timed(math.inf if loading else _clock.limit)


@contextmanager
def _timed(limit: float) -> Iterator[None]:
    if _clock.depth:
        yield
        return
    _clock.depth, _clock.began = 1, time.monotonic()
    try:
        with nullcontext() if math.isinf(limit) else _limited(limit):
            yield
    finally:
        _clock.depth, _clock.began = 0, math.nan


@contextmanager
def _limited(limit: float) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _leave)
    for told in _dues:
        told(_clock.began + limit)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    except OverdueError as overdue:
        raise UserError(
            f"{overdue}no end after {limit:g} s, as {option('fit_timeout')} says: an endless loop?"
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        for told in _dues:
            told(0.0)


def _leave(_signal: int, frame: FrameType | None) -> None:
    raise OverdueError(_place(frame))


def _tell(ended: threading.Event, spelled: Callable[[str], str]) -> None:
    """Say once where a user's code is that takes its time."""
    main, told = threading.main_thread().ident, math.nan
    while not ended.wait(1.0):
        began = _clock.began
        if time.monotonic() - began < NOTICE or math.isnan(began) or began == told:
            continue
        told = began
        place = _place(sys._current_frames().get(main or 0))
        ends = f"{option('fit_timeout')} ends what takes longer"
        print(
            f"sbc: {place}{spelled(f'still running after {NOTICE:g} s; {ends}')}", file=sys.stderr
        )


def _place(frame: FrameType | None) -> str:
    """Name the innermost line that is a user's: neither of a library nor of this package."""
    libraries = (*{sysconfig.get_path(n) for n in ("stdlib", "purelib", "platlib")},)
    own = str(Path(__file__).parents[1])
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((own, *libraries, "<")):
            return f"{Path(file).name}, line {frame.f_lineno}: "
        frame = frame.f_back
    return ""
