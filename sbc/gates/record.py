"""What a gate asked of a run, kept beside it, so that whoever shows the run judges as it did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sbc.gates import kept
from sbc.gates.config import Config

FILE = "gate.json"
_NUMBERS = ("delta", "max_datasets", "alpha_fail", "alpha_pass")


@dataclass(frozen=True)
class Record:
    """What a gate asked, and when it stopped.

    Attributes
    ----------
    config : Config
        What the run was held against.
    others : int
        Checks against a baseline, which share the error rate and need another run to be made again.
    beside : tuple of (str, str)
        Outcome and words of these checks.
    fitted : bool
        Whether the gate made the fits, and stopped when all was decided.
    cut : tuple of (int, int), optional
        Where its time was up: the fits that were there, and the leading datasets that count.
    baseline : str
        The folder of the run that it was compared with; empty if there was none.
    tolerance : float or None
        How far estimates may have moved since, in posterior sds.
    """

    config: Config
    others: int = 0
    beside: tuple[tuple[str, str], ...] = ()
    fitted: bool = False
    cut: tuple[int, int] | None = None
    baseline: str = ""
    tolerance: float | None = None

    def most(self, fits: int) -> int | None:
        """Say how many datasets count of a run that holds so many fits; None for all."""
        if self.cut is not None and self.cut[0] == fits:
            return self.cut[1]
        return self.config.max_datasets


def write_record(folder: Path, record: Record) -> None:
    """Keep it in a run's folder; errors as of `sbc.gates.kept.write`."""
    config = record.config
    values = {
        **{name: getattr(config, name) for name in _NUMBERS},
        "declared": config.declared,
        "others": record.others,
        "beside": [list(one) for one in record.beside],
        "fitted": record.fitted,
        "cut": None if record.cut is None else list(record.cut),
        "by_regime": config.by_regime,
        "baseline": record.baseline,
        "tolerance": record.tolerance,
    }
    kept.write(folder / FILE, [values])


def read_record(folder: Path) -> Record | None:
    """Read what was kept, None if no gate was run; errors as of `sbc.gates.kept.read`."""
    return next(iter(kept.read(folder / FILE, _record)), None)


def _record(values: dict[str, Any]) -> Record:
    numbers = {name: values[name] for name in _NUMBERS}
    # the last three are not in files of earlier versions
    by_regime = bool(values.get("by_regime", True))
    config = Config(declared=dict(values["declared"]), by_regime=by_regime, where=FILE)
    config, cut = config.changed(**numbers), values["cut"]
    return Record(
        config=config,
        others=int(values["others"]),
        beside=tuple((str(outcome), str(words)) for outcome, words in values["beside"]),
        fitted=bool(values["fitted"]),
        cut=None if cut is None else (int(cut[0]), int(cut[1])),
        baseline=str(values.get("baseline", "")),
        tolerance=values.get("tolerance"),
    )
