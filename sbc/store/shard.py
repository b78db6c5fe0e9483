"""One part of a plan: datasets taken in turn, as cards are dealt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sbc.plugins.errors import UserError, option


@dataclass(frozen=True)
class Shard:
    """Part `number` of `of`: every dataset k with k ≡ number − 1 (mod of).

    Whose a dataset is depends on its number alone, so that a plan may grow while its parts run.

    Attributes
    ----------
    number : int
        From 1.
    of : int
        How many parts there are; 1 is the whole plan.
    """

    number: int = 1
    of: int = 1

    def __contains__(self, dataset: int) -> bool:
        return dataset % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def count(self, datasets: int) -> int:
        """Count this part's datasets in a plan of so many."""
        return len(range(self.number - 1, datasets, self.of))

    def describe(self) -> str:
        """Say that this is a part, nothing if it is the whole."""
        return "" if self.of == 1 else f"shard {self.number} of {self.of}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``I/N``.

        Raises
        ------
        UserError
            Unless it is two whole numbers with 1 ≤ I ≤ N.
        """
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, flags=re.ASCII)
        number, of = (int(part) for part in found.groups()) if found else (0, 0)
        if not 1 <= number <= of:
            raise UserError(f"{option('shard')} takes I/N with 1 ≤ I ≤ N, as in 3/10, not '{text}'")
        return cls(number, of)

    @classmethod
    def of_run(cls, run: dict[str, Any]) -> Shard:
        """Read which part a ``run.json`` is of its plan.

        Raises
        ------
        UserError
            If it says something that sbc does not write.
        """
        text = run.get("shard", "1/1")
        try:
            return cls.parse(str(text))
        except UserError:
            raise UserError(f"run.json is damaged: shard cannot be {text!r}") from None


WHOLE = Shard()
