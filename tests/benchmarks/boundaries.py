"""How often a mean that lies exactly at its bound is judged to lie beyond it, and what that costs.

Squared errors, contraction, orderings and biases are judged by asymptotic tests. Each law here has
an estimand exactly at the bound; the share of studies that ever claim it to lie on one side is to
stay below the nominal 5 %, with the value that has not been seen and without it
(`sbc.stats.sequential.moments.with_unseen`). Then how many datasets a true claim takes.
What is done already is kept: the file is written after every law, and gone on with.

    python tests/benchmarks/boundaries.py --studies 5000 --out docs/data/boundaries.json
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sbc.stats.sequential.means import contraction_excess, log_e_positive
from sbc.stats.sequential.moments import UNSEEN, moments

Array = np.ndarray
Law = Callable[[np.random.Generator, int], Array]

SIZES = (200, 400, 1000)
LEVELS = (0.05, 0.001)


def normal(rng: np.random.Generator, n: int) -> Array:
    """Errors of variance 1."""
    return rng.normal(size=n)


def t5(rng: np.random.Generator, n: int) -> Array:
    """Heavy tails, variance 1: the square has no third moment."""
    return rng.standard_t(5, size=n) * np.sqrt(3 / 5)


def t3(rng: np.random.Generator, n: int) -> Array:
    """Heavier tails, variance 1: the square has no variance, and no method holds its level."""
    return rng.standard_t(3, size=n) / np.sqrt(3)


def sds(rng: np.random.Generator, n: int, log_sd: float = 0.5) -> Array:
    """Posterior sds that vary, their mean square 1."""
    return np.exp(log_sd * rng.normal(size=n) - log_sd**2)


def varying(rng: np.random.Generator, n: int) -> Array:
    """Errors of varying sds, variance 1."""
    return sds(rng, n) * rng.normal(size=n)


def lognormal(rng: np.random.Generator, n: int) -> Array:
    """Skewed errors of mean 0."""
    return np.exp(rng.normal(size=n)) - np.exp(0.5)


def squares(errors: Law) -> Law:
    """Claim that an RMSE of 1 is below 1."""
    return lambda rng, n: 1 - errors(rng, n) ** 2


def ordering(mine: Law, its: Law) -> Law:
    """Claim that one of two equally good estimators has the smaller errors."""
    return lambda rng, n: its(rng, n) ** 2 - mine(rng, n) ** 2


def contraction(truth: Law, log_sd: float, above: bool) -> Law:
    """Claim that a contraction of .8 is above .8, or below it."""

    def law(rng: np.random.Generator, n: int) -> Array:
        s = np.sqrt(0.2) * sds(rng, n, log_sd)
        return contraction_excess(truth(rng, n), s)(0.8) * (1 if above else -1)

    return law


AT_THE_BOUND: dict[str, Law] = {
    "RMSE, normal errors": squares(normal),
    "RMSE, t5": squares(t5),
    "RMSE, varying sds": squares(varying),
    "better_than, normal errors": ordering(normal, normal),
    "better_than, t5": ordering(t5, t5),
    "better_than, varying sds": ordering(varying, varying),
    "better_than, t5 against normal": ordering(t5, normal),
    "contraction above, normal truths": contraction(normal, 0.0, above=True),
    "contraction above, normal truths, varying sds": contraction(normal, 0.5, above=True),
    "contraction above, t5 truths, varying sds": contraction(t5, 0.5, above=True),
    "contraction below, normal truths, varying sds": contraction(normal, 0.5, above=False),
    "contraction below, t5 truths": contraction(t5, 0.0, above=False),
    "contraction below, t5 truths, varying sds": contraction(t5, 0.5, above=False),
    "bias, normal errors": normal,
    "bias, t5": t5,
    "bias, varying sds": varying,
    "bias, lognormal errors": lambda rng, n: -lognormal(rng, n),
    "RMSE, t3 (no variance of squares)": squares(t3),
}


def bias(errors: Law, bound: float) -> list[Law]:
    """Claim that no bias is above minus the bound, and below it."""
    return [lambda rng, n: bound + errors(rng, n), lambda rng, n: bound - errors(rng, n)]


def correlated(errors: Law, ratio: float) -> Law:
    """Claim that errors smaller by a ratio, which share half their variance, are smaller."""

    def law(rng: np.random.Generator, n: int) -> Array:
        common = errors(rng, n)
        mine, its = (np.sqrt(0.5) * (common + errors(rng, n)) for _ in range(2))
        return its**2 - (ratio * mine) ** 2

    return law


def wide(bound: float) -> Law:
    """Claim that a contraction of .9 is above a bound."""
    return lambda rng, n: contraction_excess(rng.normal(size=n), np.sqrt(0.1) * sds(rng, n, 0.3))(
        bound
    )


#: All claims of one are to be shown at once.
BEYOND: dict[str, list[Law]] = {
    "RMSE .8 of its bound, normal errors": [lambda r, n: 1 - 0.64 * normal(r, n) ** 2],
    "RMSE .8 of its bound, t5": [lambda r, n: 1 - 0.64 * t5(r, n) ** 2],
    "RMSE .9 of its bound, normal errors": [lambda r, n: 1 - 0.81 * normal(r, n) ** 2],
    "errors .8 of the other's, normal": [correlated(normal, 0.8)],
    "errors .8 of the other's, t5": [correlated(t5, 0.8)],
    "contraction .9, bound .8": [wide(0.8)],
    "contraction .9, bound .85": [wide(0.85)],
    "bias 0, bounds ± .3 sds, normal errors": bias(normal, 0.3),
    "bias 0, bounds ± .3 sds, t5": bias(t5, 0.3),
}


def first(x: Array, alpha: float, unseen: float) -> float:
    """Say after how many values a mean is claimed to be positive; inf if never."""
    reached = log_e_positive(moments(x), alpha, unseen) >= -np.log(alpha)
    return float(reached.argmax() + 1) if reached.any() else np.inf


def streams(name: str, seed: int, studies: int) -> list[np.random.Generator]:
    """Give each study of a law its own random stream."""
    root = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),))
    return [np.random.default_rng(child) for child in root.spawn(studies)]


def wrong(name: str, law: Law, seed: int, studies: int, unseen: float) -> dict[str, float]:
    """Give the share of studies, in percent, in which the claim is ever made."""
    found = {}
    values = [law(rng, max(SIZES)) for rng in streams(name, seed, studies)]
    for alpha in LEVELS:
        at = np.array([first(x, alpha, unseen) for x in values])
        for n in SIZES:
            found[f"{100 * alpha:g} %, n = {n}"] = 100 * float(np.mean(at <= n))
    return found


def cost(name: str, claims: list[Law], seed: int, studies: int, unseen: float) -> dict[str, float]:
    """Give the datasets until all claims are shown: the mean, the bound `SIZES` being the most."""
    at = []
    for rng in streams(name, seed, studies):
        state = rng.bit_generator.state
        each = []
        for claim in claims:
            rng.bit_generator.state = state  # both sides of a bias are claimed of the same errors
            each.append(first(claim(rng, max(SIZES)), LEVELS[0], unseen))
        at.append(max(each))
    taken = np.array(at)
    return {
        "mean n": float(np.minimum(taken, max(SIZES)).mean()),
        **{f"passed by {n}": float(np.mean(taken <= n)) for n in SIZES},
    }


def main() -> None:
    """Measure what is not in the file yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    made_by = {"studies": arguments.studies, "seed": arguments.seed, "unseen": UNSEEN}
    kept = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    if {name: kept.get(name) for name in made_by} != made_by:
        kept = {**made_by, "at the bound": {}, "cost": {}}
    for part, laws, measure in (
        ("at the bound", AT_THE_BOUND, wrong),
        ("cost", BEYOND, cost),
    ):
        for name, law in laws.items():
            if name not in kept[part]:
                kept[part][name] = {
                    how: measure(name, law, arguments.seed, arguments.studies, unseen)
                    for how, unseen in (("without", 0.0), ("with", UNSEEN))
                }
                print(name, json.dumps(kept[part][name]), flush=True)
                arguments.out.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
