"""Let a run survive a crash: a small process watches the one that fits.

Fits share a process with everything else, which is fastest, and a segmentation fault or `os._exit`
in a user's model takes that process along. The one that watches it has loaded nothing and runs no
model: it sees the death, and goes on with the run, once, each worker a process of its own. There
the fit that kills costs itself alone.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from sbc.fitting.workers.orphans import adopt, die_with, end_children

#: What ends a process by a fault in it, and not by somebody's wish.
_FAULTS = {"SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS"}
_SIZE = 1 << 16


class _Note:
    """What a process leaves behind for the one that watches it: a page of memory of both."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, _SIZE)

    def write(self, **content: object) -> None:
        text = json.dumps(self.read() | content).encode()
        if len(text) < _SIZE:
            self._page[: len(text) + 1] = text + b"\0"

    def read(self) -> dict[str, object]:
        return json.loads(self._page[:].partition(b"\0")[0] or b"{}")


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
        how, left = _watch(child), _note.read()
        end_children()
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
    code = 1  # that of an exception, which is a bug and keeps its traceback
    try:
        code = main(argv)
    finally:
        _note.write(code=code)
    return code


def _watch(child: int) -> int:
    """Wait for a process, handing on what is sent to this one; give its exit code."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    before = {n: signal.signal(n, hand_on) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
