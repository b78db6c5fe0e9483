"""Real data from files, and what is wrong with them in a line."""

import json

import numpy as np
import pytest

from sbc.generators.reedfrogs import real_data
from sbc.plugins import registry
from sbc.plugins.datafile import on_real_data
from sbc.plugins.errors import UserError

TANKS = "docs/examples/reedfrogs.csv"


def world(tmp_path, text, generator="own_data", name="data.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    made = registry.generator(generator)
    return on_real_data(made, name, file, generator == "own_data")


def arrays(*arguments, **keywords):
    return world(*arguments, **keywords).design(np.random.default_rng(0))


def test_the_real_tanks_are_those_of_the_generator():
    found = registry.generator_with("reedfrogs", TANKS).design(np.random.default_rng(0))
    assert found.keys() == real_data().keys()
    for name, array in real_data().items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype.kind == array.dtype.kind


def test_a_table_has_columns_of_whole_numbers_of_others_and_of_words(tmp_path):
    found = arrays(tmp_path, "\ufeffschool, y,n\nB,1.5,1\nA,-2,2\n\nB,1e3,3\n")
    np.testing.assert_array_equal(found["school"], [0, 1, 0])
    np.testing.assert_array_equal(found["y"], [1.5, -2, 1000])
    np.testing.assert_array_equal(found["n"], [1, 2, 3])
    assert [found[name].dtype.kind for name in ("school", "y", "n")] == ["i", "f", "i"]


def test_every_column_runs_along_the_rows_unless_a_generator_says_otherwise(tmp_path):
    made = world(tmp_path, "y,x\n1,2\n3,4\n")
    assert made.dims == {"y": "rows", "x": "rows"}
    assert not made.regimes
    text = "group,X,Y,Z\n1,0.5,1,7\n0,0.1,0,8\n1,0.2,0,7\n"
    found = arrays(tmp_path, text, "confound")
    np.testing.assert_array_equal(found["Z"], [8, 7])
    np.testing.assert_array_equal(found["X"], [0.5, 0.1, 0.2])


def test_json_has_arrays_of_any_length(tmp_path):
    text = json.dumps({"y": [1, 2, 3], "z": [0.5], "n": 4, "m": [[1, 2], [3, 4], [5, 6]]})
    made = world(tmp_path, text, name="data.json")
    assert made.dims == {"y": "rows", "m": "rows"}
    found = made.design(np.random.default_rng(0))
    assert found["m"].shape == (3, 2)
    assert found["n"] == 4


def test_features_that_the_file_cannot_feed_are_left_out(tmp_path):
    assert registry.generator_with("reedfrogs", TANKS).features.keys() == {
        "density",
        "predators",
        "survivors",
    }
    text = "group,X,Z\n0,1,2\n"
    assert world(tmp_path, text, "confound").features.keys() == {"group_size"}


GONE = (
    "a missing value (1 in all); leave such rows out, or state the data in the model's own file, "
    "where PyMC imputes outcomes that are missing"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "data.csv must hold a header and at least one row"),
        ("y\n", "data.csv must hold a header and at least one row"),
        ("y,y\n1,2\n", "data.csv: every column needs a name of its own: y, y"),
        ("y,x\n1,2\n3\n", "data.csv, line 3: 1 values, but 2 columns"),
        ("y\n1\nx\n", "data.csv, column 'y', line 3: 'x' is no finite number"),
        (
            "y,x\n1,2\n,3\n",
            f"data.csv, column 'y', line 3: {GONE}",
        ),
        (
            "y\n1\nnan\n",
            f"data.csv, column 'y', line 3: {GONE}",
        ),
        ("y,x\n1,\n2,\n", "data.csv, column 'x' is empty"),
        ('y,x\n1,2\n"1\n2",3\n', "data.csv, column 'y', line 4: '1\\n2' is no finite number"),
        ("y\n1\n1_000\n", "data.csv, column 'y', line 3: '1_000' is no finite number"),
        ("y\n1\n٣\n", "data.csv, column 'y', line 3: '٣' is no finite number"),
        (
            f"y\n{10**400}\n",
            f"data.csv, column 'y', line 2: '1{'0' * 39}…' does not fit into 64 bits",
        ),
        (
            f"y\n{2**63}\n",
            "data.csv, column 'y', line 2: '9223372036854775808' does not fit into 64 bits",
        ),
        ('y\n"1\n', "data.csv, line 2: unexpected end of data"),
        ("y;x\n1;2\n", "data.csv: columns are separated by ';'; sbc reads commas"),
        ("y\tx\n1\t2\n", r"data.csv: columns are separated by '\t'; sbc reads commas"),
        (f"y\n{'x' * 200_000}\n", "data.csv, line 2: field larger than field limit (131072)"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path, text, told):
    with pytest.raises(UserError) as mistake:
        world(tmp_path, text)
    assert str(mistake.value) == told


@pytest.mark.parametrize(
    "cell",
    [
        '"1,5"',
        "5%",
        "$3",
        "1 000",
        "1'000",
        '"1,234,567"',
        "1_000",
        "−1",
        "(5)",
        "1.5 EUR",
        "1/2",
        "<0.1",
        "5‰",
        "1d5",
        "0x10",
        "²",
        "inf",
        "-inf",
        '"1,5e3"',
        "١",
    ],
)
def test_what_may_be_a_number_becomes_no_code(tmp_path, cell):
    """A column of these was read as the kinds 0, 1, 2 of a word."""
    with pytest.raises(
        UserError, match=r"column 'y', line 2: .* looks like a number that sbc cannot read"
    ):
        world(tmp_path, f"y,x\n{cell},1\n{cell},2\n")


def test_logical_values_are_0_and_1_whichever_comes_first(tmp_path):
    found = arrays(tmp_path, "y,x\nTrue,FALSE\nFalse,TRUE\n")
    np.testing.assert_array_equal(found["y"], [1, 0])
    np.testing.assert_array_equal(found["x"], [0, 1])


def test_words_with_digits_among_them_stay_words(tmp_path):
    found = arrays(tmp_path, 'age,day,name\n10-20,2020-01-01,"a\nb"\n20-30,2020-01-02,3rd\n')
    for name in ("age", "day", "name"):
        np.testing.assert_array_equal(found[name], [0, 1])


def test_numbers_are_read_as_tables_write_them(tmp_path):
    cells = ("1", "+2", "-3", ".5", "4.", "1e3", "-2.5E-2", "007")
    found = arrays(tmp_path, "y\n" + "\n".join(cells) + "\n")
    np.testing.assert_array_equal(found["y"], [1, 2, -3, 0.5, 4, 1000, -0.025, 7])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1, 2]", 'data.json must hold arrays by name, as {"y": [1, 2, 3]}'),
        ("{", "data.json is not JSON: "),
        ('{"y": ["a"]}', "data.json: 'y' must be numbers or arrays of them"),
        ('{"y": [[1], [1, 2]]}', "data.json: "),
        ('{"y": []}', "data.json holds no array with anything in it"),
        ('{"y": [1, NaN]}', "data.json: data 'y' holds values that are not finite"),
        ('{"y": [1, 9223372036854775808, -1]}', "data.json: 'y' holds a number that does not fit"),
        (f'{{"y": {"[" * 100_000}{"]" * 100_000}}}', "data.json nests deeper than any array"),
        (f'{{"y": {"[" * 90}1{"]" * 90}}}', "data.json: "),
    ],
)
def test_what_is_wrong_with_json(tmp_path, text, told):
    with pytest.raises(UserError) as mistake:
        world(tmp_path, text, name="data.json")
    assert str(mistake.value).startswith(told)
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "tank,D,P,S\n0,10,0,9\n0,10,1,9\n",
            "data.csv, column 'P': number 0 of the tanks has more than one value",
        ),
        (
            "tank,D,P,S\n0,10,0,9\n2,10,1,9\n",
            "data.csv, column 'P': no row is about number 1 of the tanks",
        ),
        (
            "tank,D,P,S\n1.5,10,0,9\n2,10,1,9\n",
            "data.csv, column 'P': the tanks must be numbered from 0",
        ),
        ("tank,D,S\n0,10,9\n1,10,9\n", "data.csv: data 'tank' numbers the tanks, and one of"),
    ],
)
def test_what_does_not_fit_the_generator(tmp_path, text, told):
    with pytest.raises(UserError) as mistake:
        world(tmp_path, text, "reedfrogs")
    assert str(mistake.value).startswith(told)


def test_arrays_of_the_wrong_length(tmp_path):
    text = json.dumps({"tank": [0, 1], "D": [10, 10], "P": [0, 1], "S": [9]})
    with pytest.raises(UserError, match="data 'S' has 1 rows, but 'tank' has 2"):
        world(tmp_path, text, "reedfrogs", "data.json")


def test_files_that_are_not_there_or_of_another_kind(tmp_path):
    with pytest.raises(UserError, match=r"no file gone\.csv to take the data from"):
        registry.generator_with("own_data", "gone.csv")
    with pytest.raises(UserError, match=r"takes a \.csv or a \.json file, not data\.xlsx"):
        world(tmp_path, "", name="data.xlsx")
    (tmp_path / "bytes.csv").write_bytes(b"y\n\xff\xfe\n")
    with pytest.raises(UserError, match="cannot be read"):
        registry.generator_with("own_data", str(tmp_path / "bytes.csv"))


def test_words_are_codes_and_the_codes_are_told(tmp_path):
    found = world(tmp_path, "pet,y\ncat,1\ndog,2\ncat,3\n")
    assert found.design(None)["pet"].tolist() == [0, 1, 0]
    assert found.lines == ("column 'pet' holds words, coded cat = 0, dog = 1",)


def test_a_missing_word_is_no_kind_of_its_own(tmp_path):
    with pytest.raises(UserError, match="column 'pet', line 3: a missing value"):
        world(tmp_path, "pet,y\ncat,1\nNA,2\n")
