"""What a lecture consists of, and where its folder keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sbc.plugins.errors import UserError
from sbc.store.publish import publish_text
from sbc.studies.lecture.scenarios import FIVE, MULTILEVEL, PREDATOR, SIGMA_1, Scenario

FILE, PAGE = "lecture.json", "lecture.html"
GENERATORS = {"tanks": "reedfrogs", "confound": "confound"}


@dataclass(frozen=True)
class Plan:
    """Everything that a lecture's numbers depend on.

    Attributes
    ----------
    datasets : int
        Simulated datasets of each scenario.
    seed : int
        Of all random streams.
    grid : int
        How many values of sigma, evenly from 0.1 to 5.
    """

    datasets: int
    seed: int
    grid: int

    @property
    def sigmas(self) -> list[float]:
        """List the values of sigma that are scored."""
        return [round(float(x), 4) for x in np.linspace(0.1, 5, self.grid)]

    def singles(self) -> dict[str, list[str]]:
        """List who is fitted to the lecture's own two datasets."""
        grid = [with_sigma(sigma) for sigma in self.sigmas]
        return {"tanks": [MULTILEVEL, SIGMA_1, PREDATOR, *grid], "confound": list(FIVE)}


def with_sigma(sigma: float) -> str:
    """Name the estimator whose sigma is given."""
    return f"{SIGMA_1}@sigma={sigma:g}"


def sigma_of(estimator: str) -> float | None:
    """Give the sigma that an estimator is told; None if it is told none."""
    name, _, value = estimator.partition("@sigma=")
    if name != SIGMA_1:
        return None
    return float(value) if value else 1.0


def run_folder(folder: Path, scenario: Scenario) -> Path:
    """Say where the run of a scenario is."""
    return folder / "runs" / scenario.name


def single_folder(folder: Path, data: str) -> Path:
    """Say where the posteriors of one of the lecture's datasets are."""
    return folder / "posteriors" / data


def write_plan(plan: Plan, folder: Path) -> None:
    """Write the plan into the lecture's folder."""
    publish_text(folder / FILE, f"{json.dumps(asdict(plan), indent=2)}\n")


def read_plan(folder: Path) -> Plan:
    """Read the plan of a lecture.

    Raises
    ------
    UserError
        If the folder holds none, or something else under its name.
    """
    file = folder / FILE
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        plan = Plan(**values)
        if not all(isinstance(x, int) for x in values.values()):
            raise ValueError("a number is not whole")
    except OSError as problem:
        raise UserError(f"{folder} holds no lecture: it has no readable {FILE}") from problem
    except (TypeError, ValueError) as problem:
        raise UserError(f"{file} is damaged: {problem}") from problem
    return plan
