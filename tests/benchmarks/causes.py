"""Planted faults in three families of models: is the cause named, and who is accused unjustly.

Each fault is a run of 150 datasets and one call of `sbc explain`; a row is written as soon as it is
known, and a later call goes on with those that are missing.

    python tests/benchmarks/causes.py --seeds 10 --sound 80 --out docs/data/causes.json
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from sbc.fitting import loop
from sbc.fitting.options import settings_over
from sbc.studies.explain.explain import explain

DATASETS = 150
SIDES, GLM = "tests/files/two_sides.py", "tests/files/planted_glm.py"
SERIES, MIXTURE = "tests/files/planted_series.py", "tests/files/planted_mixture.py"


class Fault(NamedTuple):
    """What is planted, and what has to be named."""

    family: str
    fault: str
    kind: str
    named: str
    wanted: dict[str, Any]


def _glm(fault: str, kind: str, named: str) -> Fault:
    return Fault("varying intercepts", fault, kind, named,
                 {"estimator": f"{SIDES}:logistic", "generator": f"{SIDES}:{fault}"})  # fmt: skip


def _model(fault: str) -> Fault:
    return Fault("varying intercepts", fault, "likelihood", "likelihood of y",
                 {"estimator": f"{GLM}:{fault}", "generator": f"{SIDES}:sound"})  # fmt: skip


def _engine(fault: str, **wanted: Any) -> Fault:
    sides = {"estimator": f"{SIDES}:logistic", "generator": f"{SIDES}:sound"}
    return Fault("varying intercepts", fault, "sampler", "", sides | wanted)


def _series(fault: str, kind: str, named: str) -> Fault:
    return Fault("random walk of counts", fault, kind, named,
                 {"estimator": f"{SERIES}:walk", "generator": f"{SERIES}:{fault}"})  # fmt: skip


def _mixture(fault: str, kind: str, named: str) -> Fault:
    sides = {"estimator": f"{MIXTURE}:mixture", "generator": f"{MIXTURE}:{fault}"}
    return Fault("mixture", fault, kind, named, sides)


FAULTS = [
    _glm("halved_prior_sd", "prior", "prior of b"),
    _glm("wider_z", "prior", "prior of z"),
    _glm("other_family", "prior", "prior of tau"),
    *(_glm(f, "likelihood", "likelihood of y") for f in
      ("flipped_sign", "off_by_one", "shuffled", "probit")),
    *map(_model, ("missing_term", "other_unit", "rows_twice", "likelihood_dropped")),
    _engine("shrunk draws", engine=f"{GLM}:shrunk"),
    _engine("warm-up of 4 steps", engine=f"{GLM}:early"),
    _engine("mean-field ADVI", engine="advi"),
    _engine("20 draws", draws=20, tune=20),
    Fault("eight groups", "centred funnel", "sampler", "", {"estimator": f"{GLM}:centred"}),
    Fault("line", "density without its draws", "density", "for b,",
          {"estimator": f"{GLM}:own_density"}),
    _series("wider_steps", "prior", "prior of s"),
    _series("other_start", "prior", "prior of start"),
    *(_series(f, "likelihood", "likelihood of y") for f in
      ("one_step_late", "other_link", "season_turned")),
    _mixture("other_weights", "prior", "prior of w"),
    _mixture("wider_shifts", "prior", "prior of shift"),
    _mixture("larger_errors", "likelihood", "likelihood of y"),
    _mixture("turned", "likelihood", "likelihood of y"),
    _glm("sound", "", ""),
    _series("sound", "", ""),
    _mixture("sound", "", ""),
]  # fmt: skip


def named(fault: Fault, seed: int) -> dict[str, Any]:
    """Run one fault under one seed and say what was named."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        settings = settings_over(None, {"datasets": DATASETS, "seed": seed, **fault.wanted})
        with loop.create(settings, folder) as store:
            loop.execute(settings, store, 2, progress=False)
        (found,) = explain(folder)
    first = found.causes[0] if found.causes else None
    kind, words = (first.kind, first.words) if first else ("", "")
    right = kind == fault.kind and words.startswith(fault.named)
    return {
        "family": fault.family,
        "fault": fault.fault,
        "expected": fault.kind,
        "named": kind,
        "right": right,
        "faults": list(found.faults),
        "words": words[:300],
        "seed": seed,
    }


def main() -> None:
    """Go through all faults, seed by seed, so that a part of it is a fair part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sound", type=int, default=80, help="seeds of the sound models")
    parser.add_argument("--out", type=Path, default=Path("docs/data/causes.json"))
    arguments = parser.parse_args()
    rows = json.loads(arguments.out.read_text()) if arguments.out.exists() else []
    done = {(row["family"], row["fault"], row["seed"]) for row in rows}
    for seed in range(1, max(arguments.seeds, arguments.sound) + 1):
        for fault in FAULTS:
            most = arguments.seeds if fault.kind else arguments.sound
            if seed > most or (fault.family, fault.fault, seed) in done:
                continue
            rows.append(named(fault, seed))
            arguments.out.write_text(json.dumps(rows, indent=1) + "\n")
            row = rows[-1]
            print(seed, fault.family, fault.fault, row["named"] or "nothing", row["right"])


if __name__ == "__main__":
    main()
