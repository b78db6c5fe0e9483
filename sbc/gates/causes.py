"""What was found to be the cause of a verdict, kept beside a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from sbc.gates import kept
from sbc.plugins.errors import in_python
from sbc.store.names import fitted_by

FILE = "explain.json"
#: What may be at work, and how a sentence names it.
KINDS = {
    "shortcut": "a shortcut of sbc",
    "truth": "the generator's naming of its parameters",
    "prior": "the prior",
    "likelihood": "the likelihood",
    "density": "a density that does not belong to its draws",
    "sampler": "the sampler",
    "error": "code that raises in the middle of a fit",
}
#: What is looked at besides: where a fault shows, and whether the data say anything.
PLACE, DATA = "place", "data"


@dataclass(frozen=True)
class Clue:
    """One thing that was looked at.

    Attributes
    ----------
    kind : str
        One of `KINDS`, `PLACE` or `DATA`.
    found : bool
        Whether it is at work.
    words : str
        A sentence with its numbers.
    command : str
        What shows it; empty where nothing more can be seen.
    """

    kind: str
    found: bool
    words: str
    command: str = ""


@dataclass(frozen=True)
class Explanation:
    """What is wrong with one estimator by one engine, and why.

    Attributes
    ----------
    estimator, engine : str
        Whose fits these are.
    faults : tuple of str
        What is wrong, in words; nothing if there is nothing to explain.
    clues : tuple of Clue
        In order of evidence, what is at work first.
    paragraph : str
        All of it, as a statistician would say it.
    """

    estimator: str
    engine: str
    faults: tuple[str, ...]
    clues: tuple[Clue, ...]
    paragraph: str

    @property
    def whose(self) -> str:
        """Name the estimator and the engine, as the paragraph begins."""
        return fitted_by(self.estimator, self.engine)

    @property
    def causes(self) -> list[Clue]:
        """What is at work."""
        return [clue for clue in self.clues if clue.found and clue.kind in KINDS]


class Explanations(tuple[Explanation, ...]):
    """What is wrong with a run, and why: one explanation an estimator and engine."""

    __slots__ = ()

    def __str__(self) -> str:
        """Write them as the command line does."""
        return in_python(self.neutral)

    @property
    def neutral(self) -> str:
        """The words with their settings marked, for a door to spell."""
        return "\n\n".join(map(_text, self))

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return f"<pre style='white-space:pre-wrap'>{escape(str(self))}</pre>"


def _text(found: Explanation) -> str:
    lines = [found.paragraph, ""]
    for clue in found.clues:
        mark = "at work" if clue.found and clue.kind in KINDS else clue.kind
        lines.append(f"  {mark:<10}  {clue.words}")
        if clue.command:
            lines.append(f"{'':<14}shown by: {clue.command}")
    return "\n".join(lines).rstrip()


def write_causes(folder: Path, found: Iterable[Explanation]) -> None:
    """Keep it in a run's folder; errors as of `sbc.gates.kept.write`."""
    kept.write(folder / FILE, map(asdict, found))


def read_causes(folder: Path) -> tuple[Explanation, ...]:
    """Read what was kept; errors as of `sbc.gates.kept.read`."""
    return kept.read(folder / FILE, _explanation)


def _explanation(values: dict[str, Any]) -> Explanation:
    clues = tuple(Clue(**clue) for clue in values["clues"])
    return Explanation(**{**values, "clues": clues, "faults": tuple(values["faults"])})
