"""Parts of a plan: every dataset in one of them, and the bits of the whole when joined."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.cli.main import main
from sbc.fitting import loop
from sbc.gates.config import Config
from sbc.gates.gate import judge_run
from sbc.gates.judgement import judgement
from sbc.plugins.errors import UserError
from sbc.report.page.gate import state
from sbc.report.table import render, table
from sbc.store.database import Store, read_run
from sbc.store.frames import load_run
from sbc.store.shard import WHOLE, Shard


@given(of=st.integers(1, 30), datasets=st.integers(0, 200))
def test_every_dataset_is_in_exactly_one_part(of, datasets):
    parts = [Shard(i + 1, of) for i in range(of)]
    for k in range(datasets):
        assert sum(k in part for part in parts) == 1
    for part in parts:
        assert part.count(datasets) == sum(k in part for k in range(datasets))


def test_a_plan_that_grows_moves_no_dataset_to_another_part():
    assert [k for k in range(10) if k in Shard(2, 4)] == [1, 5, 9]
    assert [k for k in range(20) if k in Shard(2, 4)][:3] == [1, 5, 9]


@given(of=st.integers(1, 10**9 - 1), data=st.data())
def test_what_is_written_is_read_again(of, data):
    part = Shard(data.draw(st.integers(1, of)), of)
    assert Shard.parse(str(part)) == part
    assert Shard.of_run({"shard": str(part)}) == part


@pytest.mark.parametrize(
    "text", ["", "3", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "1.0/3", "²/3"]
)
def test_what_is_no_part_is_refused_in_one_line(text):
    with pytest.raises(UserError, match="shard takes I/N") as caught:
        Shard.parse(text)
    assert "\n" not in str(caught.value)


def test_a_damaged_run_file_is_told():
    with pytest.raises(UserError, match="damaged"):
        Shard.of_run({"shard": ["3/10"]})
    assert Shard.of_run({}) == WHOLE


@pytest.fixture
def shard(new_settings, new_fit, new_run):
    """Give a run folder that holds the second of three parts of ten datasets."""
    folder = new_run([new_fit(k) for k in (1, 4, 7)], new_settings(datasets=10))
    file = folder / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"shard": "2/3"}))
    return folder


def handed_out(asked, new_fit):
    """Make what fits tasks at once, and keep what was asked of it."""

    def hand_out(tasks, engine, jobs, profile, announce):
        asked.extend(task.dataset for task in tasks)
        yield from (new_fit(k=task.dataset, estimator=task.estimator) for task in tasks)

    return hand_out


def test_a_part_fits_its_own_datasets_and_no_others(new_settings, new_fit, tmp_path):
    settings, asked = new_settings(datasets=10), []
    with loop.create(settings, tmp_path / "run", part=Shard(2, 3)) as store:
        loop.execute(settings, store, 1, progress=False, hand_out=handed_out(asked, new_fit))
    assert asked == [1, 4, 7]
    assert read_run(tmp_path / "run")["shard"] == "2/3"
    # The whole says nothing of parts.
    loop.create(settings, tmp_path / "whole").close()
    assert "shard" not in read_run(tmp_path / "whole")


def test_a_part_that_is_resumed_stays_a_part_and_may_grow(shard, new_settings, new_fit):
    asked = []
    store, settings = loop.resume(shard, new_settings(datasets=14))
    with store:
        loop.execute(settings, store, 1, progress=False, hand_out=handed_out(asked, new_fit))
    assert asked == [10, 13]
    with Store.open(shard) as store:
        assert sorted(k for k, _, _ in store.done()) == [1, 4, 7, 10, 13]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--shard", "5"], "--shard takes I/N"),
        (["--shard", "9/9", "--datasets", "4"], "shard 9/9 of 4 datasets is empty"),
    ],
)
def test_a_part_that_cannot_be_is_refused_before_a_folder_is_made(options, told, tmp_path, capsys):
    assert main(["run", *options, "--out", str(tmp_path / "run")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_another_part_cannot_be_resumed_into_this_one(shard, capsys):
    assert main(["run", "--resume", str(shard), "--shard", "1/3"]) == 2
    assert "is shard 2/3, not 1/3" in capsys.readouterr().err


def test_tables_and_reports_say_that_it_is_a_part(shard):
    run = load_run(shard)
    assert render(run).startswith("shard 2 of 3; ")
    assert set(table(run)["shard"]) == {"2/3"}
    assert "shard 2 of 3" in state(run, judgement(run))


def test_a_whole_run_says_nothing_of_parts(new_run, new_fit):
    run = load_run(new_run([new_fit(k) for k in range(3)]))
    assert "shard" not in render(run)
    assert "shard" not in table(run)
    assert state(run, judgement(run)) == ""


def test_an_unfinished_part_counts_its_own_datasets_only(shard, new_settings):
    store, _ = loop.resume(shard, new_settings(datasets=30))
    store.close()
    run = load_run(shard)
    assert "3 of 10 fits" in state(run, judgement(run))


def test_a_gate_leaves_parts_alone(shard):
    with pytest.raises(UserError, match="is shard 2 of 3; merge the shards"):
        judge_run(load_run(shard), Config())
