"""``sbc table``: summarise a run: bias, coverage, ranks, with Monte Carlo errors."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sbc.cli.terminal import columns, in_colour, kept
from sbc.plugins.errors import ExitCode, UserError, in_shell

#: Options that say what is told of each estimand, which averages and differences do not take.
_OF_CELLS = ("measures", "errors", "null", "rope", "reference", "interval")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    formats = ("text", "markdown", "csv", "json", "latex", "typst", "html")
    parser.add_argument("--format", choices=formats, default="text", dest="kind")
    parser.add_argument(
        "--by",
        metavar="FEATURE[,FEATURE...]",
        help="one row a stratum of a data feature, or a combination of several; of a sweep, the "
        "factors to keep: numbers are averaged over the others",
    )
    parser.add_argument(
        "--levels", metavar="P[,P...]", help="levels of coverage (default .5 to .95)"
    )
    parser.add_argument(
        "--interval", choices=("equal", "hdi"), default="equal", help="equal-tailed, or shortest"
    )
    parser.add_argument(
        "--elements", action="store_true", help="each element of a vector, not their pool alone"
    )
    parser.add_argument(
        "--compare", action="store_true", help="differences between estimators, dataset by dataset"
    )
    parser.add_argument(
        "--agreement",
        action="store_true",
        help="limits of agreement between estimators (Bland and Altman), dataset by dataset",
    )
    _declare_measures(parser)
    parser.add_argument(
        "--reference",
        metavar="NAME",
        help="of the gain in precision (default: the first estimator)",
    )
    parser.add_argument(
        "--bound", action="append", metavar="METRIC=BOUND", help="of a sweep: what to ask instead"
    )
    parser.set_defaults(function=main)


def _declare_measures(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say what is told of each estimand."""
    parser.add_argument(
        "--measures", metavar="NAME[,NAME...]", help="which to show, as bias,power,coverage_95"
    )
    parser.add_argument(
        "--errors",
        choices=("full", "compact"),
        default="",
        help="of chosen measures and tables to publish: 0.017 (0.005), or 0.017 (5)",
    )
    parser.add_argument(
        "--null",
        action="append",
        metavar="[NAME=]X",
        help="power, or type I error: how often 95 %% intervals leave out X (default 0)",
    )
    parser.add_argument(
        "--rope",
        action="append",
        metavar="NAME=LOW,HIGH",
        help="a region of practical equivalence: intervals inside and outside, posterior mass",
    )


def main(arguments: argparse.Namespace) -> int:
    """Print the table."""
    from sbc.store.database import Store, read_run

    levels = _levels(arguments.levels)
    run_file = read_run(arguments.folder)  # refuse what is not a run before pandas is imported
    Store.open(arguments.folder).close()
    if run_file.is_sweep:
        return _of_sweep(arguments, levels)
    _check_run(arguments)
    from sbc.report.comparison import render_comparison
    from sbc.report.table import LEVELS, render
    from sbc.store.frames import load_run

    run = load_run(arguments.folder)
    asked = (run, arguments.kind, arguments.elements)
    if arguments.compare or arguments.agreement:
        print(render_comparison(*asked, limits=arguments.agreement, width=columns()))
    else:
        text = render(
            *asked,
            width=columns(),
            colours=arguments.kind == "text" and in_colour(),
            by=arguments.by,
            levels=levels or LEVELS,
            interval=arguments.interval,
            reference=arguments.reference,
            **_measures(arguments),
        )
        print(kept(in_shell(text)))
    return ExitCode.OK


def _check_run(arguments: argparse.Namespace) -> None:
    """Refuse what the table of a single run, or its differences, have not.

    Raises
    ------
    UserError
        Naming the option.
    """
    if arguments.bound:
        raise UserError("--bound is for the table of a sweep")
    which = next((n for n in ("compare", "agreement") if getattr(arguments, n)), "")
    for name in ("by", "levels", *_OF_CELLS) if which else ():
        if getattr(arguments, name) not in (None, "", "equal"):
            raise UserError(f"--{name} is for the table of estimators; leave --{which}")


def _measures(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read what is to be told of each estimand, for `sbc.report.table.render`."""
    from sbc.report.hypotheses import parse_nulls, parse_ropes

    named = arguments.measures
    return {
        "measures": None if named is None else [name.strip() for name in named.split(",")],
        "errors": arguments.errors,
        "null": parse_nulls(arguments.null) if arguments.null else None,
        "rope": parse_ropes(arguments.rope),
    }


def _of_sweep(arguments: argparse.Namespace, levels: tuple[float, ...]) -> int:
    """Print the table of a sweep.

    Raises
    ------
    UserError
        For options that a sweep's table has not.
    """
    if arguments.elements:
        raise UserError(
            f"{arguments.folder} is a sweep, whose table for reading shows vectors as a whole; "
            "--format csv has a row for each element"
        )
    from sbc.studies.sweep.plan import parse_bounds, read_bounds
    from sbc.studies.sweep.read import load_sweep
    from sbc.studies.sweep.table import LEVELS, render

    sweep = load_sweep(arguments.folder)
    by = None
    if arguments.by is not None:
        by = [name for part in arguments.by.split(",") if (name := part.strip())]
    if arguments.compare or arguments.agreement or by is not None:
        from sbc.studies.sweep.collapse import check_averaged

        averages = by is not None and not (arguments.compare or arguments.agreement)
        names = [n for n in _OF_CELLS if not (averages and n in ("measures", "errors"))]
        check_averaged(**{name: getattr(arguments, name) for name in names}, bounds=arguments.bound)
    if arguments.compare or arguments.agreement:
        from sbc.studies.sweep.comparison import render_comparison

        print(render_comparison(sweep, arguments.kind, by, arguments.agreement, columns()))
        return ExitCode.OK
    if by is not None:
        from sbc.studies.sweep.averaged import render_collapsed

        how = _measures(arguments)
        asked_for = (how["measures"], how["errors"], columns())
        print(render_collapsed(sweep, by, arguments.kind, levels or LEVELS, *asked_for))
        return ExitCode.OK
    bounds = parse_bounds(arguments.bound or [], sweep.settings)
    asked = read_bounds(bounds) if bounds else ()
    more = {name: getattr(arguments, name) for name in ("reference", "interval")}
    more |= _measures(arguments) | {"width": columns()}
    print(in_shell(render(sweep, arguments.kind, asked, levels or LEVELS, **more)))
    return ExitCode.OK


def _levels(text: str | None) -> tuple[float, ...]:
    """Read the levels.

    Raises
    ------
    UserError
        Unless they are numbers; those outside of their range are told by who takes them.
    """
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise UserError(f"--levels takes numbers between 0 and 1, not '{text}'") from None
