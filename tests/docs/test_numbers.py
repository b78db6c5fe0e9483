"""Numbers that pages quote: those of the code, of the measurements, of the examples."""

from __future__ import annotations

import json
import re

import pytest
from pages import PAGES, ROOT

from sbc.stats.sequential.judge import PRESETS, tolerated
from sbc.stats.sequential.outcome import ALPHA_FAIL, ALPHA_PASS


@pytest.fixture(scope="module")
def plain():
    return json.loads((ROOT / "docs" / "data" / "plain.json").read_text(encoding="utf-8"))


def test_the_presets_of_gates_are_those_of_the_code():
    page = PAGES["docs/gates.md"].text
    for name, preset in PRESETS.items():
        edge = tolerated(preset.delta)
        row = re.search(rf"^\| `{name}`.*$", page, flags=re.M)[0]
        assert f"| {preset.delta:.2f} | {edge.bias:.2f} |" in row
        assert f"| {edge.sd_low:.2f} to {edge.sd_high:.2f} | {preset.max_datasets} |" in row
        concepts = f"| `{name}` | {preset.delta:.2f} | {edge.bias:.2f} | {edge.sd_low:.2f} to "
        assert f"{concepts}{edge.sd_high:.2f} |" in PAGES["docs/concepts.md"].text
    assert (ALPHA_FAIL, ALPHA_PASS) == (0.001, 0.05)
    assert "`alpha_pass`, 5 %" in page
    assert "`alpha_fail`, 0.1 %" in page


def two_digits(number):
    """Write a number as the pages do."""
    return f"{float(f'{number:.2g}'):g}"


def test_the_speed_of_the_readme_is_the_measured_one_of_plain_models(plain):
    times = {
        name: {k: two_digits(v) for k, v in found["times_as_long"].items()}
        for name, found in plain.items()
        if name != "budget"
    }
    loop, simuk = "pm.sample in a loop", "simuk, equal draws"
    text = " ".join(PAGES["README.md"].text.split())
    quoted = (
        "for a plain multilevel model a loop of `pm.sample` takes "
        f"{times['multilevel'][loop]} times as long a dataset and simuk "
        f"{times['multilevel'][simuk]}; for a Poisson regression with 5,000 rows the loop takes "
        f"{times['poisson'][loop]} times"
    )
    assert quoted in text
    page = PAGES["docs/speed.md"].text
    for name, of in times.items():
        seconds = two_digits(plain[name]["seconds_per_dataset"]["sbc, two workers"])
        cells = (seconds, of[loop], of["pm.sample by nutpie in a loop"], of[simuk])
        assert f"| {' | '.join(cells)} |" in page
    words = " ".join(page.split())
    for sentence, *which in SPEEDS:
        assert sentence.format(*(two_digits(plain[of][ratio]) for of, ratio in which)) in words
    added = [f"{100 * plain[of][_ADDED] - 100:.0f}" for of in ("multilevel", "reed_frogs")]
    told = "add {} % to the sampling of the multilevel model, and {} % to that of the reed frogs"
    assert told.format(*added) in words


_WORKERS, _BUSY = "two workers over one", "two busy processes over one"
_ADDED, _NUTPIE = "harness over sampling alone", "one worker over nutpie"
#: Sentences of docs/speed.md, and the ratios in them.
SPEEDS = [
    (
        "Two workers are {} times as fast as one for the multilevel model, {} times for the reed "
        "frogs, and {} times for the Poisson model",
        *((name, _WORKERS) for name in ("multilevel", "reed_frogs", "poisson")),
    ),
    ("were {} times as fast as one", ("multilevel", _BUSY)),
    (
        "sbc with one worker takes {} of that for the multilevel model, and {} for the Poisson",
        *((name, _NUTPIE) for name in ("multilevel", "poisson")),
    ),
]


def test_the_speed_of_families_is_the_measured_one():
    figures = json.loads((ROOT / "docs" / "data" / "families.json").read_text(encoding="utf-8"))
    few, many = figures["200"], figures["5000"]
    assert list(few) == list(many)
    page = PAGES["docs/speed.md"].text
    for name in few:
        cells = (f"{few[name]['us']:.1f}", f"{few[name]['ratio']:.1f}")
        cells += (f"{many[name]['us']:.0f}", f"{many[name]['ratio']:.1f}")
        assert f"| {name} | {' | '.join(cells)} |" in page


#: Rows of docs/proof.md by what they are called in the measurements.
AT_THE_BOUND = {
    "RMSE below, normal errors": "RMSE, normal errors",
    "RMSE below, t5": "RMSE, t5",
    "RMSE below, varying sds": "RMSE, varying sds",
    "better than an equal, normal errors": "better_than, normal errors",
    "better than an equal, t5": "better_than, t5",
    "better than an equal, t5 against normal": "better_than, t5 against normal",
    **{
        name: name
        for name in (
            "contraction above, normal truths, varying sds",
            "contraction below, t5 truths, varying sds",
            "bias, normal errors",
            "bias, varying sds",
            "bias, lognormal errors",
        )
    },
    "RMSE below, t3: squares without a variance": "RMSE, t3 (no variance of squares)",
}
COSTS = {
    "RMSE .8 of its bound, normal errors": "RMSE .8 of its bound, normal errors",
    "RMSE .8 of its bound, t5": "RMSE .8 of its bound, t5",
    "errors .8 of the other's, correlated by .5, normal": "errors .8 of the other's, normal",
    "errors .8 of the other's, correlated by .5, t5": "errors .8 of the other's, t5",
    "contraction .9, bound .85": "contraction .9, bound .85",
    "bias 0, bounds ± .3 sds of the error": "bias 0, bounds ± .3 sds, normal errors",
}


def test_the_rates_of_asymptotic_checks_are_the_measured_ones():
    figures = json.loads((ROOT / "docs" / "data" / "boundaries.json").read_text(encoding="utf-8"))
    page = PAGES["docs/proof.md"].text
    ways = ("without", "with")
    for row, name in AT_THE_BOUND.items():
        found = figures["at the bound"][name]
        cells = [
            " / ".join(f"{found[how][f'5 %, n = {n}']:.1f}" for n in (200, 400, 1000))
            for how in ways
        ]
        assert f"| {' | '.join([row, *cells])} |" in page
    for row, name in COSTS.items():
        found = figures["cost"][name]
        cells = [f"{found[how]['mean n']:.0f}, {found[how]['passed by 400']:.2f}" for how in ways]
        assert f"| {' | '.join([row, *cells])} |".replace(", 0.", ", .") in page


def test_the_false_alarms_of_the_real_sampler_are_the_measured_ones():
    figures = json.loads((ROOT / "docs" / "data" / "rates.json").read_text(encoding="utf-8"))
    text = " ".join(PAGES["docs/speed.md"].text.split())
    for size, n in (("200", "200"), ("1000", "1,000")):
        found = figures["false alarms at 5 %"][f"studies of {size} datasets"]
        assert f"{found['studies']} tests of {n} datasets" in text
        alarms = found["combined"]
        assert f"in {alarms['percent']:.1f} % ({alarms['standard error']:.1f})" in text
    for found in figures["normal quantiles of u"].values():
        assert round(abs(found["mean"]), 3) <= 0.013
        assert round(abs(found["sd"] - 1), 3) <= 0.005


def test_the_price_of_a_million_is_that_of_the_measured_figures(plain):
    page = PAGES["docs/cluster.md"].text
    seconds = 2 * plain["multilevel"]["seconds_per_dataset"]["sbc, two workers"]
    hours = 1e6 * seconds / 3600
    assert f"| core-seconds a fit, all cores busy | {seconds:.3f} |" in page
    assert f"| fits per core-hour | {round(3600 / seconds, -3):,.0f} |" in page
    assert f"| {hours:.0f} core-hours: " in page
    assert f"{round(8400 * seconds, -2):,.0f} cores" in page


def test_every_number_with_an_error_stands_on_the_page_of_the_example():
    page = (ROOT / "reports" / "example" / "sweep.html").read_text(encoding="utf-8")
    sweeps = PAGES["docs/sweeps.md"].text
    map_of_five = sweeps.partition("## The map of the five")[2].partition("\n## ")[0]
    quoted = re.findall(r"-?\d+\.\d+\s\(\d+\)", map_of_five)
    assert len(quoted) > 15
    shown = re.sub(r"<[^>]+>", " ", page)
    missing = [
        n for n in quoted if not re.search(rf"(?<![\d.-]){re.escape(' '.join(n.split()))}", shown)
    ]
    assert missing == []


def test_the_causes_are_the_measured_ones():
    rows = json.loads((ROOT / "docs/data/causes.json").read_text(encoding="utf-8"))
    counts: dict[tuple[str, str, str], list[bool]] = {}
    for row in (row for row in rows if row["expected"]):
        key = (row["family"], row["fault"].replace("_", " "), row["expected"])
        counts.setdefault(key, []).append(row["right"])
    page = (ROOT / "docs/proof.md").read_text(encoding="utf-8")
    for (family, fault, cause), right in counts.items():
        assert f"| {family} | {fault} | {cause} | {sum(right)} of {len(right)} |" in page
