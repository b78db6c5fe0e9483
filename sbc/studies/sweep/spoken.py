"""What Python asks of a sweep or a design, as settings, a plan, and who fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sbc.fitting.asked import (
    check_executor,
    check_folder,
    deadline_of,
    executor_of,
    settings_asked,
)
from sbc.fitting.engine_choice import settled
from sbc.fitting.options import default_folder
from sbc.plugins.errors import UserError, option
from sbc.plugins.patience import patient
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard
from sbc.studies.spoken import in_words

if TYPE_CHECKING:
    from sbc.studies.sweep.grid import Grid
    from sbc.studies.sweep.plan import Plan


def settings_of(asked: Mapping[str, Any]) -> tuple[Settings, Path | None]:
    """Read what all cells share, and the folder to go on with."""
    resume = None if asked["resume"] is None else Path(asked["resume"])
    check_folder(asked["out"], resume, asked["allow_versions"], asked.get("overwrite", False))
    wanted = in_words(asked)
    check_executor(asked["cluster"], asked["isolate"], asked["fit_timeout"])
    settings = settings_asked(wanted, resume)
    with patient(asked["fit_timeout"]):
        return settled(settings, asked["engine"] is not None or resume is not None), resume


@contextmanager
def fitting(asked: Mapping[str, Any], settings: Settings) -> Iterator[dict[str, Any]]:
    """Give who fits, as `sbc.studies.sweep.fit.execute` takes it."""
    deadline = deadline_of(asked["max_time"])
    who = executor_of(settings, asked["cluster"], asked["isolate"], asked["fit_timeout"])
    with patient(asked["fit_timeout"]), who as hand_out:
        yield {
            "hand_out": hand_out,
            "deadline": deadline,
            "allow_versions": asked["allow_versions"],
        }


def planned(
    asked: Mapping[str, Any], settings: Settings, resume: Path | None
) -> tuple[Plan, Settings]:
    """Make the plan of a new sweep, or change that of one that is there.

    Parameters
    ----------
    asked : mapping
        By the names of `sbc.sweep`'s arguments; ``vary`` may be pairs of a name and its levels.
    settings : Settings
        What all cells share.
    resume : Path or None
        The sweep to go on with.

    Raises
    ------
    UserError
        For a factor, a bound or a precision that cannot be.
    """
    from sbc.studies.sweep.asked import started
    from sbc.studies.sweep.fit import resumed
    from sbc.studies.sweep.plan import (
        checked_bounds,
        checked_precision,
        initial,
        parse_bounds,
        parse_precision,
    )

    limits = {n: _positive(n, asked[n]) for n in ("max_datasets", "budget")}
    wanted: dict[str, Any] = {
        "bounds": _numbers(asked["bounds"], settings, parse_bounds, checked_bounds),
        "precision": _numbers(asked["precision"], settings, parse_precision, checked_precision),
        **limits,
    }
    wanted = {n: value for n, value in wanted.items() if value is not None}
    if resume is not None:
        for n in ("vary", "cells"):
            if asked[n] is not None:
                raise UserError(
                    f"{option(n)} starts a new sweep and {option('resume')} goes on with one; "
                    "name one of them"
                )
        return replace(resumed(resume, settings), **wanted), settings
    grid = grid_asked(asked["vary"], asked["cells"], settings, asked)
    settings = started(grid, settings)
    return initial(grid, settings, **wanted), settings


def _numbers(
    given: Any,
    settings: Settings,
    parsed: Callable[[list[str], Settings], Any],
    checked: Callable[[Mapping[str, Any], Settings], Any],
) -> Any:
    """Read bounds or precisions: a mapping, or texts as the command line has them."""
    if given is not None and not isinstance(given, Mapping):
        return parsed([given] if isinstance(given, str) else [str(one) for one in given], settings)
    return checked(given or {}, settings) or None


def grid_asked(vary: Any, cells: Any, settings: Settings, given: Mapping[str, Any]) -> Grid:
    """Read the factors, or the cells one by one; errors as of `sbc.studies.sweep.asked`."""
    from sbc.studies.sweep.asked import grid_of, grid_of_cells, levels_of
    from sbc.studies.sweep.cells_file import read_cells

    if vary and cells is not None:
        raise UserError(f"{option('vary')} crosses factors and {option('cells')} names cells; "
                        "name one of them")  # fmt: skip
    if cells is None:
        named = vary.items() if isinstance(vary, Mapping) else vary or ()
        if isinstance(named, str) or not all(isinstance(one, tuple) for one in named):
            raise UserError(f"{option('vary')} names each factor with its levels: {{'n': [2, 5]}}")
        pairs = [(str(name), levels_of(str(name), levels)) for name, levels in named]
        return grid_of(pairs, settings, given)
    if isinstance(cells, str | Path):
        return read_cells(cells, settings, given)
    rows = cells.to_dict("records") if hasattr(cells, "to_dict") else cells
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise UserError(
            f"{option('cells')} is a file, a data frame, or a list of the levels of each cell: "
            "[{'n': 2}, {'n': 5}]"
        )
    plain = [{str(n): _plain(x) for n, x in row.items()} for row in rows]
    return grid_of_cells(plain, settings, given)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _positive(name: str, value: int | None) -> int | None:
    if value is not None and value < 1:
        raise UserError(f"{option(name)} must be at least 1, not {value}")
    return value


def folder_of(settings: Settings, what: str, part: Shard = WHOLE) -> Path:
    """Name the folder of a sweep or a design that nobody names."""
    folder = default_folder(settings, part)
    return folder.with_name(f"{folder.name}-{what}")
