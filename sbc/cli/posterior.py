"""``sbc posterior``: draw the posteriors of several estimators for one dataset."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from sbc.cli import options
from sbc.fitting.allowed import validate
from sbc.fitting.engine_choice import settled
from sbc.fitting.options import settings_over
from sbc.plugins.errors import ExitCode, UserError
from sbc.store.settings import Settings

FORMATS = (".png", ".svg", ".pdf")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options, those that say what a fit is among them."""
    add = parser.add_argument
    add("folder", type=Path, nargs="?", metavar="DIR", help="a run to take all settings from")
    add("--cell", type=int, metavar="C", help="of a sweep: the cell's number, from 0")
    add("--dataset", type=int, required=True, metavar="K", help="the dataset's number, from 0")
    add("--out", type=Path, metavar="FILE", help="a .png, .svg or .pdf (default: posterior-K.png)")
    options.declare_settings(parser)
    parser.set_defaults(function=main, datasets=None)


def main(arguments: argparse.Namespace) -> int:
    """Fit, print what the posteriors are, and draw them."""
    settings = _settings(arguments)
    file = arguments.out or Path(f"posterior-{arguments.dataset}.png")
    if file.suffix.lower() not in FORMATS:
        raise UserError(f"--out must end in {', '.join(FORMATS)}, not '{file.name}'")
    draws, truth = _posteriors(settings, arguments.dataset)
    from sbc.report.figures.posterior import posterior_figure, save_figure

    title = f"dataset {arguments.dataset} of {settings.generator}, truth '{settings.truth}'"
    title += "" if arguments.cell is None else f", cell {arguments.cell}"
    save_figure(posterior_figure(draws, truth, title), file)
    print(file)
    return ExitCode.OK


def _settings(arguments: argparse.Namespace) -> Settings:
    if arguments.dataset < 0:
        raise UserError(f"--dataset must be at least 0, not {arguments.dataset}")
    base = None
    if arguments.folder is not None:
        from sbc.store.folder import read_run, refuse_imported
        from sbc.studies.sweep.read import settings_in

        run = read_run(arguments.folder)
        refuse_imported(arguments.folder, run)
        base = settings_in(arguments.folder, run, arguments.cell)
    elif arguments.cell is not None:
        raise UserError("--cell is one of a sweep's: name its folder")
    elif arguments.estimator is None:
        arguments.estimator = "all"
    settings = replace(settings_over(base, vars(arguments)), datasets=arguments.dataset + 1)
    validate(settings)
    if settings.regime.own and len(settings.estimators) > 1:
        raise UserError(
            f"with --truth {settings.truth} each estimator has datasets of its own; "
            "name one with --estimator"
        )
    return settled(settings, arguments.engine is not None or base is not None)


def _posteriors(settings: Settings, dataset: int) -> tuple[dict[str, Any], dict[str, float]]:
    """Fit every estimator and keep the draws of its estimands, vectors by their elements."""
    import numpy as np

    from sbc.fitting.fit import Task, fit
    from sbc.fitting.resample import sample_again

    draws: dict[str, Any] = {}
    truth: dict[str, float] = {}
    for estimator in settings.estimators:
        task = Task(settings, estimator, settings.engines_of(estimator)[0], dataset)
        row = fit(task)
        ranked = {result.quantity: result for result in row.results}
        if not ranked:
            print(f"{estimator}: {row.status}: {row.error}")
            continue
        found: dict[str, Any] = {}
        for name, values in sample_again(task, row).values.items():
            scalars = {name: values} if values.ndim == 2 else {
                f"{name}[{j}]": values[..., j] for j in range(values.shape[2])
            }  # fmt: skip
            found |= {key: np.ravel(x) for key, x in scalars.items() if _wanted(task, key, ranked)}
        for name in found or ranked:
            result = ranked[name]
            truth[name] = result.truth
            how = row.status if found else "an estimate without draws"
            print(f"{estimator}: {name} {result.mean:.3g} ± {result.sd:.2g}, truth "
                  f"{result.truth:.3g} ({how})")  # fmt: skip
        if found:
            draws[estimator] = found
    if not draws:
        raise UserError("no fit has draws; there is nothing to draw")
    return draws, truth


def _wanted(task: Any, name: str, ranked: dict[str, Any]) -> bool:
    estimands = task.setup.estimator.estimands
    return name in ranked and name.partition("[")[0] in estimands
