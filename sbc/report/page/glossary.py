"""The terms of a page in a sentence each, for a reader who taps or points at one."""

from __future__ import annotations

import re
from typing import NamedTuple


class Term(NamedTuple):
    """A term: its anchor on the page and in the documentation, its name, and what it means."""

    anchor: str
    name: str
    meaning: str


_TERMS = {
    "bias": "The mean of posterior mean minus truth over the datasets. bias_sd is the same in "
    "posterior sds: each difference is divided by the posterior sd of its dataset.",
    "calibrated": "Truths lie in the posterior as often as the posterior says: intervals of 90 % "
    "hold 90 % of the truths, and so on.",
    "contraction": "How much the data narrowed the posterior: 1 minus the mean posterior variance "
    "over the variance of the truths. 0: the data taught nothing; 1: everything.",
    "coverage": "The share of intervals that hold the truth. A 95 % interval should hold 95 %.",
    "CRPS": "Continuous ranked probability score: how far a posterior is from the truth, in the "
    "estimand's unit. It rewards posteriors that are both close and narrow; smaller is better.",
    "dataset": "One truth and one set of data simulated from it, to which estimators are fitted.",
    "divergence": "A step of NUTS whose numerical error was large. Many of them show that the "
    "sampler misses a part of the posterior.",
    "ELBO": "Evidence lower bound: what variational inference maximises. If it still rises at the "
    "end of a fit, the fit has not converged.",
    "ESS": "Effective sample size: the number of independent draws that would be as precise as the "
    "dependent draws of a chain.",
    "estimand": "A quantity that an estimator is meant to estimate.",
    "estimator": "A model that turns data into a posterior, with the engine that fits it; or a "
    "function of the data that gives estimates or draws.",
    "fit": "One estimator fitted to one dataset.",
    "gate": "The checks that a run must pass, with one answer: pass, fail or inconclusive.",
    "interval width": "The mean length of the 95 % intervals, in the estimand's unit.",
    "location": "Where a posterior lies. It is wrong if the mean PIT is not 0.5.",
    "Monte Carlo error": "How much a number would vary if other datasets were simulated: one "
    "standard error. 1.23 ± 0.04 is a number and its error.",
    "Pareto k̂": "A diagnostic of approximations: above 0.7 the approximation is far from the "
    "posterior.",
    "PIT": "Probability integral transform: the share of posterior draws below the truth, between "
    "0 and 1. Over many datasets it is uniform if the posterior is calibrated.",
    "R-hat": "Compares the chains of a fit with each other. Above 1.01 they have not mixed well.",
    "rank p": "The p-value of a test that ranks are uniform, adjusted by Holm's method for the "
    "number of tests. With enough datasets it is small for the smallest departure; the verdict "
    "says whether the departure is larger than the tolerance.",
    "regime": "How the truth of each dataset is chosen: drawn from a prior, fixed, or drawn from "
    "the estimator's own model.",
    "retried": "A fit that did not converge at first and was repeated with more steps, on the "
    "same data. A fit that still fails is counted as failed, never dropped.",
    "RMSE": "Root mean squared error: the typical distance of the posterior mean from the truth.",
    "tolerance": "How far the mean PIT, and the mean of |2 PIT − 1|, may be from 0.5. Smaller "
    "departures do not matter.",
    "uniform ranks": "The rank of the truth among the posterior draws takes all values equally "
    "often. This holds if truth and data come from the model's own prior and likelihood and the "
    "sampler works.",
    "width": "How wide a posterior is. It is wrong if the mean of |2 PIT − 1| is not 0.5.",
    "z": "Posterior mean minus truth, divided by the posterior sd.",
}


def glossary() -> dict[str, Term]:
    """Give the terms by their names, in alphabetical order."""
    return {
        name: Term(f"term-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}", name, meaning)
        for name, meaning in sorted(_TERMS.items(), key=lambda item: item[0].lower())
    }


#: Heads of columns, and the terms that they stand for.
LABELLED = {
    "bias": "bias",
    "bias_sd": "bias",
    "RMSE": "RMSE",
    "coverage 50 %": "coverage",
    "coverage 95 %": "coverage",
    "width 95 %": "interval width",
    "contraction": "contraction",
    "CRPS": "CRPS",
    "rank p": "rank p",
    "low ESS": "ESS",
    "k̂ > 0.7": "Pareto k̂",
    "median k̂": "Pareto k̂",
    "ELBO drift": "ELBO",
    "retried": "retried",
    "divergent": "divergence",
    "divergences": "divergence",
    "estimand": "estimand",
    "estimator": "estimator",
    "fits": "fit",
    "dataset": "dataset",
    "z": "z",
}
