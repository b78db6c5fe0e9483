"""Bad input is told in one line, and no folder is left behind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError

GOOD = pd.DataFrame(
    {"dataset": [1, 2, 3, 1, 2, 3], "method": list("AAABBB"), "estimate": 1.0, "se": 0.5}
)
RANKS = pd.DataFrame({"sim_id": [1, 2, 3], "variable": "mu", "rank": [0, 5, 10], "max_rank": 10})


def changed(frame, row, column, value):
    other = frame.astype({column: object})
    other.loc[row, column] = value
    return other


WRONG = {
    "columns": (GOOD.rename(columns={"estimate": "estimte"}), {"true": 1},
                "no column called 'estimate' in results. Did you mean 'estimte'?"),
    "no dataset": (GOOD.drop(columns="dataset"), {"true": 1}, "no column called 'dataset'"),
    "no truth": (GOOD, {}, "holds no truth: give a number or name its column"),
    "truth column": (GOOD, {"true": "thruth"}, "no column called 'thruth' in results"),
    "truth missing": (GOOD.assign(truth=[1, 1, np.nan, 1, 1, 1]), {}, "truth is missing in row 3"),
    "truth of an estimand": (GOOD, {"true": {"b": 1.0}}, "no estimand called 'b' in results"),
    "truth of some": (pd.concat([GOOD.assign(term="b"), GOOD.assign(term="c")]), {"true": {"b": 1}},
                      "no truth of 'c' in results"),
    "two truths by method": (GOOD.assign(truth=[1, 1, 1, 1, 2, 1]), {},
                             "dataset 2 has two truths of 'estimate', 1 and 2"),
    "two truths of one": (pd.concat([GOOD.assign(truth=1), GOOD.assign(truth=2)]), {"by": []},
                          "two truths of 'estimate', 1 and 2"),
    "duplicates": (pd.concat([GOOD, GOOD]), {"true": 1}, "has 'estimate' of dataset 1 twice"),
    "text": (changed(GOOD, 1, "estimate", "1,5"), {"true": 1},
             "'estimate' holds no number in row 2: '1,5'"),
    "negative se": (changed(GOOD, 1, "se", -1.0), {"true": 1}, "a negative se"),
    "degrees of freedom": (GOOD.assign(df=0), {"true": 1}, "degrees of freedom that are not above"),
    "one end": (GOOD.assign(lower=0), {"true": 1}, "one end of an interval, 'low', alone"),
    "upside down": (GOOD.assign(low=2, high=1), {"true": 1, "level": 0.95},
                    "an interval that ends below its beginning"),
    "no level": (GOOD.assign(low=0, high=1), {"true": 1}, "nothing states their level"),
    "odd level": (GOOD.assign(low=0, high=1), {"true": 1, "level": 0.99},
                  "level is 0.99; a run holds intervals of the levels 0.5, 0.8, 0.9, 0.95"),
    "empty": (GOOD.iloc[:0], {"true": 1}, "holds no rows"),
    "all failed": (GOOD.assign(estimate=np.nan), {"true": 1}, "holds no usable result"),
    "unknown map": (GOOD, {"true": 1, "columns": {"b": "estimate"}}, "no column called 'b'"),
    "unknown ours": (GOOD, {"true": 1, "columns": {"se": "sd_err"}},
                     "no column of sbc's called 'sd_err'"),
    "two for one": (GOOD.drop(columns="se").assign(stderr=1, std_err=1), {"true": 1},
                    "'stderr' and 'std_err' may both be the se"),
    "by": (GOOD, {"true": 1, "by": "N"}, "no column called 'N' in results"),
    "where": (GOOD, {"true": 1, "where": {"method": "C"}}, "no value of 'method' called 'C'"),
    "regime": (GOOD, {"true": 1, "truth": "fxed"}, "no truth regime called 'fxed'"),
    "missing dataset": (changed(GOOD, 1, "dataset", None), {"true": 1}, "is missing in row 2"),
    "missing method": (changed(GOOD, 1, "method", None), {"true": 1}, "is missing in row 2"),
    "rank above": (changed(RANKS, 1, "rank", 11), {}, "the rank is 11, its maximum 10"),
    "rank below": (changed(RANKS, 1, "rank", -1), {}, "the rank is -1, its maximum 10"),
    "half a rank": (changed(RANKS, 1, "rank", 1.5), {}, "ranks are whole numbers"),
    "no maximum": (RANKS.drop(columns="max_rank"), {}, "does not say among how many draws"),
    "a maximum missing": (changed(RANKS, 1, "max_rank", None), {}, "the largest rank is missing"),
    "ranks twice": (pd.concat([RANKS, RANKS]), {}, "has 'mu' of dataset 1 twice"),
    "dates": (GOOD.assign(estimate=pd.date_range("2020", periods=6)), {"true": 1},
              "'estimate' holds no numbers, but datetime64"),
    "durations": (GOOD.assign(se=pd.to_timedelta(range(6), unit="s")), {"true": 1},
                  "'se' holds no numbers, but timedelta64"),
    "truth values": (GOOD.assign(estimate=True), {"true": 1}, "holds no numbers, but bool"),
    "a density": (GOOD.assign(term="log_likelihood"), {"true": 1}, "sbc calls a density"),
    "level of no interval": (GOOD, {"true": 1, "level": 0.9}, "has no intervals: level is about"),
    "level twice": (GOOD.assign(low=0, high=1, level=0.9), {"true": 1, "level": 0.9},
                    "has a column 'level': leave out level"),
    "two levels": (GOOD.assign(low=0, high=1, level=[0.9, 0.95] * 3), {"true": 1},
                   "intervals of 0.9 and of 0.95 of one method; import one of these alone"),
    "draws of estimates": (GOOD, {"true": 1, "draws": 9}, "holds estimates; draws is for ranks"),
    "a name for named methods": (GOOD, {"true": 1, "name": "x"},
                                 "names its methods, in 'method': leave out name"),
    "maximum twice": (RANKS, {"draws": 10}, "has a column 'max_rank': leave out draws"),
    "negative sd": (RANKS.assign(sd=-1.0), {}, "'mu': a negative sd"),
    "quantiles upside down": (RANKS.assign(q5=1, q95=-1), {}, "'mu': quantiles that do not rise"),
    "truth of arrays": ({"a": np.arange(5)}, {"draws": 9, "true": 0.5}, "true is about tables"),
    "factors of arrays": ({"a": np.arange(5)}, {"draws": 9, "by": "n"}, "by is about tables"),
    "level of arrays": ({"a": np.arange(5)}, {"draws": 9, "level": 0.9}, "level is about tables"),
    "two truths of draws": ({"a": np.ones((3, 30)), "truth_a": np.ones(3), "a_true": np.ones(3)},
                            {}, "two truths of 'a': 'truth_a', 'a_true'"),
    "one draw": ({"a": np.ones((3, 1)), "truth_a": np.ones(3)}, {}, "a chain has at least 20"),
    "chains last": ({"a": np.ones((3, 90, 4)), "truth_a": np.ones(3)}, {}, "chains of 4;"),
    "draws of draws": ({"a": np.ones((3, 30)), "truth_a": np.ones(3)}, {"draws": 30},
                       "holds draws; draws is for ranks"),
    "draws": (RANKS, {"draws": 0}, "draws must be at least 1, not 0"),
    "not a table": (3.5, {}, "results is a float"),
    "no source": ([], {}, "name what to import"),
    "array maximum": ({"theta": np.arange(5)}, {}, "does not say among how many draws"),
    "array above": ({"theta": np.arange(5)}, {"draws": 3}, "the rank is 4, its maximum 3"),
    "lengths": ({"a": np.arange(5), "b": np.arange(4)}, {"draws": 9}, "of 4 and 5 datasets"),
    "words": ({"a": np.array(["x"])}, {"draws": 9}, "must hold a number for each dataset"),
    "draws alone": ({"a": np.ones((3, 9)), "b": np.ones((3, 9)), "truth_a": np.ones(3)}, {},
                    "draws of 'b' and no 'truth_b'"),
    "truth alone": ({"a": np.ones((3, 9)), "truth_a": np.ones(3), "truth_b": np.ones(3)}, {},
                    "holds 'truth_b' and no draws of 'b'"),
    "shapes": ({"a": np.ones((3, 9)), "truth_a": np.ones((3, 2))}, {},
               "draws of 'a' have shape (3, 9) and their truths (3, 2)"),
    "missing truth": ({"a": np.ones((2, 9)), "truth_a": np.array([1, np.nan])}, {},
                      "a truth of 'a' is missing, that of dataset 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_one_line_and_leaves_nothing(name, tmp_path):
    data, options, said = WRONG[name]
    with pytest.raises(UserError) as caught:
        sbc.import_results(data, tmp_path / "run", **options)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 2  # the second lists what there is
    assert not (tmp_path / "run").exists()


FILES = {
    "no such.csv": (None, "no file"),
    "empty.csv": (b"", "is empty"),
    "bytes.csv": (b"\xff\xfe\x00\x01", "cannot be read"),
    "semicolons.csv": (b"dataset;est\n1;2\n", "columns are separated by ';'; sbc reads commas"),
    "ragged.csv": (b"a,b\n1,2\n1,2,3,4\n", "cannot be read"),
    "no rows.csv": (b"dataset,estimate\n", "holds no rows"),
    "false.npz": (b"not a zip", "cannot be read"),
    "false.npy": (b"not an array", "cannot be read"),
    "false.nc": (b"not HDF5", "cannot be read"),
    "false.parquet": (b"not Parquet", "cannot be read"),
    "results.rds": (b"1", "cannot be imported: its name must end in .csv, .parquet"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_is_one_line_on_the_command_line(name, tmp_path, capsys):
    content, said = FILES[name]
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    assert main(["import", str(file), "--true", "1", "--out", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.startswith("sbc: error: ")
    assert not (tmp_path / "run").exists()


def test_pickles_are_not_opened(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="cannot be read"):
        sbc.import_results(tmp_path / "objects.npy", draws=3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--map", "estimate"], "--map takes THEIRS=OURS, as b=estimate, not 'estimate'"),
        (["--map", "b=estimate", "--map", "b=se"], "--map says twice what 'b' is"),
        (["--true", "a=1", "--true", "2"], "--true takes a number, a column, or ESTIMAND=NUMBER"),
        (["--where", "n"], "--where takes COLUMN=VALUE, as n=50, not 'n'"),
        (["--seed", "-1"], "--seed must lie between 0 and 2^63 - 1"),
        (["--tru", "1"], "no option called '--tru'"),
    ],
)
def test_options_that_make_no_sense_are_one_line(words, said, tmp_path, capsys):
    file = tmp_path / "good.csv"
    GOOD.to_csv(file, index=False)
    assert main(["import", str(file), *words, "--out", str(tmp_path / "run")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.fixture
def folder(tmp_path):
    sbc.import_results(GOOD, tmp_path / "made", true=1)
    return str(tmp_path / "made")


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--resume", "DIR"],
        ["replay", "DIR", "--dataset", "0", "--estimator", "A"],
        ["explain", "DIR"],
        ["gate", "--run", "--resume", "DIR"],
        ["posterior", "DIR", "--dataset", "0"],
        ["merge", "DIR", "DIR", "--out", "elsewhere"],
        ["sweep", "--resume", "DIR"],
    ],
)
def test_what_needs_a_fit_refuses_an_imported_run(words, folder, capsys):
    words = [folder if word == "DIR" else word for word in words]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "was imported: its fits were made elsewhere" in told
    with pytest.raises(UserError, match="was imported"):
        sbc.run(resume=folder)


def test_the_folder_of_another_run_is_not_written_over(folder, tmp_path, capsys):
    file = tmp_path / "good.csv"
    GOOD.to_csv(file, index=False)
    assert main(["import", str(file), "--true", "1", "--out", folder]) == 2
    assert "exists already" in capsys.readouterr().err
    assert len(sbc.load(folder).fits) == 6


def test_ranks_that_are_not_there_cannot_be_gated(folder, capsys):
    frame = GOOD.assign(truth=[1, 2, 3, 1, 2, 3])
    drawn = folder + "-drawn"
    sbc.import_results(frame, drawn)
    assert main(["gate", drawn, "--expect", "A:estimate=calibrated"]) == 2
    assert "is about ranks, and estimate of A has none" in capsys.readouterr().err
    assert main(["gate", folder, "--expect", "A:estimate={coverage_85 = [0.8, 0.9]}"]) == 2
    assert "neither ranks nor intervals of 85 %" in capsys.readouterr().err
    assert main(["gate", folder]) == 2
    assert "nothing to judge" in capsys.readouterr().err


def test_an_imported_run_can_be_held_against_another(folder, capsys):
    sbc.import_results(GOOD.assign(estimate=9.0), folder + "-moved", true=1)
    for baseline in (folder, folder + "-moved"):
        assert main(["gate", folder, "--baseline", baseline]) in (1, 3)  # three datasets are few
    assert "moved by -16.000" in capsys.readouterr().out


def test_a_table_by_a_feature_that_is_none_is_told(folder):
    with pytest.raises(UserError, match="there is no feature in these results"):
        sbc.load(folder).table(by="N,n")


def test_damage_of_what_run_json_says_of_the_import_is_told(folder):
    file = Path(folder) / "run.json"
    file.write_text(file.read_text().replace('"factors": []', '"factors": 3'))
    with pytest.raises(UserError, match="is damaged: TypeError: 'factors' is no list of names"):
        sbc.load(folder)
