"""Rows that stand in a database twice: of fits that several cells of a sweep have in common."""

from __future__ import annotations

from collections.abc import Iterable

from sbc.store.database import OR_FILL_IN, Store


def repeat(store: Store, estimator: str, engine: str, pairs: Iterable[tuple[int, int]]) -> None:
    """Give datasets the rows that others have of an estimator, all of them or none.

    Parameters
    ----------
    store : Store
        Open to write.
    estimator, engine : str
        Whose fits.
    pairs : iterable of (int, int)
        The number of a dataset whose fit is there, and of one that has none and is to have it.

    Raises
    ------
    UserError
        If the disk is full, or a fit is there already.
    """
    wanted = [(other, first, estimator, engine) for first, other in pairs]
    with store.writing() as run:
        run.executemany(
            "INSERT INTO dataset SELECT ?1, source, truth, features, stream FROM dataset "
            f"WHERE k = ?2 AND source IN ('', ?3) AND ?4 != '' {OR_FILL_IN}",
            wanted,
        )
        for table in ("fit", "result", "thinned", "shortest"):
            described = run.execute(f"PRAGMA table_info({table})").fetchall()
            columns = ", ".join(column[1] for column in described if column[1] != "k")
            run.executemany(
                f"INSERT INTO {table} (k, {columns}) SELECT ?1, {columns} FROM {table} "
                "WHERE k = ?2 AND estimator = ?3 AND engine = ?4",
                wanted,
            )
