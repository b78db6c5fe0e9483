"""One evaluation of a density and its gradient: as sbc compiles it, beside PyTensor's own mode.

Every family is stated as anybody would, on one predictor with 30 groups. Both forms take turns in
one process; medians of several rounds are compared, so that ratios carry over and times do not.

    python tests/benchmarks/families.py --out docs/data/families.json      (or: make bench-families)
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pymc as pm
from pymc.initial_point import make_initial_point_fn

from sbc.engines._fast import fast
from sbc.engines._hoist import Hoisted
from sbc.engines._nutpie import make_functions

GROUPS, ROUNDS, CALLS = 30, 9, 300
math = pm.math


def predictor(n: int, rng: np.random.Generator) -> Any:
    """State a + s z[g] + b x."""
    x, g = pm.Data("x", rng.normal(size=n)), pm.Data("g", rng.integers(0, GROUPS, n))
    z = pm.Normal("z", 0, 1, shape=GROUPS)
    return pm.Normal("a", 0, 1) + pm.HalfNormal("s", 1) * z[g] + pm.Normal("b", 0, 1) * x


def mixture(eta: Any, values: Any, parts: int) -> Any:
    """State a mixture of normals around the predictor, which are summed over."""
    means = eta[:, None] + pm.Normal("m", 0, 1, shape=parts)
    weights = pm.Dirichlet("w", np.ones(parts))
    return pm.NormalMixture("o", weights, means, pm.HalfNormal("sd", 1), observed=values)


def families(n: int, rng: np.random.Generator) -> dict[str, Callable[[Any], Any]]:
    """Name what can be observed, each as a function of the predictor."""

    def data(values: Any) -> Any:
        return pm.Data("y", values)

    bits, counts = rng.integers(0, 2, n), rng.poisson(3, n)
    reals, positive, levels = rng.normal(size=n), rng.gamma(2, 1, n), rng.integers(0, 4, n)
    shares, pairs = rng.beta(2, 2, n), rng.normal(size=(n, 2))
    cut = np.array([-1.0, 0.0, 1.0])
    return {
        "Bernoulli, logit_p": lambda e: pm.Bernoulli("o", logit_p=e, observed=data(bits)),
        "Bernoulli, p": lambda e: pm.Bernoulli("o", p=math.sigmoid(e), observed=data(bits)),
        "Bernoulli, probit": lambda e: pm.Bernoulli("o", p=math.invprobit(e), observed=data(bits)),
        "Binomial": lambda e: pm.Binomial("o", n=30, logit_p=e, observed=data(counts)),
        "Poisson": lambda e: pm.Poisson("o", math.exp(e), observed=data(counts)),
        "zero-inflated Poisson": lambda e: pm.ZeroInflatedPoisson(
            "o", psi=0.7, mu=math.exp(e), observed=data(counts)
        ),
        "zero-inflated binomial": lambda e: pm.ZeroInflatedBinomial(
            "o", psi=0.7, n=30, p=math.sigmoid(e), observed=data(counts)
        ),
        "negative binomial": lambda e: pm.NegativeBinomial(
            "o", mu=math.exp(e), alpha=pm.Exponential("k", 1), observed=data(counts)
        ),
        "Normal": lambda e: pm.Normal("o", e, pm.HalfNormal("sd", 1), observed=data(reals)),
        "Student": lambda e: pm.StudentT("o", 4, mu=e, sigma=1, observed=data(reals)),
        "Laplace": lambda e: pm.Laplace("o", e, 1, observed=data(reals)),
        "Gamma": lambda e: pm.Gamma("o", alpha=2, beta=math.exp(e), observed=data(positive)),
        "Beta": lambda e: pm.Beta(
            "o", mu=math.sigmoid(e), nu=pm.Exponential("k", 0.1), observed=data(shares)
        ),
        "Weibull": lambda e: pm.Weibull("o", alpha=2, beta=math.exp(e), observed=data(positive)),
        "Exponential": lambda e: pm.Exponential("o", math.exp(e), observed=data(positive)),
        "ordered logit": lambda e: pm.OrderedLogistic(
            "o", eta=e, cutpoints=cut, observed=data(levels)
        ),
        "ordered probit": lambda e: pm.OrderedProbit(
            "o", eta=e, cutpoints=cut, observed=data(levels)
        ),
        "categorical, softmax": lambda e: pm.Categorical(
            "o", p=math.softmax(e[:, None] * np.arange(4.0), axis=1), observed=data(levels)
        ),
        "multinomial, softmax": lambda e: pm.Multinomial(
            "o",
            n=9,
            p=math.softmax(e[:, None] * np.arange(4.0), axis=1),
            observed=data(rng.multinomial(9, np.full(4, 0.25), n)),
        ),
        "Poisson, four columns": lambda e: pm.Poisson(
            "o",
            math.exp(e[:, None] + pm.Normal("t", 0, 1, shape=4)),
            observed=data(rng.poisson(3, (n, 4))),
        ),
        "mixture of two Normals": lambda e: mixture(e, data(reals), 2),
        "mixture of three Normals": lambda e: mixture(e, data(reals), 3),
        "censored Normal": lambda e: pm.Censored(
            "o", pm.Normal.dist(e, 1), lower=None, upper=1, observed=data(np.minimum(reals, 1))
        ),
        "truncated Normal": lambda e: pm.TruncatedNormal(
            "o", e, 1, lower=0, observed=data(np.abs(reals))
        ),
        "multivariate Normal": lambda e: pm.MvNormal(
            "o", math.stack([e, -e], axis=1), chol=np.eye(2), observed=data(pairs)
        ),
    }  # fmt: skip


def compiled(model: pm.Model, ours: bool) -> Callable[[], float]:
    """Compile density and gradient; give a function that says how long one evaluation takes."""
    start = make_initial_point_fn(model=model, jitter_rvs=set(), return_transformed=True)
    names = tuple(v.name for v in model.free_RVs)
    size, _, logp, *_ = make_functions(
        Hoisted(model, names) if ours else model,
        **{"mode": fast() if ours else "NUMBA", "compute_grad": True, "join_expanded": True},
        **{"pymc_initial_point_fn": start, "var_names": names},
    )
    call = logp.vm.jit_fn
    shared = [np.asarray(container.storage[0]) for container in logp.input_storage[1:]]
    arguments = (np.random.default_rng(0).normal(size=size) * 0.3, *shared)

    @numba.njit
    def many(times: int, given: Any) -> float:
        total = 0.0
        for _ in range(times):
            total += call(*given)[0].item()
        return total

    many(1, arguments)

    def seconds() -> float:
        began = time.process_time()  # of this process alone: others may be busy too
        many(CALLS, arguments)
        return (time.process_time() - began) / CALLS

    return seconds


def measured(rows: int, names: list[str]) -> dict[str, dict[str, float]]:
    """Measure families on so many rows."""
    found = {}
    for name in names:
        rng = np.random.default_rng(0)
        with pm.Model() as model:
            families(rows, rng)[name](predictor(rows, rng))
        ours, theirs = compiled(model, True), compiled(model, False)
        pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
        mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        found[name] = {"us": mine * 1e6, "us_pytensor": other * 1e6, "ratio": other / mine}
        ns = {key: value * 1e3 / rows for key, value in found[name].items() if key != "ratio"}
        print(
            f"{name:24} {rows:6} rows  {found[name]['us']:8.2f} µs  {found[name]['ratio']:5.1f} "
            f"times as fast  ({ns['us']:.1f} ns a row)",
            flush=True,
        )
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", help="names, with | between them; others are kept")
    arguments = parser.parse_args()
    names = list(families(1, np.random.default_rng(0)))
    chosen = names if arguments.only is None else arguments.only.split("|")
    kept = {}
    if arguments.only is not None and arguments.out is not None:
        kept = json.loads(arguments.out.read_text(encoding="utf-8"))
    table = {}
    for rows in (200, 5000):
        found = kept.get(str(rows), {}) | measured(rows, chosen)
        table[str(rows)] = {name: found[name] for name in names if name in found}
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
