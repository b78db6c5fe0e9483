"""Disks that fill up, folders that go, files that others hold: one line, and the rest is kept."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from quick import contents, crashing, fit, settings

from sbc.fitting import loop
from sbc.fitting.workers import local
from sbc.plugins.errors import UserError
from sbc.store import schema
from sbc.store.database import Store
from sbc.store.frames import load_run
from sbc.store.schema import RESULTS_FILE

FULL = """
import resource, sys
from sbc.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits as POSIX has them")
def test_a_file_that_may_not_grow_ends_the_run_in_one_line_and_keeps_what_is_there(tmp_path):
    wanted, folder = settings(*crashing("steady"), datasets=1000), tmp_path / "run"
    # Fits are quick enough to fill the file before the first commit: so some are there already.
    fit(folder, settings(*crashing("steady"), datasets=50))
    argv = ["run", "--resume", str(folder), "--datasets", "1000", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", FULL, *argv], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"sbc: error: {folder / RESULTS_FILE} cannot be written: ")
    assert done.stderr.count("\n") == 1
    kept = len(load_run(folder).fits)
    assert 50 <= kept < 1000
    # With room again the run goes on to the bits that it would have had.
    made, again = loop.resume(folder)
    with made:
        loop.execute(again, made, 2, progress=False)
    assert contents(folder) == contents(fit(tmp_path / "whole", wanted))


def test_a_folder_that_is_moved_away_ends_the_run(tmp_path):
    # SQLite would go on writing to files that nobody finds again.
    wanted, folder = settings(*crashing("steady"), datasets=100_000), tmp_path / "run"

    def moved(*given):
        for number, row in enumerate(local.fits(*given)):
            if number == 50:
                folder.rename(tmp_path / "elsewhere")
            yield row

    with pytest.raises(UserError, match=r"results\.sqlite is gone: somebody moved or removed it"):
        fit(folder, wanted, hand_out=moved)
    assert 50 <= len(load_run(tmp_path / "elsewhere").fits) < 100_000
    assert not folder.exists()


def test_a_folder_that_is_removed_ends_the_run(tmp_path):
    wanted, folder = settings(*crashing("steady"), datasets=100_000), tmp_path / "run"

    def removed(*given):
        for number, row in enumerate(local.fits(*given)):
            if number == 50:
                shutil.rmtree(folder)
            yield row

    with pytest.raises(UserError, match=r"results\.sqlite"):
        fit(folder, wanted, hand_out=removed)


def test_a_database_that_somebody_holds_is_told(new_run, new_fit, monkeypatch):
    monkeypatch.setattr(schema, "PATIENCE", 0.1)
    folder = new_run([new_fit(0)])
    with (
        closing(sqlite3.connect(folder / RESULTS_FILE)) as other,
        Store.open(folder, write=True) as mine,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match=r"cannot be written: database is locked"):
            mine.add(new_fit(1))
        other.rollback()
        mine.add(new_fit(1))
    assert len(load_run(folder).fits) == 2
