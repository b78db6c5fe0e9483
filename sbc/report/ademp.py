"""A study in the paragraphs of ADEMP, out of what its run holds and nothing else.

References
----------
.. [1] Morris, White & Crowther (2019). Using simulation studies to evaluate statistical methods.
   Statistics in Medicine 38:2074. doi:10.1002/sim.8086
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

import pandas as pd

from sbc.report.page.answer import regime_words
from sbc.report.spent import failures, how_many, versions
from sbc.report.targets import SCALAR, subjects_of
from sbc.store.frames import Run
from sbc.store.names import called, compact
from sbc.store.settings import write_value


class Paragraph(NamedTuple):
    """A heading, and sentences."""

    head: str
    sentences: tuple[str, ...]


#: What the sentences cite.
REFERENCES = (
    "Morris TP, White IR, Crowther MJ (2019). Using simulation studies to evaluate statistical "
    "methods. Statistics in Medicine 38:2074–2102. doi:10.1002/sim.8086",
)


def paragraphs(
    runs: Sequence[Run],
    vary: Mapping[str, Sequence[Any]] | None = None,
    why: Sequence[str] = (),
    fits: pd.DataFrame | None = None,
    planned: int | None = None,
) -> list[Paragraph]:
    """Describe a run, or the cells of a sweep.

    Parameters
    ----------
    runs : sequence of Run
        One, or one a cell.
    vary : mapping of str to sequence, optional
        What differs between cells, and its values.
    why : sequence of str
        What decided on the number of datasets, where the runs themselves do not say.
    fits : DataFrame, optional
        The fits that were made, where several runs have rows of the same ones.
    planned : int, optional
        How many fits there are to be, where it is more than one run that says so.

    Returns
    -------
    list of Paragraph
        Aims, data-generating mechanisms, estimands, methods, performance measures, number of
        datasets, failures, and what is needed to do it again.
    """
    found = [
        ("Aims", ["The aims of the study are not recorded in its run."]),
        ("Data-generating mechanisms", _mechanisms(runs, vary or {})),
        ("Estimands", _estimands(runs)),
        ("Methods", _methods(runs)),
        ("Performance measures", _measures(runs)),
        ("Number of datasets", how_many(runs, why, fits, planned)),
        ("Failures", failures(runs, fits)),
        ("Reproducibility", versions(runs)),
    ]
    return [Paragraph(head, tuple(sentences)) for head, sentences in found]


def listed(names: Sequence[str]) -> str:
    """Write names with commas and an *and*."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _mechanisms(runs: Sequence[Run], vary: Mapping[str, Sequence[Any]]) -> list[str]:
    run, settings = runs[0], runs[0].settings
    if run.provenance.imported:
        return _imported(run)
    lines = [_source(run)]
    if settings.data:
        lines.append(f"Real data were read from {settings.data}.")
    fixed = {name: v for name, v in settings.parameters.items() if name not in vary}
    if fixed:
        told = listed([f"{name} = {write_value(value)}" for name, value in fixed.items()])
        lines.append(f"Of its parameters, {told} {'was' if len(fixed) == 1 else 'were'} set.")
    if vary:
        factors = [f"{_factor(name)} ({_levels(levels)})" for name, levels in vary.items()]
        full = math.prod(map(len, vary.values())) == len(runs)
        design = "in a full factorial design of" if full else "in"
        count = "1 cell" if len(runs) == 1 else f"{len(runs)} cells"
        lines.append(f"The study varied {listed(factors)}, {design} {count}.")
    if not settings.data and not settings.simulator:
        lines.append("Parameters of the generator that are not named had their defaults.")
    lines += list(dict.fromkeys(regime_words(one)[0] for one in runs))
    if not settings.regime.own and len(settings.pairs) > 1:
        lines.append("All methods were fitted to the same datasets.")
    return lines


def _factor(name: str) -> str:
    """Name a factor: what it is of, where it is no parameter of the generator."""
    whose, at, option = name.rpartition("@")
    if at:
        return f"the option {option} of {called(whose)}"
    return "the truth regime" if name == "truth" else name


def _levels(levels: Sequence[Any]) -> str:
    return ", ".join(f"{x:g}" if isinstance(x, float) else write_value(x) for x in levels)


def _source(run: Run) -> str:
    """Say what made the data."""
    settings = run.settings
    if settings.simulator:
        return f"Data were simulated by the function {called(settings.simulator)}."
    if settings.regime.own:
        return f"The generator was {called(settings.generator)}."
    return f"Data were simulated by the generator {called(settings.generator)}."


def _imported(run: Run) -> list[str]:
    names = [PurePath(file).name for file in run.provenance.imported.get("files", {})]
    files = ", ".join(names) or "a table in memory"
    lines = [
        f"Results were made elsewhere and imported from {files}; how their data were simulated is "
        "not known to sbc."
    ]
    if run.factors:
        features = run.features()
        told = []
        for name in run.factors:
            levels = list(dict.fromkeys(features[name].dropna()))
            told.append(f"{name} ({', '.join(_short(level) for level in levels)})")
        cells = len(features[run.factors].drop_duplicates())
        lines.append(f"The study is crossed by {listed(told)}, in {cells} combinations.")
    return lines


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _estimands(runs: Sequence[Run]) -> list[str]:
    by_names: dict[tuple[str, ...], list[str]] = {}
    for name in runs[0].settings.estimators:
        mine = compact(dict.fromkeys(x for run in runs for x in run.estimands(name)))
        by_names.setdefault(tuple(mine), []).append(called(name))
    lines = []
    for names, who in by_names.items():
        if names:
            whose = "" if len(by_names) == 1 else f" of {listed(who)}"
            noun, verb = ("estimand", "was") if len(names) == 1 else ("estimands", "were")
            lines.append(f"The {noun}{whose} {verb} {listed(list(names))}.")
    scalars = (s.name for run in runs for s in subjects_of(run) if s.kind == SCALAR and s.name)
    lines += [line for name in dict.fromkeys(scalars) if (line := _truth(runs, name))]
    return lines or ["No estimand is recorded."]


def _truth(runs: Sequence[Run], name: str) -> str:
    """Say what the true value of an estimand was."""
    values = [run.results.loc[run.results["quantity"] == name, "truth"].dropna() for run in runs]
    values = [mine for mine in values if len(mine)]
    if not values:
        return ""
    if all(mine.nunique() == 1 for mine in values):
        each = list(dict.fromkeys(float(mine.iloc[0]) for mine in values))
        told = " or ".join(f"{value:.4g}" for value in each)
        where = "in all datasets" if len(each) == 1 else "in all datasets of a cell"
        return f"The true value of {name} was {told} {where}."
    truth = pd.concat(values)
    return (
        f"The true values of {name} differed between datasets: their mean was "
        f"{truth.mean():.3g}, their standard deviation {truth.std():.3g}."
    )


def _methods(runs: Sequence[Run]) -> list[str]:
    run = runs[0]
    if run.provenance.imported:
        names = listed(list(run.settings.estimators))
        return [f"The methods are called {names}; how they were fitted is not known to sbc."]
    lines: list[str] = []
    functions: list[str] = []
    chains: list[str] = []
    others: list[str] = []
    results = pd.concat([one.results for one in runs])
    for estimator, engine in run.settings.pairs:
        mine = results[(results["estimator"] == estimator) & (results["engine"] == engine)]
        if estimator in run.settings.functions:
            functions.append(called(estimator))
        elif mine.empty:
            lines.append(f"No fit of {called(estimator)} by {engine} has worked.")
        else:
            sampled = mine["rhat"].notna().any()
            (chains if sampled else others).append(f"{called(estimator)} by {engine}")
    if len(functions) == 1:
        lines.append(f"{functions[0]} is a function of data that gives its own results.")
    elif functions:
        lines.append(f"{listed(functions)} are functions of data that give their own results.")
    if chains:
        of = {name: _values(runs, name) for name in vars(run.settings.budget)}
        noun = "chain" if of["chains"] == "1" else "chains"
        lines.append(
            f"Markov chains were run for {listed(chains)}: in the first attempt at a fit, "
            f"{of['chains']} {noun} of {of['tune']} warm-up steps and {of['draws']} draws each, "
            f"with a target acceptance of {of['target_accept']}."
        )
    if others:
        verb = "was" if len(others) == 1 else "were"
        lines.append(f"{listed(others)} {verb} fitted without Markov chains.")
    for name, told in (run.provenance.lines or {}).items():
        lines += [f"Of {called(name)}: {sentence.rstrip('.')}." for sentence in told]
    return lines


def _values(runs: Sequence[Run], name: str) -> str:
    """Write a part of the budget, which may differ between cells."""
    values = dict.fromkeys(getattr(run.settings.budget, name) for run in runs)
    return " or ".join(f"{value:g}" for value in values)


def _measures(runs: Sequence[Run]) -> list[str]:
    results = pd.concat([one.results for one in runs])
    names = [
        *(["bias, empirical standard error, RMSE"] if results["mean"].notna().any() else []),
        *(["model standard error"] if results["sd"].notna().any() else []),
    ]
    names += ["coverage of 95 % intervals"] if _intervals(results) else []
    if not names:
        return ["There are no estimates, so that no performance is measured."]
    lines = [
        f"The performance measures are {listed(names)}, each with its Monte Carlo standard error "
        "(Morris, White and Crowther 2019)."
    ]
    expected = dict.fromkeys(name for one in runs for name in one.expected_uniform)
    if expected:
        always = all(set(one.expected_uniform) == set(expected) for one in runs)
        lines.append(
            "The ranks of the truth among posterior draws are tested for uniformity, which is "
            f"expected of {listed([called(name) for name in expected])}"
            f"{'.' if always else ' in some of the cells.'}"
        )
    return lines


def _intervals(results: pd.DataFrame) -> bool:
    return bool(results[["q025", "q975"]].notna().all(axis=1).any() or results["pit"].notna().any())
