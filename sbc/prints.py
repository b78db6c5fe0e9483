"""What a user's code prints goes to stderr, so that a table or JSON on stdout stays clean."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from threading import RLock

_guard = RLock()


@contextmanager
def to_stderr(aloud: bool = True) -> Iterator[None]:
    """Send prints to stderr, or nowhere; one thread at a time, since all share one stdout."""
    with _guard, redirect_stdout(sys.stderr if aloud else io.StringIO()):
        yield
