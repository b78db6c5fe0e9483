"""What a user's code prints goes to stderr, so that a table or JSON on stdout stays clean."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from threading import RLock
from typing import TextIO

_guard = RLock()


@contextmanager
def to_stderr(instead: TextIO | None = None) -> Iterator[None]:
    """Send prints to stderr, or elsewhere; one thread at a time, since all share one stdout."""
    with _guard, redirect_stdout(instead or sys.stderr):
        yield
