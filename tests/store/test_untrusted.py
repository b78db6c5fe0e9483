"""A run folder from a stranger is data: reading it runs nothing, and shows it as text."""

import json
import pickletools
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace

import pytest

from sbc.cli.main import main
from sbc.store.schema import RESULTS_FILE

#: What would run, close an element, break out of a table, or move a terminal's cursor.
HOSTILE = (
    "<script>document.title='owned'</script>",
    "\"onmouseover='document.title=1'",
    "</svg><img src=x onerror=document.title='owned'>",
    "a|b`c`[d](javascript:alert(1))\n# e",
    "\x1b[2J\x1b]0;owned\x07\u202etxt.exe\x00\r",
)
READING = (
    ("table",),
    ("table", "--format", "markdown"),
    ("table", "--format", "json"),
    ("table", "--by", "events"),
    ("report",),
    ("export", "--format", "csv"),
    ("gate",),
    ("gate", "--expect", "{estimator}:beta_XY=calibrated"),
)


@pytest.fixture
def trap(tmp_path):
    """Give a file that says so if anybody imports it."""
    file = tmp_path / "trap.py"
    mark = f"Path({str(tmp_path / 'sprung')!r}).touch()"
    file.write_text(f"from pathlib import Path\n{mark}\n\ndef world(): ...\n")
    return file


def sprung(trap):
    return (trap.parent / "sprung").exists()


def hostile_run(new_run, new_fit, new_settings, estimator="naive", **changes):
    settings = new_settings(estimators=(estimator,), **changes)
    fits = [replace(new_fit(k), estimator=estimator) for k in range(12)]
    return new_run(fits, settings)


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_reading_imports_no_file_that_a_run_names(
    command, trap, new_run, new_fit, new_settings, capsys
):
    spec = f"{trap}:world"
    folder = hostile_run(new_run, new_fit, new_settings, estimator=spec, generator=spec)
    words = [word.format(estimator=spec) for word in command[1:]]
    with suppress(SystemExit):
        main([command[0], str(folder), *words])
    assert not sprung(trap)


def test_the_twin_going_on_with_a_run_imports_the_files_that_it_names(
    trap, new_run, new_fit, new_settings, capsys
):
    spec = f"{trap}:world"
    folder = hostile_run(new_run, new_fit, new_settings, generator=spec)
    main(["run", "--resume", str(folder)])
    assert sprung(trap)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_reach_no_terminal_as_commands(text, new_run, new_fit, capsys):
    fits = [new_fit(0), new_fit(1, status="error", error=text)]
    folder = new_run([*fits, *(new_fit(k) for k in range(2, 12))])
    for command in READING:
        words = [word.format(estimator="naive") for word in command[1:]]
        main([command[0], str(folder), *words])
    said = capsys.readouterr()
    for character in said.out + said.err:
        assert character.isprintable() or character == "\n", repr(character)


def test_a_run_folder_holds_json_and_sqlite_and_no_pickle(new_run, new_fit):
    folder = new_run([new_fit(k) for k in range(3)])
    assert sorted(path.name for path in folder.iterdir()) == [RESULTS_FILE, "run.json"]
    json.loads((folder / "run.json").read_text())
    with closing(sqlite3.connect(folder / RESULTS_FILE)) as connection:
        blobs = [row[0] for row in connection.execute("SELECT draws FROM thinned")]
    assert blobs
    for blob in blobs:
        with pytest.raises(Exception, match=r"."):
            list(pickletools.genops(blob))
