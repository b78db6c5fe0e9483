"""One process writes a run at a time: a lock that dies with whoever holds it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from sbc.plugins.errors import UserError

try:
    import fcntl
except ImportError:  # Windows has no such lock; SQLite's own keeps the file whole there
    fcntl = None  # type: ignore[assignment]

LOCK_FILE = "run.lock"
#: Seconds in which a process that was killed may still be on its way out.
PATIENCE = 2.0


class Lock:
    """The right to write a run, from when it is made until it is released or the process ends.

    It is one of the operating system's (`flock`), not the file as such: a file that a killed
    process left behind locks nothing.

    Raises
    ------
    UserError
        If another process has it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / LOCK_FILE
        self._descriptor: int | None = None
        until = time.monotonic() + PATIENCE
        try:
            while not self._taken():
                if time.monotonic() > until:
                    raise UserError(
                        f"another process{self._holder()} writes {folder}; wait until it has ended"
                    )
                time.sleep(0.05)
        except OSError as problem:
            raise UserError(f"cannot write to {folder}: {problem.strerror}") from problem

    def release(self) -> None:
        """Let others write, and leave no file behind."""
        if self._descriptor is not None:
            with suppress(OSError):  # gone with its folder, or on a disk that is read-only by now
                self._file.unlink()
            os.close(self._descriptor)
            self._descriptor = None

    def _taken(self) -> bool:
        # A stranger's folder may have a link there.
        nofollow = getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | nofollow, 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have removed the file meanwhile: then this locks nothing.
            if os.path.samestat(os.fstat(descriptor), self._file.stat()):
                with suppress(OSError):  # a disk that is full; whose the lock is is said in vain
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, str(os.getpid()).encode())
                self._descriptor = descriptor
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return False

    def _holder(self) -> str:
        with suppress(OSError, ValueError):
            return f" ({int(self._file.read_bytes()[:20])})"
        return ""
