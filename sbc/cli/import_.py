"""``sbc import``: make a run out of results that were made elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from sbc.plugins.errors import ExitCode, UserError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("files", type=Path, nargs="+", metavar="FILE", help=".csv, .parquet, .npy, .npz or .nc")
    add("--out", type=Path, required=True, metavar="DIR", help="the folder of the new run")
    add(
        "--map",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="what a column is: dataset, method, estimand, estimate, se, low, high, rank, ...",
    )
    add(
        "--true",
        action="append",
        default=[],
        metavar="X",
        help="the truth: a number, a column, or ESTIMAND=NUMBER for each estimand",
    )
    add("--by", metavar="COLUMN[,COLUMN...]", help="factors that the study was crossed by")
    add(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="keep the rows where a column is this",
    )
    add("--level", type=float, metavar="P", help="of the intervals, as 0.95")
    add("--draws", type=int, metavar="N", help="in how many draws truths were ranked")
    add("--name", default="", metavar="NAME", help="of the method, where the source names none")
    add(
        "--truth",
        default="",
        metavar="REGIME",
        help="where truths come from: fixed, prior, posterior, drawn (default: as the source is)",
    )
    add("--seed", type=int, default=1, metavar="N", help="of the spread of ranks (default 1)")
    add("--overwrite", action="store_true", help="replace the run that --out holds")
    parser.set_defaults(function=main)


def main(arguments: argparse.Namespace) -> int:
    """Import, and say what came of it."""
    from sbc.report.labels import plural
    from sbc.store.rows import FAILED
    from sbc.studies.importing.asked import parse_true
    from sbc.studies.importing.columns import parse_map
    from sbc.studies.importing.run import import_results

    run = import_results(
        arguments.files,
        arguments.out,
        columns=parse_map(arguments.map),
        true=parse_true(arguments.true),
        by=arguments.by,
        where=_where(arguments.where),
        level=arguments.level,
        draws=arguments.draws,
        name=arguments.name,
        truth=arguments.truth,
        seed=arguments.seed,
        overwrite=arguments.overwrite,
    )
    failed = int(run.fits.status.isin(FAILED).sum())
    methods = ", ".join(run.settings.estimators)
    count, fits = plural(run.settings.datasets, "dataset"), plural(len(run.fits), "fit")
    print(f"{count}, {fits} of {methods}; {failed:,} failed")
    for note in run.provenance.imported["notes"]:
        print(note)
    print(f"run folder: {arguments.out}")
    return ExitCode.OK


def _where(words: list[str]) -> dict[str, str]:
    found = {}
    for word in words:
        column, equals, value = word.partition("=")
        if not equals or not column:
            raise UserError(f"--where takes COLUMN=VALUE, as n=50, not '{word}'")
        found[column] = value
    return found
