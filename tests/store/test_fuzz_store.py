"""Whatever is wrong with a run folder, its readers say so in one line: no traceback, no hang."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sbc.cli.main import main
from sbc.gates.config import Config
from sbc.gates.gate import judge_run
from sbc.plugins.errors import UserError
from sbc.report.export import export
from sbc.report.table import render
from sbc.report.write import write_page
from sbc.store.database import RUN_FILE, Store
from sbc.store.frames import load_run
from sbc.store.schema import RESULTS_FILE, SCHEMA

CONFIG = Config().declare("effects", "naive", "beta_XY", "calibrated")
TABLES = ("dataset", "fit", "result", "thinned", "shortest")
COLUMNS = {
    "dataset": ["k", "source", "truth", "features", "stream"],
    "fit": [
        "k",
        "estimator",
        "status",
        "error",
        "attempt",
        "seconds",
        "seed",
        "chains",
        "pareto_k",
    ],
    "result": ["k", "quantity", "truth", "mean", "q50", "crps", "rhat", "rank", "size", "jitter"],
    "thinned": ["k", "quantity", "size", "draws"],
    "shortest": ["k", "quantity", "hdi50_low", "hdi95_high"],
}
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_all(folder):
    """Do everything that readers do; only a user's error may come out of it."""
    try:
        run = load_run(folder)
        assert render(run)
        assert render(run, "json")
        for feature in run.features("naive"):
            render(run, by=feature)
        judge_run(run, CONFIG)
        for key, frame in run.streams():
            run.draws(key, frame["dataset"])
        export(run, "csv", folder / "out")
    except UserError as told:
        return str(told) or "(nothing)"
    return ""


@pytest.fixture
def sound(new_run, new_fit):
    folder = new_run([new_fit(k) for k in range(8)])
    assert read_all(folder) == ""  # else nothing below would show anything
    shutil.rmtree(folder / "out")
    return folder


@pytest.fixture
def again(sound, tmp_path):
    """Give a maker of fresh copies of a sound run."""
    count = iter(range(10**9))

    def copy():
        folder = tmp_path / f"copy {next(count)}"
        shutil.copytree(sound, folder)
        return folder

    return copy


@many
@given(data=st.data())
def test_a_file_cut_anywhere_or_overwritten_anywhere(again, data):
    folder = again()
    file = folder / data.draw(st.sampled_from([RESULTS_FILE, RUN_FILE]))
    content = bytearray(file.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        place = data.draw(st.integers(0, len(content) - 1))
        noise = data.draw(st.binary(min_size=1, max_size=64))
        content[place : place + len(noise)] = noise
    file.write_bytes(bytes(content))
    read_all(folder)
    shutil.rmtree(folder)


@many
@given(noise=st.binary(max_size=200))
def test_bytes_that_were_never_a_run(again, noise):
    for name in (RESULTS_FILE, RUN_FILE):
        folder = again()
        (folder / name).write_bytes(noise)
        assert read_all(folder)
        shutil.rmtree(folder)


values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
)


@many
@given(data=st.data())
def test_a_value_of_another_type_in_any_column(again, data):
    folder = again()
    table = data.draw(st.sampled_from(TABLES))
    column = data.draw(st.sampled_from(COLUMNS[table]))
    value = data.draw(values)
    try:
        change(folder, (f"UPDATE {table} SET {column} = ? WHERE k = ?", (value, 3)), strict=False)
    except sqlite3.IntegrityError:  # SQLite itself keeps that out
        return
    read_all(folder)
    shutil.rmtree(folder)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@many
@given(data=st.data())
def test_any_value_anywhere_in_the_run_file(again, data):
    folder = again()
    run = json.loads((folder / RUN_FILE).read_text())
    place = run
    while True:
        key = data.draw(
            st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place)))
        )
        if not (isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    if data.draw(st.booleans()) and isinstance(place, dict):
        del place[key]
    else:
        place[key] = data.draw(json_values)
    (folder / RUN_FILE).write_text(json.dumps(run))
    read_all(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table(again, table):
    folder = again()
    change(folder, f"DROP TABLE {table}")
    assert table in read_all(folder)


@pytest.mark.parametrize("table", TABLES)
def test_a_view_where_a_table_should_be(again, table):
    folder = again()
    change(folder, f"DROP TABLE {table}", f"CREATE VIEW {table} AS SELECT 1 AS k")
    assert table in read_all(folder)


@pytest.mark.parametrize("column", ["status", "error", "seconds"])
def test_a_missing_column(again, column):
    folder = again()
    change(folder, f"ALTER TABLE fit DROP COLUMN {column}")
    assert "'fit' is missing or another one" in read_all(folder)


@pytest.mark.parametrize("version", [SCHEMA - 2, SCHEMA + 1, 0, -1, 2**31 - 1])
def test_another_schema_version(again, version):
    folder = again()
    change(folder, f"PRAGMA user_version = {version}")
    said = read_all(folder)
    assert f"schema {version}" in said
    assert str(SCHEMA) in said


def test_a_recursive_view_is_not_followed(again):
    folder = again()
    endless = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT k FROM n"
    change(folder, "DROP TABLE fit", f"CREATE VIEW fit AS {endless}")
    assert "fit" in read_all(folder)


def test_draws_that_claim_to_be_more_than_they_are(again):
    folder = again()
    change(folder, "UPDATE thinned SET size = 1000000000000 WHERE k = 2")
    assert "damaged" in read_all(folder)


def test_a_run_file_nested_without_end(again):
    folder = again()
    (folder / RUN_FILE).write_text("[" * 200_000)
    assert "damaged" in read_all(folder)


@pytest.mark.parametrize("command", ["table", "report", "export", "gate", "replay", "posterior"])
@pytest.mark.parametrize("name", [RESULTS_FILE, RUN_FILE])
def test_every_command_tells_in_one_line_and_exits_with_2(again, command, name, capsys):
    folder = again()
    (folder / name).write_bytes(b"\x00\xff not this \x80")
    more = {"replay": ["--dataset", "0", "--estimator", "naive"], "posterior": ["--dataset", "0"]}
    extra = more.get(command, [])
    where = [str(folder)] if command != "posterior" else ["--run", str(folder)]
    assert main([command, *where, *extra]) == 2
    said = capsys.readouterr().err
    assert said.startswith("sbc: error: ")
    assert said.count("\n") <= 2


def change(folder, *statements, strict=True):
    """Change a file; what its tables forbid too, as somebody may who writes its bytes himself."""
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as file:
        texts = dict(file.execute("SELECT name, sql FROM sqlite_master WHERE sql NOTNULL"))
        if not strict:
            loose = {n: t.replace("STRICT, ", "").replace(" STRICT", "") for n, t in texts.items()}
            _rewrite(file, loose)
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as file:
        for statement in statements:
            file.execute(*([statement] if isinstance(statement, str) else statement))
        file.commit()
        if not strict:
            _rewrite(file, texts)


def _rewrite(file, texts):
    file.execute("PRAGMA writable_schema = ON")
    for name, text in texts.items():
        file.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (text, name))
    file.commit()


def test_reading_a_page_of_a_damaged_run(again, tmp_path):
    folder = again()
    change(folder, "UPDATE result SET truth = 'x' WHERE k = 1", strict=False)
    with pytest.raises(UserError, match="damaged"):
        write_page([load_run(folder)], tmp_path / "page.html")


def test_readers_cannot_write(again):
    folder = again()
    with Store.open(folder) as store, pytest.raises(UserError, match="readonly"):
        list(store.rows("DELETE FROM fit"))
