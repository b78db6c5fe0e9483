"""Shards joined: the bits of the run that was never taken apart, or a line that says why not."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quick import contents

from sbc.cli.main import main
from sbc.fitting import loop
from sbc.plugins.engine import Budget
from sbc.plugins.errors import UserError
from sbc.store.database import Store, read_run
from sbc.store.schema import RESULTS_FILE
from sbc.store.settings import Settings
from sbc.store.shard import WHOLE, Shard
from sbc.studies.merge import merge

ESTIMATORS = ("naive", "mundlak")


@pytest.fixture
def new_part(new_run, new_fit, new_settings):
    """Give a maker of one part of a run of seven datasets and two estimators."""

    def make(part=WHOLE, name=None, of_run=None, without=(), **changes):
        chosen = new_settings(**({"datasets": 7, "estimators": ESTIMATORS} | changes))
        numbers = [k for k in range(chosen.datasets) if k in part]
        fits = [new_fit(k, e) for k in numbers for e in chosen.estimators if (k, e) not in without]
        folder = new_run(fits, chosen, name or f"part-{part.number}-of-{part.of}")
        run = json.loads((folder / "run.json").read_text()) | (of_run or {})
        if part != WHOLE:
            run["shard"] = str(part)
        (folder / "run.json").write_text(json.dumps(run))
        return folder

    return make


@pytest.fixture
def parts(new_part):
    return [new_part(Shard(i, 3)) for i in (1, 2, 3)]


def test_merged_parts_hold_what_the_whole_holds(parts, new_part, tmp_path):
    assert merge(parts, tmp_path / "merged") == 0
    assert contents(tmp_path / "merged") == contents(new_part())
    run = read_run(tmp_path / "merged")
    assert "shard" not in run
    assert [part["shard"] for part in run["merged"]] == ["1/3", "2/3", "3/3"]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(3)))
def test_the_order_of_the_parts_does_not_matter(parts, tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("merged")
    merge([parts[i] for i in order], folder / "a")
    merge(parts, folder / "b")
    assert contents(folder / "a") == contents(folder / "b")


def refused(folders, out, **allowed):
    """Give the line with which a merge is refused; nothing may be left of it."""
    with pytest.raises(UserError) as caught:
        merge(folders, out, **allowed)
    assert not out.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_overlaps_are_refused(parts, new_part, tmp_path):
    told = refused([*parts, parts[1]], tmp_path / "merged", allow_gaps=True)
    assert "both hold dataset 1" in told
    assert str(parts[1]) in told
    whole = new_part()
    told = refused([whole, parts[0]], tmp_path / "merged")
    assert f"{whole} and {parts[0]} both hold dataset 0" in told


def test_gaps_are_refused_unless_told(parts, tmp_path):
    told = refused(parts[::2], tmp_path / "merged")
    assert "4 of 14 fits are missing, the first of dataset 1" in told
    assert merge(parts[::2], tmp_path / "merged", allow_gaps=True) == 4


def test_a_part_that_is_not_finished_is_named(parts, new_part, tmp_path):
    short = new_part(Shard(1, 3), "short", without=[(6, "mundlak")])
    told = refused([short, *parts[1:]], tmp_path / "merged")
    assert f"{short} is not finished: 5 of 6 fits" in told
    assert merge([short, *parts[1:]], tmp_path / "merged", allow_gaps=True) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [({"seed": 2}, "seed = 2"), ({"datasets": 9}, "datasets = 9"), ({"truth": "prior"}, "truth")],
)
def test_other_settings_are_refused(parts, new_part, tmp_path, change, told):
    other = new_part(Shard(2, 3), "other", **change)
    line = refused([parts[0], other, parts[2]], tmp_path / "merged", allow_gaps=True)
    assert f"{other} was made with {told}" in line


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ({"packages": {"numpy": "1.0"}}, "numpy 1.0"),
        ({"commit": "abc"}, "commit abc"),
        ({"files": {"mine.py": "0f"}}, "mine.py 0f"),
        ({"sbc": "0", "packages": {"numpy": "1"}}, "sbc 0 and not None, numpy 1 and not None, as "),
    ],
)
def test_other_versions_are_refused_unless_told(parts, new_part, tmp_path, versions, told):
    other = new_part(Shard(2, 3), "other", versions)
    folders = [parts[0], other, parts[2]]
    assert told in refused(folders, tmp_path / "merged")
    assert merge(folders, tmp_path / "merged", allow_versions=True) == 0
    assert versions.items() <= read_run(tmp_path / "merged")["merged"][1].items()


def test_another_dataset_of_the_same_number_is_refused(new_part, tmp_path):
    # Parts need not be shards: here each holds the fits of one estimator.
    all_of = {e: [(k, e) for k in range(7)] for e in ESTIMATORS}
    one = new_part(name="one", without=all_of["naive"])
    two = new_part(name="two", without=all_of["mundlak"])
    assert merge([one, two], tmp_path / "good") == 0
    assert contents(tmp_path / "good") == contents(new_part())
    with closing(sqlite3.connect(two / RESULTS_FILE)) as file:
        file.execute("UPDATE dataset SET truth = '{}', features = '{}' WHERE k = 4")
        file.commit()
    # A fit that drew no dataset knows nothing of it; whoever drew it does, in either order.
    for name, folders in {"known": [one, two], "then known": [two, one]}.items():
        assert merge(folders, tmp_path / name) == 0
        assert contents(tmp_path / name) == contents(tmp_path / "good")
    with closing(sqlite3.connect(two / RESULTS_FILE)) as file:
        file.execute("UPDATE dataset SET truth = '{\"theta\": 1}' WHERE k = 5")
        file.commit()
    assert f"{two} has another dataset 5" in refused([one, two], tmp_path / "bad")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE fit SET k = 700 WHERE k = 1", "not of its run"),
        ("UPDATE fit SET estimator = 'nobody' WHERE estimator = 'naive'", "not of its run"),
        ("ALTER TABLE result DROP COLUMN crps", "damaged"),
        ("DROP TABLE thinned", "damaged"),
    ],
)
def test_a_damaged_part_is_refused_whole(parts, tmp_path, statement, told):
    with closing(sqlite3.connect(parts[1] / RESULTS_FILE)) as file:
        file.execute(statement)
        file.commit()
    assert told in refused(parts, tmp_path / "merged", allow_gaps=True)


def test_a_folder_that_holds_something_is_not_written_to(parts, capsys):
    before = {f.name: f.read_bytes() for f in parts[0].iterdir()}
    assert main(["merge", *map(str, parts), "--out", str(parts[0])]) == 2
    assert "exists already" in capsys.readouterr().err
    assert {f.name: f.read_bytes() for f in parts[0].iterdir()} == before


def test_the_parts_are_only_read(parts, tmp_path):
    before = [{f.name: f.read_bytes() for f in part.iterdir()} for part in parts]
    merge(parts, tmp_path / "merged")
    assert [{f.name: f.read_bytes() for f in part.iterdir()} for part in parts] == before


def test_real_fits_taken_apart_merged_and_gone_on_with_have_the_bits_of_one_run(tmp_path, capsys):
    chosen = Settings(
        generator="confound",
        truth="effects",
        estimators=("naive",),
        engines=("nutpie",),
        datasets=6,
        seed=3,
        budget=Budget(draws=100, tune=100, chains=2, target_accept=0.8),
        parameters={"n_rows": 50, "n_groups": 5},
    )

    def fit(part, name):
        with loop.create(chosen, tmp_path / name, ["sbc"], part) as store:
            loop.execute(chosen, store, 1, progress=False)
        return str(tmp_path / name)

    fit(WHOLE, "whole")
    folders = [fit(Shard(i, 3), f"part-{i}") for i in (1, 2, 3)]
    assert main(["merge", *folders, "--out", str(tmp_path / "merged")]) == 0
    assert contents(tmp_path / "merged") == contents(tmp_path / "whole")

    gappy = str(tmp_path / "gappy")
    assert main(["merge", *folders[1:], "--out", gappy, "--allow-gaps"]) == 0
    assert "2 fits are missing" in capsys.readouterr().out
    store, resumed = loop.resume(tmp_path / "gappy")
    with store:
        loop.execute(resumed, store, 1, progress=False)
    assert contents(tmp_path / "gappy") == contents(tmp_path / "whole")
    with Store.open(tmp_path / "gappy") as store:
        assert len(store.done()) == 6


@pytest.mark.parametrize("step", ["_add", "_missing"])
def test_a_merge_that_is_killed_leaves_nothing_that_passes_for_a_run(parts, tmp_path, step):
    out = tmp_path / "merged"
    code = (
        "import os, sys; from pathlib import Path; from sbc.studies import merge\n"
        f"merge.{step} = lambda *rest: os._exit(9)\n"
        "merge.merge([Path(p) for p in sys.argv[2:]], Path(sys.argv[1]))"
    )
    killed = subprocess.run([sys.executable, "-c", code, out, *parts], check=False)
    assert killed.returncode == 9
    assert (out / RESULTS_FILE).is_file()
    assert main(["table", str(out)]) == 2
    assert merge(parts, out) == 0  # over what was left
    assert main(["table", str(out)]) == 0
