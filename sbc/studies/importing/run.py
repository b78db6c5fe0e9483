"""Results that were made elsewhere, as a run folder that everything reads which reads runs."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbc.fitting.options import default_folder
from sbc.fitting.origin import described
from sbc.plugins.data import is_density
from sbc.plugins.errors import UserError, option
from sbc.store.database import Store
from sbc.store.folder import make_folder, publish_run
from sbc.store.replaced import replaced
from sbc.store.rows import FAILED, Fit
from sbc.store.settings import DECLARED, IMPORTED, Settings
from sbc.studies.importing.asked import REGIMES, Asked
from sbc.studies.importing.pieces import Found, estimands_of, fits_of, methods_of, missing_note
from sbc.studies.importing.sources import found_in, read

if TYPE_CHECKING:
    from sbc.studies.loaded import LoadedRun


def import_results(
    data: Any,
    out: str | Path | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    true: Mapping[str, float] | float | str | None = None,
    by: str | Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
    level: float | None = None,
    draws: int | None = None,
    name: str = "",
    truth: str = "",
    seed: int = 1,
    overwrite: bool = False,
) -> LoadedRun:
    """Make a run folder of results that were made elsewhere, as ``python -m sbc import`` does.

    Parameters
    ----------
    data : DataFrame, mapping of str to array, DataTree, path, or several paths
        A long table of estimates, one row a dataset, method and estimand; a table of ranks as R's
        SBC package has them; arrays of ranks, shape (datasets,) or (datasets, elements), by name;
        draws, shape (datasets, draws, …) or (datasets, chains, draws, …), with their truths beside
        them as ``truth_NAME``; a tree of ArviZ with ``prior_sbc`` or ``posterior_sbc``; or files of
        these: CSV, Parquet, npy, npz, netCDF.
    out : str or Path
        The new run's folder; by default one under ``reports``.
    columns : mapping of str to str
        What columns are, theirs to ours: ``{"b": "estimate"}``. Usual names need none.
    true : number, str, or mapping of str to number
        The truth of all datasets, the column that holds it, or the truth of each estimand.
    by : str or several
        Columns of the factors that the study was crossed by.
    where : mapping of str to value
        Rows of a table to keep: ``{"n": 50}``.
    level : float
        Of intervals, in (0, 1), where no column says it.
    draws : int
        In how many draws truths were ranked, where no column says it.
    name : str
        Of the method, where the source names none; by default that of the file.
    truth : str
        Where truths come from: ``"fixed"``, ``"prior"`` and ``"posterior"`` (uniform ranks are
        expected), or ``"drawn"`` (from something else); by default what the source is like.
    seed : int
        Of the random numbers that spread ranks over their bins, in [0, 2^63).
    overwrite : bool
        Whether a run that `out` holds gives way to the new one, once that is there.

    Returns
    -------
    sbc.studies.loaded.LoadedRun
        As of `sbc.load`.

    Raises
    ------
    sbc.plugins.errors.UserError
        If something is missing, there twice, or makes no sense.
    """
    DECLARED["seed"].check(seed)
    factors = [part.strip() for part in by.split(",")] if isinstance(by, str) else by
    asked = Asked(
        columns=dict(columns or {}),
        true=true,
        by=None if factors is None else [part for part in factors if part],
        where={column: _text(value) for column, value in (where or {}).items()},
        level=level,
        draws=draws,
        name=name,
        truth=truth,
    )
    files: dict[str, str] = {}
    several = isinstance(data, list | tuple)
    found = []
    for source in data if several else [data]:
        label = name or "results"
        if isinstance(source, str | Path):
            files[str(source)] = _digest(Path(source))
            source, label = read(Path(source)), Path(source).name  # noqa: PLW2901
        found.append(found_in(source, label, asked))
    from sbc.studies.loaded import LoadedRun

    label = ", ".join(Path(file).name for file in files) or "results"
    return LoadedRun.of(_write(_joined(found), asked, label, files, seed, out, overwrite))


def _joined(found: Sequence[Found]) -> Found:
    """Put sources together.

    Raises
    ------
    UserError
        If there are none, or they are of studies with other factors or truths.
    """
    if not found:
        raise UserError("name what to import: a file at least")
    first = found[0]
    for other in found[1:]:
        if other.factors != first.factors:
            mine, its = (", ".join(one.factors) or "none" for one in (first, other))
            raise UserError(
                f"sources of one run have the same factors, not {mine} and {its}: name them with "
                + option("by")
            )
    pieces = [piece for one in found for piece in one.pieces]
    _refuse_shared(found)
    notes = dict.fromkeys(note for one in found for note in one.notes)
    regimes = {one.regime for one in found}
    regime = first.regime if len(regimes) == 1 else "drawn"
    return Found(pieces, first.factors, regime, (*notes, *missing_note(pieces)))


def _refuse_shared(found: Sequence[Found]) -> None:
    """Refuse two sources that say something of one method and dataset.

    Raises
    ------
    UserError
        Saying what methods are named after.
    """
    seen: set[tuple[Any, str]] = set()
    for one in found:
        mine = {(piece.dataset, piece.method) for piece in one.pieces}
        if both := sorted({method for _, method in seen & mine}):
            raise UserError(
                f"two sources hold results of '{both[0]}' on the same datasets: methods are named "
                "after their files, unless a column names them"
            )
        seen |= mine


def _write(
    found: Found,
    asked: Asked,
    label: str,
    files: dict[str, str],
    seed: int,
    out: Any,
    overwrite: bool,
) -> Path:
    regime = asked.truth or found.regime
    methods = methods_of(found.pieces)
    draft = Settings(
        generator=IMPORTED + label,
        truth=regime,
        estimators=tuple(methods),
        engines=("",),
        seed=seed,
    )
    fits = fits_of(found, seed, label, draft.regime.own)
    ranked = {fit.estimator for fit in fits if any(r.size for r in fit.results)}
    if all(fit.status in FAILED for fit in fits):
        first = fits[0].error or f"the fit of dataset {fits[0].dataset} is {fits[0].status}"
        raise UserError(f"{label} holds no usable result: {first}")
    datasets = 1 + max(fit.dataset for fit in fits)
    settings = Settings.from_json(draft.to_json() | {"datasets": datasets})
    expected = [name for name in methods if REGIMES[regime] and name in ranked]
    folder = Path(out) if out is not None else default_folder(settings)
    run = described(settings, expected, list(REGIMES)) | {
        "estimands": {
            method: [name for name in names if not is_density(name)]
            for method, names in estimands_of(found.pieces).items()
        },
        "imported": {"files": files, "factors": list(found.factors), "notes": list(found.notes)},
    }
    with replaced(folder, overwrite):
        _store(folder, run, fits)
    return folder


def _store(folder: Path, run: dict[str, Any], fits: Sequence[Fit]) -> None:
    make_folder(folder)
    try:
        with Store.create(folder, run, published=False) as store:
            for fit in fits:
                store.add(fit)
        publish_run(folder)  # last: what a kill leaves is no run
    except BaseException:
        shutil.rmtree(folder)  # it was empty or not there: all that is in it is ours
        raise


def _digest(file: Path) -> str:
    if not file.is_file():
        return ""  # told when it is read
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=8)).hexdigest()


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)
