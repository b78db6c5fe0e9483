"""What a command prints, with nothing in it that a terminal or a build server takes for an order.

Names and texts out of a run may come from a stranger. They are cleaned here, where all of them go
through, and not where each is put into words.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, TextIO, cast

from sbc.plugins.errors import UserError
from sbc.report.marks import CODES, END
from sbc.store.names import TURNING

#: Control characters but for tabs and line breaks, and those that turn the direction of text.
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{TURNING}]")
#: What GitHub takes for a command at the beginning of a line, blanks aside, or anywhere.
_COMMAND = re.compile(r"^(\s*):(?=:)|(##)(?=\[)", re.MULTILINE)


def cleaned(text: str) -> str:
    r"""Take out of a text what a terminal or a build server would obey.

    Examples
    --------
    >>> cleaned("::error::no")
    ': :error::no'
    >>> cleaned("a\x1b[2Jb")
    'a�[2Jb'
    """
    return _COMMAND.sub(lambda found: f"{found[0]} ", _CONTROL.sub("�", text))


#: Colours as `sbc.report.marks` has them, and what stands for each until a text is cleaned.
_PAINT = {code: chr(0xE010 + i) for i, code in enumerate([*CODES.values(), END])}
_VERDICT = re.compile(r"^(PASS|FAIL|INCONCLUSIVE)(?= )", re.MULTILINE)
_WORDS = {"PASS": "good", "FAIL": "bad", "INCONCLUSIVE": "warn"}


def in_colour() -> bool:
    """Say whether what is printed goes to a terminal that shows colours, and may (NO_COLOR)."""
    dumb = os.environ.get("TERM", "") == "dumb"
    return not os.environ.get("NO_COLOR") and not dumb and _is_terminal()


def columns() -> int:
    """Count the characters of a line: of the terminal, or 80, unless COLUMNS says otherwise."""
    return shutil.get_terminal_size((80, 24)).columns


def _is_terminal() -> bool:
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):  # there is no stdout, or it is closed
        return False


def kept(text: str) -> str:
    """Keep the colours of a text that is to be cleaned; verdicts at the start of lines get some."""
    if not in_colour():
        return text
    text = _VERDICT.sub(lambda word: f"{CODES[_WORDS[word[0]]]}{word[0]}{END}", text)
    for code, sign in _PAINT.items():
        text = text.replace(code, sign)
    return text


def _in_paint(text: str) -> str:
    for code, sign in _PAINT.items():
        text = text.replace(sign, code)
    return text


@contextmanager
def _told() -> Iterator[None]:
    """Tell in a line that nothing can be written; who reads a pipe may have seen enough."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as problem:  # ValueError: it was closed in Python
        raise UserError(f"cannot write to stdout: {problem}") from problem


class _Before:
    """A stream that stands before another, and is that one in all but writing."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text."""
        raise NotImplementedError

    def writelines(self, lines: Any) -> None:
        """Write some lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class Cleaned(_Before):
    """A stream that cleans what is written to it."""

    def write(self, text: str) -> int:
        """Write a text cleaned.

        Raises
        ------
        UserError
            If there is no stdout any more, or its disk is full.
        """
        if self.stream is None:
            raise UserError("cannot write to stdout: it is closed")
        with _told():
            self.stream.write(_in_paint(cleaned(text)))
        return len(text)

    def flush(self) -> None:
        """Send on what has been written; errors as `write`."""
        if self.stream is not None:
            with _told():
                self.stream.flush()


@contextmanager
def clean_stdout() -> Iterator[None]:
    """Clean what is printed, for a while."""
    with redirect_stdout(cast(TextIO, Cleaned(sys.stdout))):
        yield


class Forgiving(_Before):
    """The stream stderr, on which words may be lost but no command fails for want of a place."""

    stream: TextIO

    def write(self, text: str) -> int:
        """Write a text if that is possible."""
        with suppress(OSError, ValueError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Send on what has been written, if that is possible."""
        with suppress(OSError, ValueError):
            self.stream.flush()


def open_streams() -> None:
    """Open what of stdin, stdout and stderr is closed, before a file of a run takes its number.

    What native code prints would else be written into the run's database.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    stream = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - never closed
    sys.stderr = cast(TextIO, Forgiving(stream))


def order(lines: list[str]) -> None:
    """Print commands to the build server, which are meant as such."""
    stream = sys.stdout.stream if isinstance(sys.stdout, Cleaned) else sys.stdout
    print("\n".join(lines), file=stream)
