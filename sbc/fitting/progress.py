"""How far a run has come: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
from typing import Any

from tqdm.auto import tqdm
from tqdm.std import tqdm as plain

#: Seconds between two lines, where nobody watches a terminal.
EVERY = 60.0


class Lines(plain):
    """Progress as whole lines, for logs: a carriage return would pile all of them up in one."""

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Write how far it is, on a line of its own."""
        if self.n == getattr(self, "_said", self.initial):  # nothing has come since
            return
        self._said = self.n
        took = self.format_interval(self.format_dict["elapsed"])
        what = f"{self.desc.rstrip(': ')}: " if self.desc else ""
        said = f"{self.n} of {self.total} {self.unit}s after {took}"
        print(f"sbc: {what}{said}", file=self.fp, flush=True)

    def set_description(self, desc: str | None = None, refresh: bool | None = True) -> None:
        """Note what is done now, without a line for it."""
        super().set_description(desc, refresh=False)

    def close(self) -> None:
        """Say the last word, without the line break that ends a bar."""
        if not self.disable:
            self.display()
            self.disable = True
            self._decr_instances(self)  # type: ignore[attr-defined]

    @classmethod
    def write(cls, s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Write between the lines, none of which has to be taken away for it."""
        print(s, file=file, end=end, flush=True)

    def clear(self, nolock: bool = False) -> None:
        """Take nothing back: what is written stays."""


def bar_of(
    total: int, initial: int = 0, shown: bool = True, unit: str = "fit", words: str = ""
) -> Any:
    """Make what shows how many there are of a run's fits, or of other things.

    Parameters
    ----------
    total, initial : int
        How many there will be, and are already.
    shown : bool
        Whether anything is to be shown.
    unit : str
        What one of them is.
    words : str
        What is done.
    """
    common: dict[str, Any] = {"desc": words, "total": total, "initial": initial, "unit": unit}
    common |= {"smoothing": 0.05}
    if "ipykernel" not in sys.modules and not sys.stderr.isatty():  # a notebook has bars of its own
        common |= {"mininterval": EVERY, "maxinterval": EVERY}
        return Lines(**common, disable=not shown)
    return tqdm(**common, disable=not shown, dynamic_ncols=True)
