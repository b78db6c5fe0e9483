"""Tables to publish: numbers with their errors, groups, names that stay names, and who reads them.

The published numbers are those that rsimsum prints of its two example studies.
"""

import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from synthetic import SETTINGS, calibrated, fits, make_run

import sbc
from sbc.cli.main import main
from sbc.plugins.errors import UserError
from sbc.report.hypotheses import parse_nulls, parse_ropes
from sbc.report.markup import WRITERS, latex_text, markdown_text, typst_text
from sbc.report.measures import MEASURES, Measure
from sbc.report.numbers import published
from sbc.report.sheet import Sheet, sheet
from sbc.report.table import render, table
from sbc.store.frames import load_run

NASTY = r"a&b_c%d$e#f{g}h~i^j\k<l>m*n[o]p`q"


@pytest.mark.parametrize(
    ("value", "error", "full", "compact"),
    [
        (0.0168, 0.0048, "0.017 (0.005)", "0.017 (5)"),
        (-0.0012, 0.0043, "-0.001 (0.004)", "-0.001 (4)"),
        (0.1511, 0.0034, "0.151 (0.003)", "0.151 (3)"),
        (0.1347, 0.0003, "0.135 (<0.001)", "0.135 (<1)"),
        (31.0463, 3.9375, "31 (4)", "31 (4)"),
        (105.84, 12.49, "106 (12)", "106 (12)"),
        (0.1509, 0.0204, "0.15 (0.02)", "0.15 (2)"),
        (0.2041, 0.0147, "0.204 (0.015)", "0.204 (15)"),
        (0.9990, 0.0099, "1.00 (0.01)", "1.00 (1)"),
        (-0.0004, 0.03, "0.00 (0.03)", "0.00 (3)"),
        (12345.0, 1300.0, "12300 (1300)", "12300 (1300)"),
        (0.5, 0.0, "0.500 (0)", "0.500 (0)"),
        (0.5, math.nan, "0.500", "0.500"),
        (math.nan, math.nan, "–", "–"),
        (math.inf, 1.0, "–", "–"),
        (3e-15, 2e-15, "3.00e-15 (2e-15)", "3.00e-15 (2e-15)"),
    ],
)
def test_a_number_ends_where_its_error_does(value, error, full, compact):
    assert published(value, error) == full
    assert published(value, error, compact=True) == compact


def test_no_number_shows_more_than_three_digits_or_hides_its_error():
    rng = np.random.default_rng(0)
    for _ in range(2000):
        value, error = rng.normal() * 10 ** rng.uniform(-5, 4), 10 ** rng.uniform(-6, 4)
        number, _, spread = published(value, error).partition(" (")
        digits = number.lstrip("-").replace(".", "").lstrip("0")
        if "." in number:
            assert len(digits) <= 3
        assert float(spread.strip("<)")) > 0
        assert abs(float(number) - value) <= max(error, 0.006 * abs(value))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two methods by two factors, with a failure, named to be mistaken for markup."""
    rng, rows = np.random.default_rng(4), []
    for size in (50, 250):
        for shape in ("flat", NASTY):
            for k in range(1, 21):
                for method in ("plain", NASTY):
                    lost = (size, shape, k, method) == (50, "flat", 3, "plain")
                    estimate = math.nan if lost else 0.3 + rng.normal() / math.sqrt(size)
                    rows.append((k, size, shape, method, estimate, size**-0.5))
    frame = pd.DataFrame(rows, columns=["dataset", "n", "shape", "method", "estimate", "se"])
    return sbc.import_results(frame, tmp_path_factory.mktemp("published") / "study", true=0.3)


def test_rows_are_grouped_by_the_levels_of_factors(study):
    text = render(study, "latex")
    heads = re.findall(r"\\multicolumn\{\d+\}\{@\{\}l\}\{\\textit\{(.*)\}\} \\\\", text)
    assert heads[0] == "n = 50, shape = " + latex_text(NASTY)
    assert len(heads) == 4
    assert text.count(r"\quad plain &") == 4
    for line in (r"\toprule", r"\midrule", r"\bottomrule", r"% \usepackage{booktabs}"):
        assert line in text
    assert "Failed fits of plain, counted and left out: 1" in text
    (row,) = [r for r in table(study).to_dict("records")
              if r["n_failed"]]  # fmt: skip
    shown = (
        published(row["bias"], row["bias_mcse"]).replace("-", r"\ensuremath{-}").replace(" ", "~")
    )
    assert f"plain & {shown} &" in text
    assert "& 1 \\\\" in text
    assert f"Each row summarises {row['n_datasets']} datasets." in text


@pytest.mark.parametrize(
    ("errors", "told"),
    [("full", "standard errors, rounded"), ("compact", "in units of the last digit")],
)
@pytest.mark.parametrize("kind", ["text", "latex"])
def test_one_line_says_how_errors_are_written(study, kind, errors, told):
    text = render(study, kind, errors=errors)
    assert text.count("Monte Carlo standard errors") == 1
    assert told in text
    pattern = r"\(0\.\d+\)" if errors == "full" else r"\(\d+\)"
    assert re.search(rf"\d[ ~\N{{NO-BREAK SPACE}}]{pattern}", text.replace("\\", ""))


def test_latex_has_no_bare_special_character(study):
    text = render(study, "latex").split("\n", 1)[1]  # the first line is a comment
    body = re.sub(r"\\ensuremath\{(?:[<>-]|\\[a-z]+)\}|\\[a-z]+(?:\{\})?|\\[&%$#_{}\\]", "", text)
    for line in body.split("\n"):
        assert not set(line) & set("%$#_^<>\\"), line
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_html_shows_names_and_makes_no_element_of_them(study):
    reader = _Reader()
    reader.feed(render(study, "html"))
    assert NASTY in reader.texts
    assert set(reader.tags) <= {
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "p"),
    }


def test_typst_escapes_whatever_could_be_markup():
    assert typst_text("a_b #x") == r"a\_b \#x"
    for text in (NASTY, "// no comment", "= no head", "- no item", "+1", "~", '"', "https://a.b"):
        left = re.sub(r"\\.", "", typst_text(text))
        assert not set(left) & set("\\`*_$#@<>[]~'\"/=+-"), text


def test_markdown_keeps_a_table_of_pipes():
    cells = (("m|x", "1 (1)"),)
    text = WRITERS["markdown"](Sheet(("Method", "Bias"), (("", cells),), "", ()))
    assert markdown_text("m|x") == r"m\|x"
    assert text.split("\n")[2] == "| m\\|x | 1\N{NO-BREAK SPACE}(1) |"


def test_a_share_of_all_has_an_interval_and_no_error_of_0():
    row = {"estimator": "a", "engine": "", "estimand": "b", "kind": "scalar", "c": 1.0}
    row |= {"c_mcse": 0.0, "c_low": 0.9638, "c_high": 1.0}
    made = sheet([row], [Measure("C", "c", "share")], {})
    assert made.groups == (("", (("a", "1 [0.964, 1]"),)),)
    assert any("Wilson" in note for note in made.notes)


def test_long_tables_are_broken_over_pages():
    rows = tuple(("m", "1") for _ in range(60))
    text = WRITERS["latex"](Sheet(("Method", "Bias"), (("", rows),), "All.", ()))
    assert r"\begin{longtable}" in text
    assert r"\endhead" in text


def test_measures_are_chosen_by_name(study):
    text = render(study, "text", measures=["median_bias", "converged", "coverage_90"])
    assert "Median bias" in text
    assert "Coverage (90 %)" in text
    assert "Empirical SE" not in text
    with pytest.raises(UserError, match="Did you mean 'median_bias'"):
        render(study, measures=["median_bais"])
    with pytest.raises(UserError, match="no measure called 'rope_inside' in this table"):
        render(study, measures=["rope_inside"])


def test_every_measure_is_a_column_with_what_its_kind_needs(study):
    columns = set(table(study, rope={"estimate": (-1.0, 1.0)}, by="").columns)
    ends = {"estimate": ("", "_mcse"), "share": ("", "_mcse", "_low", "_high")}
    for measure in MEASURES.values():
        assert {measure.column + end for end in ends.get(measure.kind, ("",))} <= columns


def test_converged_is_the_share_of_fits_that_worked(study):
    row = table(study).query("n_failed > 0").iloc[0]
    assert row["converged"] == 19 / 20
    assert row["converged_mcse"] == pytest.approx(math.sqrt(0.95 * 0.05 / 20))


# -- null values and regions of practical equivalence --------------------------------------------


@pytest.fixture
def drawn(new_run, new_fit):
    return load_run(new_run([new_fit(k) for k in range(30)]))


def test_a_region_is_counted_by_intervals_and_by_draws(drawn):
    region = (-0.5, 0.8)
    row = table(drawn, rope={"beta_XY": region}).query("estimand == 'beta_XY'").iloc[0]
    mine = drawn.results.query("quantity == 'beta_XY'")
    inside = ((region[0] <= mine.q025) & (mine.q975 <= region[1])).mean()
    outside = ((mine.q975 < region[0]) | (region[1] < mine.q025)).mean()
    assert (row["rope_inside"], row["rope_outside"]) == (inside, outside)
    draws = drawn.draws(("naive", "nutpie", "beta_XY"), mine["dataset"])
    shares = ((region[0] <= draws) & (draws <= region[1])).mean(axis=1)
    assert row["rope_mass"] == pytest.approx(shares.mean())
    assert row["rope_mass_mcse"] == pytest.approx(shares.std(ddof=1) / math.sqrt(30))
    other = table(drawn, rope={"beta_XY": region}).query("estimand == 'beta_ZY'").iloc[0]
    assert math.isnan(other["rope_inside"])
    shortest = table(drawn, rope={"beta_XY": region}, interval="hdi").iloc[0]
    by_hdi = ((region[0] <= mine.hdi95_low) & (mine.hdi95_high <= region[1])).mean()
    assert shortest["rope_inside"] == by_hdi
    assert "shortest 95 % intervals" in render(drawn, rope={"beta_XY": region}, interval="hdi")


def test_each_estimand_has_its_null_value(drawn):
    rows = table(drawn, null={"beta_ZY": 0.5}).set_index("estimand")
    assert rows["null"].to_dict() == {"beta_XY": 0.0, "beta_ZY": 0.5}
    mine = drawn.results.query("quantity == 'beta_ZY'")
    assert rows["power_95"]["beta_ZY"] == ((mine.q025 > 0.5) | (mine.q975 < 0.5)).mean()


def test_the_table_says_whether_a_rejection_is_an_error(study, drawn):
    assert "null value 0.3): the type I error" in render(study, null=0.3)
    assert "null value 0): the power" in render(study, null=0.0)
    assert "the average power over the truths" in render(drawn, null=0.0)


def test_what_is_asked_of_a_vector_is_asked_of_its_elements(tmp_path):
    streams = {f"p[{i}]": calibrated(20, i) for i in range(3)}
    run = load_run(make_run(tmp_path / "r", fits(streams), SETTINGS, estimands=streams))
    rows = table(run, null={"p": 1.0, "p[1]": 2.0}, rope={"p[*]": (-1.0, 1.0)})
    rows = rows.set_index("estimand")
    assert rows["null"].to_dict() == {"p[*]": 1.0, "p[0]": 1.0, "p[1]": 2.0, "p[2]": 1.0}
    assert rows["rope_inside"].notna().to_dict() == dict(zip(rows.index, [True, *[False] * 3],
                                                             strict=True))  # fmt: skip
    assert math.isnan(rows["rope_mass"]["p[*]"])  # these fits kept no draws


@pytest.mark.parametrize(
    ("read", "texts", "said"),
    [
        (parse_nulls, ["beta=x"], "null takes X or ESTIMAND=X, not 'beta=x'"),
        (parse_nulls, ["nan"], "null takes"),
        (parse_nulls, ["0", "b=1"], "one value for all, or one for each"),
        (parse_ropes, ["b=1"], "rope takes ESTIMAND=LOW,HIGH, not 'b=1'"),
        (parse_ropes, ["b=1,0"], "LOW below HIGH"),
        (parse_ropes, ["0,1"], "rope takes"),
    ],
)
def test_what_cannot_be_a_null_or_a_region_is_one_line(read, texts, said):
    with pytest.raises(UserError, match=re.escape(said)):
        read(texts)


def test_nulls_and_regions_name_estimands_that_there_are(drawn):
    with pytest.raises(UserError, match="Did you mean 'beta_XY'"):
        table(drawn, null={"beta_XYZ": 0.0})
    with pytest.raises(UserError, match="no estimand called 'gamma' for rope"):
        table(drawn, rope={"gamma": (0.0, 1.0)})


# -- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["latex", "typst", "html"])
def test_the_command_writes_what_python_does(drawn, kind, capsys):
    asked = ["--null", "beta_XY=0.5", "--rope", "beta_ZY=-0.1,0.1", "--measures", "power,rope_mass"]
    assert main(["table", str(drawn.folder), "--format", kind, "--errors", "compact", *asked]) == 0
    options = {"null": {"beta_XY": 0.5}, "rope": {"beta_ZY": (-0.1, 0.1)}}
    said = render(drawn, kind, measures=["power", "rope_mass"], errors="compact", **options)
    assert capsys.readouterr().out == f"{said}\n"


def test_limits_of_agreement_are_written_on_request(study, capsys):
    assert main(["table", str(study.folder), "--agreement"]) == 0
    said = capsys.readouterr().out
    assert "upper limit" in said
    assert "Bland & Altman" in said
    wide = study.results.pivot_table(index="dataset", columns="estimator", values="mean").dropna()
    gap = wide["plain"] - wide[NASTY]
    assert main(["table", str(study.folder), "--agreement", "--format", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["mean_difference"] == pytest.approx(gap.mean())
    assert row["upper_limit"] == pytest.approx(gap.mean() + 1.959964 * gap.std())
    assert main(["table", str(study.folder), "--agreement", "--format", "latex"]) == 0


#: A line of print in LaTeX's article, and the mean width of a character at eight points.
TEXTWIDTH, CHARACTER, GAP = 345, 4.2, 8


def width_of(text):
    """Estimate the width of a table in LaTeX, in points, by its longest cells."""
    rows = re.findall(r"^(.+?) \\\\$", text, re.MULTILINE)
    cells = [row.split(" & ") for row in rows if " & " in row]
    heads = [re.sub(r"\\shortstack\[r\]\{(.*) \\\\ (.*)\}", longer, head) for head in cells[0]]
    cells = [heads, *([plain(cell) for cell in row] for row in cells[1:])]
    longest = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return CHARACTER * sum(longest) + GAP * (len(longest) - 1)


def longer(found):
    return max(found[1], found[2], key=len)


def plain(cell):
    """Take a cell's commands for the one character that they print."""
    return re.sub(r"\\ensuremath\{.*?\}|\\quad |\\.|[{}]", "x", cell).replace("{[}", "[")


@pytest.mark.parametrize("failed", [False, True])
def test_the_usual_columns_fit_a_page_of_print(tmp_path, failed):
    rows = [
        (k, n, method, -0.1234 + 0.3 * math.sin(7 * k + n), 0.301 + 0.01 * math.cos(k))
        for n in (50, 250)
        for k in range(1, 101)
        for method in ("exponential", "multilevel")
    ]
    frame = pd.DataFrame(rows, columns=["dataset", "n", "method", "estimate", "se"])
    frame.loc[0, "estimate"] = math.nan if failed else 0.2
    study = sbc.import_results(frame, tmp_path / "study", true=0.3)
    usual = render(study, "latex")
    assert ("Failed" in usual) is failed
    assert width_of(usual) < TEXTWIDTH
    everything = [name for name, one in MEASURES.items() if one.column in table(study)]
    assert width_of(render(study, "latex", measures=everything)) > TEXTWIDTH  # the twin


def test_a_long_head_stands_on_two_lines_and_a_long_table_on_several_pages():
    rows = tuple(("a", "1") for _ in range(41))
    text = WRITERS["latex"](Sheet(("Method", "Gain in precision (%)"), (("", rows),), "", ()))
    assert r"\shortstack[r]{Gain in \\ precision (\%)}" in text
    for word in (r"\endfirsthead", r"\endhead", r"\endfoot", r"\endlastfoot"):
        assert text.count(word) == 1
    assert text.count(r"\caption") == 1
    assert text.index(r"\begingroup") < text.index(r"\footnotesize") < text.index("longtable}{")
