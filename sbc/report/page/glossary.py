"""The terms of a page in a sentence each, for a reader who taps or points at one."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A term: its anchor on the page and in the documentation, its name, and what it means."""

    anchor: str
    name: str
    meaning: str


_TERMS = {
    "bias": "The mean of posterior mean minus truth over the datasets. In sd: divided by each "
    "dataset's posterior standard deviation.",
    "calibrated": "Truths fall anywhere in the posterior as often as the posterior says: intervals "
    "of 90 % hold 90 % of the truths, and so on.",
    "contraction": "How much narrower the posterior is than the prior: 1 minus the mean posterior "
    "variance over the variance of the truths. 0: the data taught nothing; 1: everything.",
    "coverage": "The share of intervals that hold the truth. A 95 % interval should hold 95 %.",
    "CRPS": "Continuous ranked probability score: the mean distance of a posterior from the truth, "
    "in the estimand's unit. Smaller is better.",
    "dataset": "One truth and one set of data simulated from it, to which estimators are fitted.",
    "divergence": "A step of the sampler that went wrong. Posteriors with many cannot be trusted.",
    "estimand": "A quantity that an estimator is meant to estimate.",
    "estimator": "A model that turns data into a posterior, with the engine that fits it.",
    "ESS": "Effective sample size: the number of independent draws that would be as precise as the "
    "chain's dependent ones.",
    "fit": "One estimator fitted to one dataset.",
    "gate": "The checks that a run must pass, with one answer: pass, fail or inconclusive.",
    "location": "Where a posterior lies. It is wrong where the mean PIT is not 0.5.",
    "Monte Carlo error": "How much a number would vary if other datasets were simulated: one "
    "standard error. 1.23 ± 0.04 is a number and its error.",
    "PIT": "Probability integral transform: the share of posterior draws below the truth, between "
    "0 and 1. It is uniform where the posterior is calibrated.",
    "rank p": "The p-value of a test that ranks are uniform, adjusted by Holm's rule for all that "
    "is tested. It is small for the smallest departure if there are enough datasets; the verdict "
    "says whether the departure is larger than the tolerance.",
    "regime": "How the true parameters of each dataset are chosen: drawn from a prior, fixed, or "
    "drawn from the estimator's own model.",
    "retried": "A fit that did not converge at first and was made again with more steps, on the "
    "same data. A fit that still fails is counted as failed, never dropped.",
    "R-hat": "Compares the chains of a fit with each other. Above 1.01 they have not mixed.",
    "RMSE": "Root mean squared error: the typical distance of the posterior mean from the truth.",
    "tolerance": "How far the mean PIT, and the mean of |2 PIT − 1|, may lie from 0.5 before a "
    "departure matters.",
    "uniform ranks": "The truth's rank among the posterior draws takes all values equally often. "
    "This holds where the truth is drawn from the model's own prior and the sampler works.",
    "width": "How wide a posterior is. It is wrong where the mean of |2 PIT − 1| is not 0.5.",
    "z": "Posterior mean minus truth, divided by the posterior standard deviation.",
}


def glossary() -> dict[str, Term]:
    """Give the terms by their names, in alphabetical order."""
    return {
        name: Term("term-" + name.lower().replace(" ", "-"), name, meaning)
        for name, meaning in sorted(_TERMS.items(), key=lambda item: item[0].lower())
    }


#: Heads of columns, and the terms that they stand for.
LABELLED = {
    "bias": "bias",
    "bias_sd": "bias",
    "RMSE": "RMSE",
    "coverage 50 %": "coverage",
    "coverage 95 %": "coverage",
    "contraction": "contraction",
    "CRPS": "CRPS",
    "rank p": "rank p",
    "low ESS": "ESS",
    "retried": "retried",
    "divergent": "divergence",
    "divergences": "divergence",
    "estimand": "estimand",
    "estimator": "estimator",
    "fits": "fit",
    "dataset": "dataset",
}
