"""How many fits of a run may fail before it is stopped."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from sbc.plugins.errors import TooManyFailuresError, UserError, option
from sbc.store.database import Store
from sbc.store.rows import FAILED, Fit


@dataclass(frozen=True)
class Limit:
    """At most so many fits may fail, or at most such a share of all that the run is to make.

    The share is one of the whole plan and not of what has been done, so that a few failures at the
    start stop nothing, and whether a run is stopped does not depend on the order of its fits.
    """

    count: int | None = None
    share: float | None = None

    def __str__(self) -> str:
        return str(self.count) if self.share is None else f"{100 * self.share:g}%"

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read ``20`` or ``10%``.

        Raises
        ------
        UserError
            Unless it is a whole number or a share from 0 to 100 %.
        """
        if re.fullmatch(r"\d{1,12}", text, flags=re.ASCII):
            return cls(count=int(text))
        if re.fullmatch(r"\d{1,3}(\.\d{1,9})?%", text, flags=re.ASCII) and float(text[:-1]) <= 100:
            return cls(share=float(text[:-1]) / 100)
        raise UserError(
            f"{option('max_failures')} takes a count or a share, as 20 or 10%, not '{text}'"
        )

    def watch(self, store: Store, planned: int) -> Watch:
        """Begin to count, with the failures that the run has already.

        Raises
        ------
        TooManyFailuresError
            If these are too many.
        """
        query = f"SELECT error FROM fit WHERE status IN ({', '.join('?' * len(FAILED))})"
        errors = [error for (error,) in store.rows(query, FAILED)]
        most = planned if self.count is None else self.count
        most = most if self.share is None else int(self.share * planned + 1e-9)
        return Watch(self, most, planned, errors)


NO_LIMIT = Limit()


class Watch:
    """Counts the failures of one run as they come."""

    def __init__(self, limit: Limit, most: int, planned: int, errors: list[str]) -> None:
        self._limit, self._most, self._planned = limit, most, planned
        self._failed = len(errors)
        self._reasons = Counter(errors)
        self._check()

    def see(self, row: Fit) -> None:
        """Take note of a row that is in the store.

        Raises
        ------
        TooManyFailuresError
            If it is the one too many.
        """
        if row.status in FAILED:
            self._failed += 1
            self._reasons[row.error] += 1
            self._check()

    def _check(self) -> None:
        if self._failed <= self._most:
            return
        reason, times = self._reasons.most_common(1)[0]
        first = reason.partition("\n")[0][:200] or "did not converge"
        raise TooManyFailuresError(
            f"stopped: {self._failed} of the {self._planned} fits planned have failed, more than "
            f"{option('max_failures')} {self._limit} allows; most often ({times} times): {first}"
        )
