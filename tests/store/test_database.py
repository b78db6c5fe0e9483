"""The run folder: what goes in comes out, whoever reads, whatever was damaged."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import astuple, fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from sbc.plugins.errors import UserError
from sbc.store.database import Store
from sbc.store.folder import RUN_FILE, make_folder, read_run, write_run
from sbc.store.frames import load_run
from sbc.store.rows import Fit, Result
from sbc.store.schema import RESULTS_FILE, SCHEMA

text = st.text(max_size=20)
whole = st.integers(-(2**63), 2**63 - 1)
real = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(allow_nan=False)  # what is never NaN in a row: SQLite has no NaN but NULL
results = st.builds(
    Result,
    quantity=text,
    truth=real,
    mean=real,
    sd=real,
    quantiles=st.tuples(*[real] * 9),
    crps=real,
    ess_bulk=real,
    ess_tail=real,
    rhat=real,
    rank=whole,
    ties=whole,
    size=whole,
    jitter=real,
    draws=st.binary(max_size=40),
    shortest=st.just(()) | st.tuples(*[real] * 8),
)
fits = st.builds(
    Fit,
    dataset=whole,
    estimator=text,
    engine=text,
    status=text,
    error=text,
    attempt=whole,
    divergences=whole,
    steps=whole,
    seconds=finite,
    seed=whole,
    chains=whole,
    draws=whole,
    results=st.lists(results, max_size=3, unique_by=lambda r: r.quantity).map(tuple),
    truth=st.dictionaries(text, finite | st.lists(finite, max_size=3), max_size=3),
    features=st.dictionaries(text, finite, max_size=3),
    stream=text,
    source=text,
)


def read_back(store: Store) -> list[Fit]:
    """Make fits again of what the tables hold."""
    found = []
    for row in store.rows("SELECT * FROM fit ORDER BY k, estimator, engine"):
        key = row[:3]
        where = "WHERE k = ? AND estimator = ? AND engine = ? ORDER BY quantity"
        sizes = store.rows(f"SELECT quantity, draws FROM thinned {where}", key)
        draws = dict(sizes)
        ends = {r[3]: r[4:] for r in store.rows(f"SELECT * FROM shortest {where}", key)}
        mine = [
            Result(r[3], *r[4:7], tuple(r[7:16]), *r[16:], draws[r[3]], ends.get(r[3], ()))
            for r in store.rows(f"SELECT * FROM result {where}", key)
        ]
        names = [field.name for field in fields(Fit)][:14]
        found.append(Fit(**dict(zip(names, row, strict=True)), results=tuple(mine)))
    return found


def nulls(value):
    """Put None where SQLite has NULL for NaN."""
    if isinstance(value, tuple | list):
        return [nulls(v) for v in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def seen_by_another(folder: Path) -> int:
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as other:
        return other.execute("SELECT count(*) FROM fit").fetchone()[0]


@quickly(deadline=None, max_examples=60)
@given(fit=fits)
def test_any_fit_survives_a_trip_through_the_file(fit):
    with tempfile.TemporaryDirectory() as folder:
        with Store.create(Path(folder) / "run", {}) as store:
            store.add(fit)
        with Store.open(Path(folder) / "run") as store:
            (back,) = read_back(store)
            ((k, source, truth, features, stream),) = store.rows("SELECT * FROM dataset")
    by_quantity = tuple(sorted(fit.results, key=lambda r: r.quantity.encode()))
    sent = replace(fit, results=by_quantity, truth={}, features={}, stream="", source="")
    assert nulls(astuple(back)) == nulls(astuple(sent))
    assert (k, source, stream) == (fit.dataset, fit.source, fit.stream)
    assert (json.loads(truth), json.loads(features)) == (fit.truth, fit.features)


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        ("ValueError: β = −∞ 😀", "ValueError: β = −∞ 😀"),
        ("two\nlines\tand a \0", "two\nlines\tand a \0"),
        ("a lone surrogate \udc80", "a lone surrogate \\udc80"),
    ],
)
def test_any_text_of_an_error_is_kept(new_run, new_fit, error, kept):
    folder = new_run([new_fit(status="error", error=error)])
    with Store.open(folder) as store:
        assert list(store.rows("SELECT error FROM fit")) == [(kept,)]


def test_truths_that_are_numpy_values_are_kept(new_run, new_fit):
    truth = {"a": np.float64(0.1), "n": np.int64(3), "u": np.array([1.5, np.inf])}
    folder = new_run([new_fit(truth=truth)])
    with Store.open(folder) as store:
        ((found,),) = store.rows("SELECT truth FROM dataset")
    assert json.loads(found) == {"a": 0.1, "n": 3, "u": [1.5, np.inf]}


def test_draws_are_little_endian_doubles(new_run, new_fit):
    fit = new_fit()
    with Store.open(new_run([fit])) as store:
        rows = list(store.rows("SELECT quantity, size, draws FROM thinned ORDER BY quantity"))
    assert [(name, size) for name, size, _ in rows] == [("beta_XY", 127), ("beta_ZY", 127)]
    assert np.array_equal(np.frombuffer(rows[0][2], "<f8"), np.frombuffer(fit.results[0].draws))


def test_estimators_share_a_dataset_unless_each_has_its_own(new_run, new_fit):
    fits = [new_fit(0, "naive"), new_fit(0, "fixed"), new_fit(1, "naive", source="naive")]
    fits += [new_fit(1, "fixed", source="fixed", features={"events": 9.0})]
    with Store.open(new_run(fits)) as store:
        found = list(store.rows("SELECT k, source FROM dataset ORDER BY k, source"))
        assert len(store.done()) == 4
    assert found == [(0, ""), (1, "fixed"), (1, "naive")]


def test_done_lists_the_fits_that_are_there_whatever_became_of_them(new_run, new_fit):
    fits = [new_fit(0), new_fit(1, status="error"), new_fit(2, "fixed", status="nonconverged")]
    with Store.open(new_run(fits)) as store:
        assert store.done() == {
            (0, "naive", "nutpie"),
            (1, "naive", "nutpie"),
            (2, "fixed", "nutpie"),
        }


def test_a_run_can_be_opened_again_to_add_more(new_run, new_fit):
    folder = new_run([new_fit(0)])
    with Store.open(folder, write=True) as store:
        store.add(new_fit(1))
    with Store.open(folder) as store:
        assert len(store.done()) == 2


def test_the_same_fit_twice_is_refused_and_the_others_are_kept(new_run, new_fit):
    folder = new_run([new_fit(0)])
    with Store.open(folder, write=True) as store:
        store.add(new_fit(1))
        with pytest.raises(UserError, match="is another process writing to this run"):
            store.add(new_fit(0))
        store.add(new_fit(2))
    with Store.open(folder) as store:
        assert {k for k, _, _ in store.done()} == {0, 1, 2}


def test_a_fit_is_added_whole_or_not_at_all(new_run, new_fit):
    # The second of these two results has the key of the first, so that it cannot be added.
    result = new_fit().results[0]
    half = new_fit(1, results=(result, result))
    folder = new_run([new_fit(0)])
    with Store.open(folder, write=True) as store, pytest.raises(UserError, match="UNIQUE"):
        store.add(half)
    with Store.open(folder) as store:
        for table in ("dataset", "fit", "result", "thinned", "shortest"):
            assert {k for (k,) in store.rows(f"SELECT k FROM {table}")} == {0}


def test_ctrl_c_in_the_midst_of_adding_leaves_no_half_a_fit(new_run, new_fit):
    class Interrupted(float):
        """A number that is reached after the fit's own row is written."""

        def __conform__(self, _protocol):
            raise KeyboardInterrupt

    torn = new_fit(1)
    torn = replace(torn, results=(torn.results[0], replace(torn.results[1], crps=Interrupted())))
    folder = new_run([new_fit(0)])
    with Store.open(folder, write=True) as store, pytest.raises(KeyboardInterrupt):
        store.add(torn)
    with Store.open(folder) as store:
        assert store.done() == {(0, "naive", "nutpie")}
        assert {k for (k,) in store.rows("SELECT k FROM thinned")} == {0}


def test_nothing_is_pending_for_longer_than_a_second(new_run, new_fit):
    folder = new_run()
    with Store.open(folder, write=True) as store:
        store.add(new_fit(0))
        assert store._timer is not None
        assert store._timer.interval <= 1
        store._timer.join()  # no further row comes: the timer alone carries this one to disk
        assert seen_by_another(folder) == 1
        store.add(new_fit(1))
        store._last_commit = time.monotonic() - 1
        store.add(new_fit(2))  # and when rows keep coming, they carry the earlier ones
        assert store._timer is None
        assert seen_by_another(folder) == 3


def test_closing_commits_at_once_and_leaves_one_file(new_run, new_fit):
    folder = new_run()
    store = Store.open(folder, write=True)
    store.add(new_fit(0))
    assert {file.name for file in folder.iterdir()} > {RUN_FILE, RESULTS_FILE}
    store.close()
    assert {file.name for file in folder.iterdir()} == {RUN_FILE, RESULTS_FILE}
    assert seen_by_another(folder) == 1


def test_closing_twice_is_closing_once(new_run, new_fit):
    store = Store.open(new_run(), write=True)
    store.add(new_fit(0))
    store.close()
    store.close()
    assert seen_by_another(store.folder) == 1


def test_closing_while_somebody_reads_keeps_everything(new_run, new_fit):
    folder = new_run([new_fit(0)])
    store = Store.open(folder, write=True)
    with closing(sqlite3.connect(folder / RESULTS_FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM fit").fetchone() == (1,)
        store.add(new_fit(1))
        store.close()
        assert reader.execute("SELECT count(*) FROM fit").fetchone() == (1,)
    assert seen_by_another(folder) == 2


def test_the_timer_never_writes_after_closing(new_run, new_fit):
    # The timer has fired and waits for the lock that close() holds: the worst moment.
    store = Store.open(new_run(), write=True)
    store.add(new_fit(0))
    late = threading.Thread(target=store._commit_later)
    with store._lock:
        late.start()
        store.close()
    late.join()  # an exception in the thread would fail this test as a warning
    assert store._timer is None
    assert seen_by_another(store.folder) == 1


def test_a_full_disk_is_told_in_one_line_and_by_no_thread(new_run, new_fit):
    store = Store.open(new_run([new_fit(0)]), write=True)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UserError, match=r"results\.sqlite cannot be written: .*full"):  # noqa: PT012
        for k in range(1, 100):
            store.add(new_fit(k))
    store.close()
    with Store.open(store.folder) as again:
        assert (0, "naive", "nutpie") in again.done()


def test_somebody_reads_while_another_process_writes(new_run, new_fit, tmp_path):
    folder = new_run([new_fit(0)])
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from sbc.store.rows import Fit\n"
        "from sbc.store.database import Store\n"
        "store = Store.open(Path(sys.argv[1]), write=True)\n"
        "for k in range(1, 4):\n"
        "    store.add(Fit(k, 'naive', 'nutpie', 'error'))\n"
        "store._commit()\n"
        "store.add(Fit(4, 'naive', 'nutpie', 'error'))\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "store.close()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdout.readline() == "ready\n"
        assert len(load_run(folder).fits) in (4, 5)  # the fifth may have been committed by now
        with Store.open(folder) as store:
            assert len(store.done()) in (4, 5)
        writer.communicate("go on\n")
    assert writer.returncode == 0
    assert len(load_run(folder).fits) == 5
    assert {file.name for file in folder.iterdir()} == {RUN_FILE, RESULTS_FILE}


@contextmanager
def read_only(folder: Path):
    """Take away every right to write, root's too: root becomes nobody meanwhile."""
    root = os.geteuid() == 0
    writable = stat.S_IRWXU
    folder.chmod(0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(writable)


@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
def test_a_run_is_read_from_a_folder_that_is_read_only(new_run, new_fit):
    made = new_run([new_fit(0), new_fit(1)])
    load_run(made)  # imports everything while all files may be read
    outer = Path(tempfile.mkdtemp())  # tmp_path is closed to nobody
    outer.chmod(0o755)
    folder = Path(shutil.copytree(made, outer / "run"))
    try:
        with read_only(folder):
            with pytest.raises(PermissionError):
                (folder / "x").touch()
            assert len(load_run(folder).fits) == 2
            with pytest.raises(UserError, match=r"cannot write to .*: Permission denied"):
                Store.open(folder, write=True)
            with pytest.raises(UserError, match=r"cannot write to .*: Permission denied"):
                write_run(folder, {})
    finally:
        shutil.rmtree(outer)


def test_a_new_run_takes_an_empty_folder_and_makes_missing_ones(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "a" / "b"):
        Store.create(folder, {"x": 1}).close()
        assert json.loads((folder / RUN_FILE).read_text()) == {"x": 1}
        with Store.open(folder) as store:
            assert store.done() == set()


def test_a_new_run_does_not_touch_a_folder_that_holds_something(tmp_path, new_run):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    with pytest.raises(UserError, match=r"exists already; name another folder$"):
        Store.create(tmp_path / "full", {})
    with pytest.raises(UserError, match="continue that run: resume="):
        Store.create(new_run(), {})
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_a_new_run_that_cannot_be_written_is_told(tmp_path, below):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"exists already|cannot write to"):
        Store.create(tmp_path / "file" / below, {})


def test_names_that_no_file_system_takes_are_told(tmp_path):
    long = tmp_path / ("x" * 5000)
    with pytest.raises(UserError, match="cannot write to"):
        Store.create(long, {})
    with pytest.raises(UserError, match="no folder"):
        read_run(long)
    with pytest.raises(UserError, match="no folder"):
        Store.open(long)


def test_what_is_not_a_run_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    for reader in (read_run, Store.open):
        with pytest.raises(UserError, match="no folder"):
            reader(tmp_path / "missing")
        with pytest.raises(UserError, match="no folder"):
            reader(tmp_path / "file")
        with pytest.raises(UserError, match="is not a run: it has no"):
            reader(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"3", b"\xff\xfe", b"[" * 100_000),
        *(b'{"settings": {}}', b'{"settings": []}', b'{"settings": null}'),
        b'{"settings": {"estimators": 1, "engines": 1}}',
    ],
)
def test_a_damaged_run_json_is_told_in_one_line(new_run, content):
    folder = new_run()
    (folder / RUN_FILE).write_bytes(content)
    with pytest.raises(UserError, match=r"run\.json is damaged: ") as told:
        read_run(folder)
    assert len(str(told.value).split("\n")) == 1


def test_run_json_is_replaced_whole(new_run):
    folder = new_run()
    before = (folder / RUN_FILE).read_text()
    with pytest.raises(TypeError):
        write_run(folder, {"a": object()})
    assert (folder / RUN_FILE).read_text() == before
    write_run(folder, {"β": "−1"})
    assert json.loads((folder / RUN_FILE).read_text()) == {"β": "−1"}
    assert {file.name for file in folder.iterdir()} == {RUN_FILE, RESULTS_FILE}


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"\0" * 5000])
@pytest.mark.parametrize("write", [False, True])
def test_a_file_that_is_no_database_is_told(new_run, content, write):
    folder = new_run()
    (folder / RESULTS_FILE).write_bytes(content)
    with pytest.raises(UserError, match=r"results\.sqlite (is damaged|cannot be)"):
        Store.open(folder, write=write)


@pytest.mark.parametrize("version", [SCHEMA + 1, 99, -1])
def test_a_file_of_another_schema_is_told(new_run, version):
    folder = new_run()
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(UserError, match=f"has schema {version}; this version of sbc reads"):
        Store.open(folder)


def test_a_missing_table_is_told(new_run):
    folder = new_run()
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as connection:
        connection.execute("DROP TABLE thinned")
    with pytest.raises(UserError, match=r"thinned.* is missing"):
        Store.open(folder)


def read_or_told(folder: Path, content: bytes, complete: bool = True) -> bool:
    """Say whether a run of 20 fits with this file is read; anything but a UserError passes on."""
    (folder / RESULTS_FILE).write_bytes(content)
    try:
        run = load_run(folder)
        run.features()
    except UserError:
        return False
    assert not complete or (len(run.fits), len(run.results)) == (20, 40)
    return True


def test_a_file_cut_off_anywhere_is_told_or_read_whole(new_run, new_fit):
    folder = new_run([new_fit(k) for k in range(20)])
    whole = (folder / RESULTS_FILE).read_bytes()
    sizes = range(0, len(whole), 1000)
    told = [size for size in sizes if not read_or_told(folder, whole[:size])]
    assert told[:5] == [0, 1000, 2000, 3000, 4000]


def test_a_file_overwritten_anywhere_is_told_or_read(new_run, new_fit):
    folder = new_run([new_fit(k) for k in range(20)])
    whole = (folder / RESULTS_FILE).read_bytes()
    rng = np.random.default_rng(1)
    told = 0
    for position in range(0, len(whole), 2000):
        damage = rng.bytes(200)
        told += not read_or_told(
            folder, whole[:position] + damage + whole[position + len(damage) :], complete=False
        )
    assert told > 0


def test_what_was_killed_while_it_changed_its_journal_is_read(new_run, new_fit, tmp_path):
    """A journal that is left behind must be rolled back, which a reader may not do."""
    folder = new_run([new_fit(k) for k in range(3)])
    file = folder / RESULTS_FILE
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE fit SET error = hex(zeroblob(20000))")  # more than the cache holds
        journal = file.with_name(f"{file.name}-journal")
        half, left = file.read_bytes(), journal.read_bytes()
        writer.execute("ROLLBACK")
    file.write_bytes(half)
    journal.write_bytes(left)
    with Store.open(folder) as store:
        assert len(store.done()) == 3
        assert [error for (error,) in store.rows("SELECT error FROM fit")] == [""] * 3
    assert not journal.exists()


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_what_was_left_by_a_kill_before_the_first_fit_is_cleared_away(end, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("run.json.partial", f"{RESULTS_FILE}{end}"):
        (folder / name).touch()
    make_folder(folder)
    assert not (folder / f"{RESULTS_FILE}{end}").exists()
