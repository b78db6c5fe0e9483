"""When a command is to stop in good order, whatever is left to do."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from sbc.plugins.errors import TimeUpError, UserError, option

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}


@dataclass(frozen=True)
class Deadline:
    """So many seconds from when it was set; no fit is begun after them.

    Attributes
    ----------
    text : str
        As the user wrote it.
    seconds : float
        How long.
    """

    text: str
    seconds: float
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def parse(cls, text: str) -> Deadline:
        """Read ``90``, ``90s``, ``10m``, ``1.5h`` or ``2d``, and set it.

        Raises
        ------
        UserError
            Unless it is a time above 0.
        """
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", str(text).strip(), re.ASCII)
        if not found or not float(found[1]) > 0:
            raise UserError(
                f"{option('max_time')} takes a time above 0, as 90s, 10m, 2h or 1d, not '{text}'"
            )
        return cls(str(text).strip(), float(found[1]) * _UNITS[found[2]])

    def check(self, done: int, planned: int) -> None:
        """Stop what goes on if the time is up.

        Raises
        ------
        TimeUpError
            With how many of the planned fits are there.
        """
        if done < planned and time.monotonic() - self.began > self.seconds:
            raise TimeUpError(
                f"stopped after {self.text}, as {option('max_time')} says: "
                f"{done} of {planned} fits are done"
            )


#: Never.
NEVER = Deadline("", float("inf"))
