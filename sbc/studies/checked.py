"""What `sbc check` and `sbc.check` are asked and answer: generator and models before any fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from sbc.gates.forward import Forward
from sbc.plugins.errors import ExitCode, UserError, in_python, option
from sbc.stats.sequential.outcome import ALPHA_FAIL
from sbc.store.settings import Settings

#: Datasets that are looked at unless a number is named.
DATASETS = 1000
_CODES = {"pass": ExitCode.OK, "fail": ExitCode.FAILED, "inconclusive": ExitCode.UNDECIDED}


@dataclass(frozen=True)
class Checked:
    """What was found before any fit.

    Attributes
    ----------
    settings : Settings
        Which generator and estimators.
    found : tuple of Forward
        One an estimator.
    """

    settings: Settings
    found: tuple[Forward, ...]

    @property
    def outcome(self) -> Literal["pass", "fail", "inconclusive"]:
        """Fail where uniform ranks are expected and something differs; pass if all is compared."""
        if any(one.faults for one in self.found):
            return "fail"
        undecided = any(one.judged and one.incomplete for one in self.found)
        return "inconclusive" if undecided else "pass"

    @property
    def exit_code(self) -> int:
        """What the command returns."""
        return int(_CODES[self.outcome])

    def __str__(self) -> str:
        """Write what was compared, as the command line does."""
        return in_python(self.neutral)

    @property
    def neutral(self) -> str:
        """The words with their settings marked, for a door to spell."""
        from sbc.gates import forward_words

        head = f"{self.settings.describe_process()}, seed {self.settings.seed}"
        return "\n\n".join([head, *map(forward_words.text, self.found)])

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


def checked(wanted: Mapping[str, Any]) -> Checked:
    """Compare what was asked for.

    Parameters
    ----------
    wanted : mapping
        As for `sbc.fitting.options.settings_over`, and ``alpha_fail``; None says nothing.

    Raises
    ------
    UserError
        For what cannot be, or as `sbc.studies.check.check`.
    """
    from sbc.fitting import asked

    alpha = ALPHA_FAIL if wanted.get("alpha_fail") is None else wanted["alpha_fail"]
    if not 0 < alpha < 1:
        raise UserError(f"{option('alpha_fail')} must lie between 0 and 1, not {alpha:g}")
    datasets = DATASETS if wanted.get("datasets") is None else wanted["datasets"]
    settings = asked.settings_asked({**wanted, "datasets": datasets}, None)
    from sbc.studies.check import check

    return Checked(settings, tuple(check(settings, alpha)))
