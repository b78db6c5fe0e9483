"""Runs of estimators whose posterior is known: thousands of real fits in a few seconds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from sbc.fitting import loop
from sbc.plugins.engine import Budget
from sbc.store.schema import RESULTS_FILE
from sbc.store.settings import Settings

PLUGINS = Path(__file__).parent / "files"
WORLD = f"{PLUGINS}/normal_mean.py:normal_world"


def crashing(*names: str) -> tuple[str, ...]:
    """Name estimators of ``plugins/crashing.py``."""
    return tuple(f"{PLUGINS}/crashing.py:{name}" for name in names)


def settings(*estimators: str, datasets: int, seed: int = 1) -> Settings:
    """Fit these to normal data."""
    return Settings(
        generator=WORLD,
        truth="prior",
        estimators=estimators,
        engines=("exact",),
        datasets=datasets,
        seed=seed,
        budget=Budget(draws=64, tune=1, chains=2, target_accept=0.8),
    )


def options(*estimators: str, datasets: int) -> list[str]:
    """Say the same on the command line."""
    return [
        *("--generator", WORLD, "--truth", "prior", "--estimator", ",".join(estimators)),
        *("--engine", "exact", "--datasets", str(datasets), "--draws", "64", "--tune", "1"),
    ]


def with_cache(cache: Path, *words: object, cwd: Path | None = None) -> Any:
    """Run a command of sbc in a process of its own, whose compiled code lies in `cache`."""
    flags = f"{os.environ.get('PYTENSOR_FLAGS', '')},base_compiledir={cache}".strip(",")
    return subprocess.run(
        [sys.executable, "-m", "sbc", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"PYTENSOR_FLAGS": flags},
        capture_output=True,
        text=True,
        check=False,
    )


def fit(folder: Path, wanted: Settings, jobs: int = 2, **how: Any) -> Path:
    """Make a run."""
    with loop.create(wanted, folder) as store:
        loop.execute(wanted, store, jobs, progress=False, **how)
    return folder


def contents(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Read every table, but for the column of times."""
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as file:
        found = {}
        for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(name for name in columns if name != "seconds")
            found[table] = sorted(file.execute(f"SELECT {kept} FROM {table}").fetchall())
        return found
