"""Let a run survive a crash: a small process watches the one that fits.

Fits share a process with everything else, which is fastest, and a segmentation fault or `os._exit`
in a user's model takes that process along. The one that watches it has loaded nothing and runs no
model: it sees the death, and goes on with the run, once, each worker a process of its own. There
the fit that kills costs itself alone.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import shlex
import signal
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from sbc.fitting.workers.orphans import adopt, die_with, end_children
from sbc.plugins import patience
from sbc.plugins.errors import ExitCode

#: What ends a process by a fault in it, and not by somebody's wish.
_FAULTS = {"SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS"}
_SIZE = 1 << 16
#: Seconds that a run may take to end once it was asked to, or that it is late with a limit.
GRACE = 10.0
_TIME = struct.Struct("d")


class _Note:
    """What a process leaves behind for the one that watches it: a page of memory of both."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, _TIME.size + _SIZE)

    def write(self, **content: object) -> None:
        text = json.dumps(self.read() | content).encode()
        if len(text) < _SIZE:
            self._page[_TIME.size : _TIME.size + len(text) + 1] = text + b"\0"

    def read(self) -> dict[str, object]:
        end = self._page.find(b"\0", _TIME.size)
        return json.loads(self._page[_TIME.size : end] or b"{}")

    @property
    def due(self) -> float:
        """When a user's code must have come back, by `time.monotonic`; 0.0 if none runs."""
        return _TIME.unpack_from(self._page)[0]

    @due.setter
    def due(self, time_: float) -> None:
        _TIME.pack_into(self._page, 0, time_)


_note: _Note | None = None


def after_a_crash(argv: list[str]) -> None:
    """Say by which command to go on if this process crashes."""
    if _note is not None:
        _note.write(argv=argv)


def supervised(main: Callable[[list[str]], int], argv: list[str]) -> int:
    """Run a command in a process of its own, and go on with it if that crashes.

    Parameters
    ----------
    main : callable
        Runs a command and returns its exit code.
    argv : list of str
        The command.

    Returns
    -------
    int
        Its exit code; in the process that runs the command as in the one that watches.
    """
    global _note  # noqa: PLW0603 - one a process: what is fitted is deep below
    for again in (False, True):
        _note = _Note()
        watcher = os.getpid()
        adopt()
        child = os.fork()
        if child == 0:
            die_with(watcher)
            return _told(main, argv)
        how, forced = _watch(child, _note)
        left = _note.read()
        end_children()
        if forced:
            return _told_of_force(forced, left)
        if "code" in left:  # it ended in order, whatever became of it while Python cleared up
            return int(str(left["code"]))
        word = signal.Signals(-how).name if how < 0 else f"exit code {how}"
        if how < 0 and word not in _FAULTS:
            print(f"sbc: the run was ended by {word}; what was fitted is kept", file=sys.stderr)
            return 128 - how
        if again or "argv" not in left:
            print(f"sbc: error: the run crashed ({word}), and not in a fit", file=sys.stderr)
            return 2
        print(
            f"sbc: a fit has crashed the run ({word}). What was fitted is kept; going on with "
            "--isolate, where a crash costs its own fit alone",
            file=sys.stderr,
        )
        argv = [str(word) for word in list(left["argv"])]  # type: ignore[call-overload]
    raise AssertionError


def _told(main: Callable[[list[str]], int], argv: list[str]) -> int:
    assert _note is not None
    interruptible()
    patience.on_due(lambda due: setattr(_note, "due", due))
    code = 1  # that of an exception, which is a bug and keeps its traceback
    try:
        code = main(argv)
    finally:
        _note.write(code=code)
    return code


def _watch(child: int, note: _Note) -> tuple[int, str]:
    """Wait for a process, handing on what is sent to this one, and end it if it does not obey.

    Native code that runs on and on sees neither signals nor limits; only another process can end
    what it holds.

    Returns
    -------
    int
        The process's exit code.
    str
        Why it was ended by force: "signal", "limit", or nothing if it was not.
    """
    asked, forced = math.inf, ""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = min(asked, time.monotonic())
        with suppress(ProcessLookupError):
            os.kill(child, number)

    def look(_signal: int, _frame: FrameType | None) -> None:
        nonlocal forced
        now = time.monotonic()
        if now - asked > GRACE:
            forced = "signal"
        elif note.due and now - note.due > GRACE:
            forced = "limit"
        if forced:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    handlers = {signal.SIGINT: hand_on, signal.SIGTERM: hand_on, signal.SIGALRM: look}
    before = {n: signal.signal(n, handler) for n, handler in handlers.items()}
    signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), forced
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _told_of_force(why: str, left: dict[str, object]) -> int:
    """Say that a process was ended by force, and how to go on; give the exit code."""
    argv = [str(word) for word in list(left.get("argv", []))]  # type: ignore[call-overload]
    how = ""
    if "--resume" in argv:
        folder = argv[argv.index("--resume") + 1]
        how = f". Continue with: python -m sbc {argv[0]} --resume {shlex.quote(folder)}"
    if why == "limit":
        print(
            "sbc: error: native code of the model has not come back in the time that "
            f"--fit-timeout gives it, and was ended{how}",
            file=sys.stderr,
        )
        return ExitCode.USAGE
    kept = "; what was fitted is kept" if argv else ""
    print(f"sbc: interrupted; native code held on and was ended{kept}{how}", file=sys.stderr)
    return ExitCode.INTERRUPTED


def interruptible() -> None:
    """Let a batch system's SIGTERM end a run as Ctrl-C does.

    Both may reach this process twice at once: from a terminal or a batch system, which tell all
    processes, and from the one that watches.
    """
    last = -1.0

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last > 0.5:
            last = time.monotonic()
            raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
